/** Why a row of a fee is what it is: the page, the documents and whoever audits ask the functions that booked it. */
import type { ExplainStep } from '../messages/api.ts';
import { formatAmount } from '../money/fixed.ts';
import { bookingsOf, type Booking } from './booking.ts';
import { duesUntil } from './dues.ts';
import { shown } from './exact.ts';
import type { Fee } from './fee.ts';
import { amountOf } from './prorate.ts';

/** A row that a version has in the log, and the version that the change was from or to, where it corrects. */
export interface ExplainedBooking extends Booking {
  readonly other: Fee | undefined;
}

/**
 * Every row that a version of a fee can have up to a log time: what fell due under it, what it corrected of the version before it,
 * and what the version after it took back. `versions` are all of one key.
 */
export function bookingsOfVersion(versions: readonly Fee[], id: number, untilMs: number): ExplainedBooking[] {
  const sorted = versions.toSorted((a, b) => a.record.version - b.record.version);
  const index = sorted.findIndex(({ record }) => record.id === id);
  const [before, fee, after] = [sorted[index - 1], sorted[index], sorted[index + 1]];
  if (fee === undefined) return [];
  const own = duesUntil(fee, -1, untilMs);
  const between = (old: Fee, fresh: Fee): Booking[] =>
    bookingsOf(duesUntil(old, -1, untilMs), duesUntil(fresh, -1, untilMs));
  const from = (bookings: readonly Booking[], other: Fee | undefined): ExplainedBooking[] =>
    bookings.filter((booking) => booking.fee === fee).map((booking) => ({ ...booking, other }));
  return [
    ...from(bookingsOf([], own), undefined),
    ...(before === undefined ? [] : from(between(before, fee), before)),
    ...(after === undefined ? [] : from(between(fee, after), after)),
  ];
}

const labels: Readonly<Record<Booking['cell'], string>> = {
  fee: 'fee', oneTime: 'one-time fee', installment: 'installment', installmentDue: 'installments not yet due', feeCredit: 'unused part',
}; // prettier-ignore

/** The steps add up to the row: what its part of the period owes, and what of that falls to the other parts of a bundle. */
export function explainBooking({ fee, part, cell, amount }: Booking): ExplainStep[] {
  const { from, to, whole, rate } = part;
  const owed = cell === 'feeCredit' ? -amountOf(part) : amountOf(part);
  const share = whole === 1n ? '' : `, ${timeText(fee, to - from, whole)}`;
  const step: ExplainStep = {
    label: `${labels[cell]}${share}`,
    quantity: rate === undefined ? '' : shown(rate.quantity),
    unitPrice: rate === undefined ? '' : shown(rate.unitPrice),
    amount: formatAmount(owed),
  };
  if (amount === owed) return [step];
  return [
    step,
    { label: 'other parts of the bundle', quantity: '', unitPrice: '', amount: formatAmount(amount - owed) },
  ];
}

const units = [['days', 86_400_000n], ['hours', 3_600_000n], ['s', 1000n], ['ms', 1n]] as const; // prettier-ignore

/** "8 of 30 days": by the day as it is, by the second in the largest unit that tells it exactly. */
function timeText({ recurring }: Fee, part: bigint, whole: bigint): string {
  if (recurring?.proration === 'day') return `${part} of ${whole} days`;
  const [name, size] = units.find(([, each]) => part % each === 0n && whole % each === 0n)!;
  return `${part / size} of ${whole / size} ${name}`;
}

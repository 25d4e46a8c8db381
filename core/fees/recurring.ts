import { formatAmount, type AmountPico } from '../money/fixed.ts';
import { assertSound } from './problems.ts';
import { checkFee } from './check.ts';
import { shown } from './exact.ts';
import { amountOf, partsOf, type Part } from './prorate.ts';
import { sameRate, stretches } from './timeline.ts';
import type { FeeReason, FeeRow, Period, RecurringFee } from './records.ts';

/** What a fee owes for a period, as known now: a pure function of the fee, as a charge is of a tally. */
export function owed(fee: RecurringFee, period: Period): AmountPico {
  assertSound(`fee ${fee.id}`, fee, checkFee);
  return partsOf(fee, period).reduce((sum, part) => sum + amountOf(part), 0n);
}

/**
 * When the rows of a period are booked. In advance: when something is first owed in it (it opens, the fee begins, a trial
 * ends). In arrears: when it closes, or the fee has ended.
 */
export function bookedAtMs(fee: RecurringFee, period: Period): number {
  const { term, terms } = fee;
  if (terms === 'arrears') return Math.max(period.startMs, Math.min(period.endMs, term.toMs ?? period.endMs));
  const first = stretches(fee, { fromMs: period.startMs, toMs: period.endMs }).find(({ rate }) => rate !== undefined);
  return first?.fromMs ?? period.startMs;
}

/** The rows of a period. Their sum is `owed`. */
export function periodRows(fee: RecurringFee, period: Period, atMs = bookedAtMs(fee, period)): FeeRow[] {
  assertSound(`fee ${fee.id}`, fee, checkFee);
  return partsOf(fee, period)
    .filter(({ rate }) => rate !== undefined)
    .map((part) => rowOf(fee, period, part, atMs, 'fee'));
}

/**
 * The difference rows of a change (upgrade, downgrade, cancel, pause, seats, ramp) that becomes known at `atMs`, for a
 * period whose rows are booked: what is no longer owed is credited, what is newly owed is charged. Their sum is
 * owed(after) − owed(before). None while they are not booked: in arrears an open period has no rows, so nothing is credited.
 * Whether they are is told by `before` when it is the first of a period; after that the caller knows, as `historyRows` does.
 */
export function changeRows(
  before: RecurringFee,
  after: RecurringFee,
  period: Period,
  atMs: number,
  isBooked = atMs >= bookedAtMs(before, period),
): FeeRow[] {
  for (const fee of [before, after]) assertSound(`fee ${fee.id}`, fee, checkFee);
  for (const field of ['id', 'currency', 'terms', 'proration', 'timeZone'] as const)
    if (before[field] !== after[field])
      throw new RangeError(
        `fee ${before.id}: ${field} is ${after[field]}, not ${before[field]}: it changes with another fee only`,
      );
  if (!isBooked) return [];
  const rows: FeeRow[] = [];
  for (const [old, now] of overlaps(partsOf(before, period), partsOf(after, period))) {
    if (sameRate(old.rate, now.rate)) continue;
    if (old.rate !== undefined) rows.push(rowOf(before, period, old, atMs, 'feeCredit'));
    if (now.rate !== undefined) rows.push(rowOf(after, period, now, atMs, 'feeCharge'));
  }
  return rows;
}

/** One state of a fee, and the log time from which it is known. */
export interface FeeVersion {
  readonly knownAtMs: number;
  readonly fee: RecurringFee;
}

/**
 * All rows of a period up to and with a log time, from the versions of a fee as they became known: those of the version in force
 * when the rows fall due, then the differences of each change. Later rows only follow; after the last version their sum is what it owes.
 */
export function historyRows(versions: readonly FeeVersion[], period: Period, untilMs: number): FeeRow[] {
  const rows: FeeRow[] = [];
  let isBooked = false;
  versions.forEach(({ knownAtMs, fee }, index) => {
    const before = versions[index - 1];
    const nextMs = versions[index + 1]?.knownAtMs ?? Infinity;
    if (before !== undefined && knownAtMs < before.knownAtMs)
      throw new RangeError(`fee ${fee.id}: the version known at ${knownAtMs} comes after that of ${before.knownAtMs}`);
    if (knownAtMs > untilMs) return;
    if (isBooked) rows.push(...changeRows(before!.fee, fee, period, knownAtMs, true));
    const atMs = Math.max(bookedAtMs(fee, period), knownAtMs);
    if (isBooked || atMs >= nextMs || atMs > untilMs) return;
    rows.push(...periodRows(fee, period, atMs));
    isBooked = true;
  });
  return rows;
}

/** Both lists of parts cut at the bounds of either: pairs over the same units. */
export function overlaps(old: readonly Part[], now: readonly Part[]): [Part, Part][] {
  const pairs: [Part, Part][] = [];
  for (const one of old)
    for (const other of now) {
      const from = one.from > other.from ? one.from : other.from;
      const to = one.to < other.to ? one.to : other.to;
      if (from >= to) continue;
      const span = { from, to, fromMs: Math.max(one.fromMs, other.fromMs), toMs: Math.min(one.toMs, other.toMs) };
      pairs.push([
        { ...one, ...span },
        { ...other, ...span },
      ]);
    }
  return pairs;
}

function rowOf(fee: RecurringFee, period: Period, part: Part, atMs: number, reason: FeeReason): FeeRow {
  const { fromMs, toMs, rate } = part;
  const amount = reason === 'feeCredit' ? -amountOf(part) : amountOf(part);
  const unit = { second: 'ms', day: 'days', none: 'period' }[fee.proration];
  const label = `${reason === 'feeCredit' ? 'unused part' : 'fee'}, ${part.to - part.from} of ${part.whole} ${unit}`;
  return {
    fee: fee.id,
    currency: fee.currency,
    atMs,
    periodStartMs: period.startMs,
    periodEndMs: period.endMs,
    fromMs,
    toMs,
    amount,
    reason,
    step: { label, quantity: shown(rate!.quantity), unitPrice: shown(rate!.unitPrice), amount: formatAmount(amount) },
  };
}

/** What a fee owes, and when each piece of it falls due (SPEC §9.1.10): a function of its newest version alone. */
import { AMOUNT_SCALE, parseAmount, type AmountPico } from '../money/fixed.ts';
import { fromScaled, one } from '../money/rational.ts';
import { billingPeriodAt } from '../time/calendar.ts';
import type { Fee } from './fee.ts';
import { feeLimits } from './feeRecord.ts';
import { installmentParts } from './plans.ts';
import { assertSound } from './problems.ts';
import { checkFee, lastInstantMs } from './check.ts';
import { partsOf, type Part } from './prorate.ts';
import type { Period, RecurringFee } from './records.ts';
import { effectiveFrom } from './timeline.ts';

/** A period of a recurring fee, a one-time fee, or an installment. */
export interface Due {
  readonly fee: Fee;
  readonly atMs: number;
  /** Of the fee's calendar, in which it lies. */
  readonly period: Period;
  readonly cell: 'fee' | 'oneTime' | 'installment' | 'installmentDue';
  /** Absent where it is the period's parts that owe. */
  readonly amount?: AmountPico;
}

/** Dues after an instant, in their order. A fee without an end never runs out of them: take what you need. */
export function* dues(fee: Fee, afterMs: number): Generator<Due, void> {
  if (fee.recurring !== undefined) return yield* recurringDues(fee, fee.recurring, afterMs);
  for (const [atMs, cell, amount] of singleDues(fee)) {
    const period = atMs > afterMs ? periodOf(fee, atMs) : undefined;
    if (period !== undefined) yield { fee, atMs, period, cell, amount };
  }
}

/** Those up to and with an instant, at most `most`. */
export function duesUntil(fee: Fee, afterMs: number, untilMs: number, most = Infinity): Due[] {
  const found: Due[] = [];
  for (const due of dues(fee, afterMs)) {
    if (due.atMs > untilMs || found.length >= most) break;
    found.push(due);
  }
  return found;
}

/** Periods that were due by then, times the parts of the fee; no more than one above the limit (SPEC §9.1.12). */
export function dueCount(fee: Fee, atMs: number): number {
  const parts = fee.record.allocation?.length ?? 1;
  const most = Math.floor(feeLimits.periodsDueMax / parts) + 1;
  return parts * duesUntil(fee, -1, atMs, most).length;
}

export const nextDueMs = (fee: Fee, afterMs: number): number | undefined => dues(fee, afterMs).next().value?.atMs;

/** What a due owes, as parts of its period: one amount is one part. */
export function partsOfDue({ fee, period, atMs, amount }: Due): Part[] {
  if (amount === undefined) return partsOf(fee.recurring!, period);
  const price = fromScaled(amount, AMOUNT_SCALE);
  const rate = { unitPrice: price, quantity: one, rate: price };
  return [{ fromMs: atMs, toMs: atMs, from: 0n, to: 1n, whole: 1n, rate }];
}

/** Cut to the instants that there are (3.1, 3.6). */
function periodOf({ record, timeZone }: Fee, atMs: number): Period | undefined {
  const period = billingPeriodAt(atMs, timeZone, record.calendar);
  return period && { startMs: Math.max(0, period.startMs), endMs: Math.min(lastInstantMs, period.endMs) };
}

function* recurringDues(fee: Fee, recurring: RecurringFee, afterMs: number): Generator<Due, void> {
  assertSound(`fee ${recurring.id}`, recurring, checkFee);
  const { calendar } = fee.record;
  const endMs = recurring.term.toMs ?? Infinity;
  // Periods that ended by then were due.
  const openMs = Math.max(0, periodOf(fee, Math.max(0, afterMs))?.startMs ?? 0);
  let beginsMs = effectiveFrom(recurring, openMs);
  while (beginsMs !== undefined) {
    const period = periodOf(fee, beginsMs);
    if (period === undefined) {
      const firstMs = calendar.kind === 'list' ? firstOf(fee, calendar.dates) : Infinity;
      if (firstMs <= beginsMs) return;
      beginsMs = effectiveFrom(recurring, firstMs);
      continue;
    }
    const atMs = recurring.terms === 'advance' ? beginsMs : Math.min(period.endMs, endMs);
    if (atMs > afterMs) yield { fee, atMs, period, cell: 'fee' };
    beginsMs = effectiveFrom(recurring, period.endMs);
  }
}

/** The instant at which the first period of a list begins. */
const firstOf = ({ timeZone }: Fee, [first]: readonly string[]): number =>
  Temporal.PlainDate.from(first!).toZonedDateTime({ timeZone }).epochMilliseconds;

function singleDues({ record }: Fee): [atMs: number, cell: Due['cell'], amount: AmountPico][] {
  const { terms, key: id, currency } = record;
  if (terms.kind === 'oneTime') return [[terms.atMs, 'oneTime', parseAmount(terms.amount)!]];
  if (terms.kind === 'recurring') return [];
  const { kind: _, endMs = Infinity, ...plan } = terms;
  const parts = installmentParts({ ...plan, id, currency });
  const all = terms.dueAtMs.map((atMs, index) => [atMs, 'installment', parts[index]!] as [number, Due['cell'], AmountPico]); // prettier-ignore
  const rest = all.reduce((sum, [atMs, , amount]) => (atMs > endMs ? sum + amount : sum), 0n);
  const due = all.filter(([atMs]) => atMs <= endMs);
  return rest === 0n || terms.onEnd === 'lapse' ? due : [...due, [endMs, 'installmentDue', rest]];
}

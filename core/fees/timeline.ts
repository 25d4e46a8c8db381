import type { Rational } from '../money/fixed.ts';
import { compare, multiply, one } from '../money/rational.ts';
import { exact } from './exact.ts';
import type { RecurringFee, Span } from './records.ts';
import { uplifted, upliftInstants } from './uplift.ts';

/** What a whole period would owe at one moment: `rate` = unit price × quantity. */
export interface Rate {
  readonly unitPrice: Rational;
  readonly quantity: Rational;
  readonly rate: Rational;
}

/** A stretch of time with one rate; undefined where the fee is not in effect. */
export interface Stretch extends Span {
  readonly rate: Rate | undefined;
}

/** The rates of a fee over a span, in order, without gap or overlap; neighbours differ. */
export function stretches(fee: RecurringFee, span: Span): Stretch[] {
  const cuts = cutsOf(fee, span);
  const result: Stretch[] = [];
  cuts.forEach((fromMs, index) => {
    const toMs = cuts[index + 1] ?? span.toMs;
    const rate = rateAt(fee, fromMs);
    const last = result.at(-1);
    if (last !== undefined && sameRate(last.rate, rate)) result[result.length - 1] = { ...last, toMs };
    else result.push({ fromMs, toMs, rate });
  });
  return result;
}

export const sameRate = (a: Rate | undefined, b: Rate | undefined): boolean =>
  a === undefined || b === undefined
    ? a === b
    : compare(a.unitPrice, b.unitPrice) === 0 && compare(a.quantity, b.quantity) === 0;

/** The rate at an instant; undefined outside the term, in the trial, in a pause, and before the first amount or quantity. */
export function rateAt(fee: RecurringFee, atMs: number): Rate | undefined {
  const { term } = fee;
  if (atMs < term.fromMs || (term.toMs !== null && atMs >= term.toMs)) return undefined;
  if (term.trialEndMs !== undefined && atMs < term.trialEndMs) return undefined;
  if (term.pauses.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)) return undefined;
  const amount = fee.amounts.findLast(({ fromMs }) => fromMs <= atMs);
  if (amount === undefined) return undefined;
  const dated = fee.quantities?.findLast(({ fromMs }) => fromMs <= atMs);
  if (fee.quantities !== undefined && dated === undefined) return undefined;
  const quantity = dated === undefined ? one : exact(dated.quantity);
  const base = exact(amount.amount);
  const unitPrice = fee.uplift === undefined ? base : uplifted(base, fee.uplift, atMs, fee.timeZone);
  return { unitPrice, quantity, rate: multiply(unitPrice, quantity) };
}

/** The first instant from `fromMs` on at which a rate is in effect, though it may be 0; undefined when there is none. */
export function effectiveFrom({ term, amounts, quantities }: RecurringFee, fromMs: number): number | undefined {
  const begins = [term.fromMs, term.trialEndMs ?? 0, amounts[0]!.fromMs, quantities?.[0]!.fromMs ?? 0];
  let atMs = Math.max(fromMs, ...begins);
  // Pauses follow one another.
  for (const pause of term.pauses) if (atMs >= pause.fromMs && atMs < pause.toMs) atMs = pause.toMs;
  return term.toMs !== null && atMs >= term.toMs ? undefined : atMs;
}

function cutsOf(fee: RecurringFee, span: Span): number[] {
  const { term } = fee;
  const instants = [
    term.fromMs,
    term.toMs ?? span.toMs,
    term.trialEndMs ?? span.fromMs,
    ...term.pauses.flatMap(({ fromMs, toMs }) => [fromMs, toMs]),
    ...fee.amounts.map(({ fromMs }) => fromMs),
    ...(fee.quantities ?? []).map(({ fromMs }) => fromMs),
    ...(fee.uplift === undefined ? [] : upliftInstants(fee.uplift, span.fromMs, span.toMs, fee.timeZone)),
  ];
  const inside = instants.filter((ms) => ms > span.fromMs && ms < span.toMs);
  return [...new Set([span.fromMs, ...inside])].sort((a, b) => a - b);
}

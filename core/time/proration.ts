import { one, ratio } from '../money/rational.ts';
import type { Rational } from '../money/fixed.ts';
import { splitByShares } from '../money/split.ts';
import { dateAt, daysBetween, startOfDayMs } from './dates.ts';
import type { Period } from './period.ts';

/** `second`: by real time; `day`: by days of the account's zone, each counted whole; `none`: what is owed is owed in full. */
export type ProrationBasis = 'second' | 'day' | 'none';

/**
 * The part's share of the whole, exact. The part is cut to the whole, so the share is at most 1. A part or a whole
 * without length cannot be measured and is not prorated: 1. By day, both the day of the part's start and, when the part ends inside
 * a day, the day of its end count: 28 August to noon of the 30th is three days.
 */
export function prorate(part: Period, whole: Period, basis: ProrationBasis, timeZone: string): Rational {
  if (basis === 'none' || part.endMs <= part.startMs || whole.endMs <= whole.startMs) return one;
  const startMs = Math.max(part.startMs, whole.startMs);
  const endMs = Math.min(part.endMs, whole.endMs);
  if (endMs <= startMs) return ratio(0n);
  return ratio(measure({ startMs, endMs }, basis, timeZone), measure(whole, basis, timeZone));
}

function measure({ startMs, endMs }: Period, basis: 'second' | 'day', timeZone: string): bigint {
  return basis === 'second' ? BigInt(endMs - startMs) : BigInt(daysTouched({ startMs, endMs }, timeZone));
}

/** Days of the zone that a period of some length touches. */
export function daysTouched({ startMs, endMs }: Period, timeZone: string): number {
  return daysBetween(dateAt(startMs, timeZone), dateAt(endMs - 1, timeZone)) + 1;
}

/**
 * Parts an amount over a period cut at instants: the parts add up to it exactly. By day the cuts are moved to the beginnings
 * of their days, so that a day is counted once. With `none` the part that holds the start of the period owes it all.
 */
export function splitOverTime(
  amount: bigint,
  whole: Period,
  cutsMs: readonly number[],
  basis: ProrationBasis,
  timeZone: string,
): bigint[] {
  const cuts = basis === 'day' ? cutsMs.map((cut) => startOfDayMs(dateAt(cut, timeZone), timeZone)) : cutsMs;
  const edges = [whole.startMs, ...cuts, whole.endMs].map((edge) =>
    Math.min(Math.max(edge, whole.startMs), whole.endMs),
  );
  if (edges.some((edge, index) => index > 0 && edge < edges[index - 1]!))
    throw new RangeError('the cuts of a period are in order of time');
  if (basis === 'none') return edges.slice(1).map((_, index) => (index === 0 ? amount : 0n));
  const shares = edges.slice(1).map((endMs, index) => {
    const part = { startMs: edges[index]!, endMs };
    return part.endMs <= part.startMs ? 0n : measure(part, basis, timeZone);
  });
  return splitByShares(amount, shares);
}

/** The sum of coming hours as the mean of the same hours of past seasons, with a trend where every week agrees on it. */
import { add, divide, larger, multiply, ratio, subtract, sum, zero } from '../money/rational.ts';
import type { Rational } from '../money/fixed.ts';
import { hourMs, seasons, type ForecastMethod, type History } from './history.ts';

export type SeasonalMethod = Exclude<ForecastMethod, 'none'>;

/** What `hours` whole hours from hour `origin` on come to, as known before it. At least one season lies before the origin. */
export function predicted(history: History, method: SeasonalMethod, origin: number, hours: number): Rational {
  const { length, countMax } = seasons[method];
  const count = Math.min(countMax, Math.floor(origin / length));
  const [whole, rest] = [Math.floor(hours / length), hours % length];
  const meanOf = (first: number): Rational => {
    let seen = 0n;
    for (let back = 1; back <= count; back += 1) {
      seen += sumOf(history, origin - back * length, origin - back * length + first);
    }
    return ratio(seen, BigInt(count));
  };
  const [season, part] = [meanOf(length), meanOf(rest)];
  const trend = method === 'hourOfWeek' ? trendOf(history, origin, count) : 0n;
  if (trend === 0n || season.numerator <= 0n) return add(multiply(season, ratio(BigInt(whole))), part);
  // A coming season lies (count + 1) / 2 seasons after the mean of those past, and one more with each; none falls below 0.
  const seasonToCome = (ahead: number) => larger(zero, add(season, ratio(trend * BigInt(count + 1 + 2 * ahead), 2n)));
  const wholeOnes = sum(Array.from({ length: whole }, (_, ahead) => seasonToCome(ahead)));
  return add(wholeOnes, divide(multiply(part, seasonToCome(whole)), season));
}

/** From an instant in or after the hour that follows the history to a later one; parts of hours are in proportion. */
export function predictedBetween(history: History, method: SeasonalMethod, fromMs: number, toMs: number): Rational {
  const originMs = Math.floor(fromMs / hourMs) * hourMs;
  const until = (ms: number): Rational => {
    const [whole, restMs] = [Math.floor((ms - originMs) / hourMs), (ms - originMs) % hourMs];
    const before = predicted(history, method, history.hours.length, whole);
    if (restMs === 0) return before;
    const after = predicted(history, method, history.hours.length, whole + 1);
    return add(before, multiply(subtract(after, before), ratio(BigInt(restMs), BigInt(hourMs))));
  };
  return subtract(until(toMs), fromMs === originMs ? zero : until(fromMs));
}

/** From week to week, the least of what each of at least three added; 0 unless all of them rose, or all fell. */
function trendOf(history: History, origin: number, count: number): bigint {
  const { length } = seasons.hourOfWeek;
  const total = (back: number) => sumOf(history, origin - back * length, origin - (back - 1) * length);
  if (count < 3) return 0n;
  let least = total(1) - total(2);
  for (let back = 2; back < count; back += 1) {
    const step = total(back) - total(back + 1);
    if (step > 0n !== least > 0n || step < 0n !== least < 0n) return 0n;
    if (least > 0n ? step < least : step > least) least = step;
  }
  return least;
}

export const sumOf = ({ sums }: History, from: number, to: number): bigint => sums[to]! - sums[from]!;

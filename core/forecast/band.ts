/** How far off the method was on its own past: what a forecast made at earlier hours would have missed by. */
import { compare, multiply, negate, ratio, subtract } from '../money/rational.ts';
import type { Rational } from '../money/fixed.ts';
import { hourMs, seasons, type History } from './history.ts';
import { predicted, sumOf, type SeasonalMethod } from './predict.ts';

/** At most so many earlier hours are tried, evenly spread; with fewer than the least nothing is known of the errors. */
const originsMax = 64;
const originsMin = 8;

/**
 * How far the forecast may be off, up or down: the 90th of a hundred past errors, sign aside (nearest rank). Errors over
 * fewer hours than are to come grow in proportion, which is what they do when all of them have one cause. Where too
 * little is known: all that is to come.
 */
export function bandOf(history: History, method: SeasonalMethod, toCome: Rational, remainingMs: number): Rational {
  const usable = history.hours.length - seasons[method].length;
  const hours = Math.min(Math.max(1, Math.floor(remainingMs / hourMs)), Math.ceil(usable / 4));
  const errors = usable < originsMin ? [] : errorsOver(history, method, hours);
  if (errors.length < originsMin) return absolute(toCome);
  const rank = Math.ceil((errors.length * 9) / 10) - 1;
  return multiply(errors[rank]!, ratio(BigInt(remainingMs), BigInt(hours * hourMs)));
}

/** Actual less forecast over so many hours, sign aside, of each origin tried, ascending. */
function errorsOver(history: History, method: SeasonalMethod, hours: number): Rational[] {
  const [first, last] = [seasons[method].length, history.hours.length - hours];
  const step = Math.ceil((last - first + 1) / originsMax);
  const errors: Rational[] = [];
  for (let origin = last; origin >= first; origin -= step) {
    const actual = ratio(sumOf(history, origin, origin + hours));
    errors.push(absolute(subtract(actual, predicted(history, method, origin, hours))));
  }
  return errors.sort(compare);
}

const absolute = (value: Rational): Rational => (value.numerator < 0n ? negate(value) : value);

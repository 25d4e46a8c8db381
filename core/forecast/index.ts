/** What a sum will have come to at the end of its period, from what its hours had (README.md, SPEC §17). */
import { add, ratio, subtract, toScaled } from '../money/rational.ts';
import type { Rational } from '../money/fixed.ts';
import { bandOf } from './band.ts';
import { historyOf, methodOf, type ForecastInput, type ForecastMethod } from './history.ts';
import { predictedBetween } from './predict.ts';

export { forecastHoursMax, type ForecastInput, type ForecastMethod } from './history.ts';

export interface Forecast {
  /** What the period comes to at its end, if it goes on as it did. */
  readonly expected: bigint;
  /** As far from `expected` as nine of ten of the method's past errors reach; low ≤ expected ≤ high. */
  readonly low: bigint;
  readonly high: bigint;
  readonly method: ForecastMethod;
}

/** Exact until each of the three figures is rounded once, half to even. A function of its input alone. */
export function forecast(input: ForecastInput): Forecast {
  const { spent, startMs, nowMs, endMs } = input;
  const history = historyOf(input.hours);
  const method = methodOf(history, input);
  if (method === 'none') return { expected: spent, low: spent, high: spent, method };
  const isPaced = history.hours.length === 0;
  const toCome = isPaced
    ? ratio(spent * BigInt(endMs - nowMs), BigInt(nowMs - startMs))
    : predictedBetween(history, method, nowMs, endMs);
  const off = bandOf(history, method, toCome, endMs - nowMs);
  const expected = rounded(spent, toCome);
  const low = rounded(spent, subtract(toCome, off));
  // What is spent stays spent, but where more is given back than is to come.
  return {
    expected,
    low: low < spent && expected >= spent ? spent : low,
    high: rounded(spent, add(toCome, off)),
    method,
  };
}

const rounded = (spent: bigint, toCome: Rational): bigint => spent + toScaled(toCome, 0, 'halfEven');

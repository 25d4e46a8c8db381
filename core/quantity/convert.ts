import type { Rational, RoundingMode } from '../money/fixed.ts';
import { divide, larger, multiply, sign, subtract, zero } from '../money/rational.ts';
import { rounded } from './rounding.ts';

export interface Conversion {
  readonly operation: 'multiply' | 'divide';
  readonly factor: Rational;
  readonly rounding: RoundingMode | 'none';
  readonly decimals?: number;
}

/** The metered quantity in the unit that is billed, rounded after it: 1400 ÷ 1000 with `ceiling` is 2. */
export function convert(quantity: Rational, { operation, factor, rounding, decimals = 0 }: Conversion): Rational {
  if (sign(factor) <= 0) throw new RangeError('a conversion factor is greater than 0');
  return rounded((operation === 'multiply' ? multiply : divide)(quantity, factor), decimals, rounding);
}

/** What is left to bill once free units are used up, and how many of them were used. */
export function afterFreeUnits(
  quantity: Rational,
  free: Rational,
): { readonly billable: Rational; readonly used: Rational } {
  const billable = larger(zero, subtract(quantity, free));
  return { billable, used: subtract(quantity, billable) };
}

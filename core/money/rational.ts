/** Exact fractions of bigints: what conversion, proration and rates compute with before the one rounding at the end. */
import { divideRounded, formatDecimal, pow10, type Rational, type RoundingMode } from './fixed.ts';

export const zero: Rational = { numerator: 0n, denominator: 1n };
export const one: Rational = { numerator: 1n, denominator: 1n };

/** The fraction in lowest terms with a positive denominator. Throws RangeError when the denominator is 0. */
export function ratio(numerator: bigint, denominator: bigint = 1n): Rational {
  if (denominator === 0n) throw new RangeError('a fraction needs a denominator other than 0');
  const divisor = greatestCommonDivisor(numerator, denominator) * (denominator < 0n ? -1n : 1n);
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

/** Always positive, 1 for two zeros. */
export function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n ? 1n : a < 0n ? -a : a;
}

export const add = (a: Rational, b: Rational): Rational =>
  ratio(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
export const negate = (a: Rational): Rational => ({ numerator: -a.numerator, denominator: a.denominator });
export const subtract = (a: Rational, b: Rational): Rational => add(a, negate(b));
export const multiply = (a: Rational, b: Rational): Rational =>
  ratio(a.numerator * b.numerator, a.denominator * b.denominator);
/** Throws RangeError when `b` is 0. */
export const divide = (a: Rational, b: Rational): Rational =>
  ratio(a.numerator * b.denominator, a.denominator * b.numerator);

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`. */
export function compare(a: Rational, b: Rational): number {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export const sign = (a: Rational): number => (a.numerator < 0n ? -1 : a.numerator > 0n ? 1 : 0);
export const smaller = (a: Rational, b: Rational): Rational => (compare(a, b) <= 0 ? a : b);
export const larger = (a: Rational, b: Rational): Rational => (compare(a, b) >= 0 ? a : b);
export const sum = (values: readonly Rational[]): Rational => values.reduce(add, zero);

/** The value as an integer of 10⁻ᵈᵉᶜⁱᵐᵃˡˢ, rounded once. */
export const toScaled = (value: Rational, decimals: number, mode: RoundingMode): bigint =>
  divideRounded(value.numerator * pow10(decimals), value.denominator, mode);

export const fromScaled = (value: bigint, decimals: number): Rational => ratio(value, pow10(decimals));

/** Rounded to so many decimals, still exact. */
export const roundTo = (value: Rational, decimals: number, mode: RoundingMode): Rational =>
  fromScaled(toScaled(value, decimals, mode), decimals);

/** Rounded to a whole multiple of `step` (> 0). */
export function roundToMultiple(value: Rational, step: Rational, mode: RoundingMode): Rational {
  if (step.numerator <= 0n) throw new RangeError('a step is greater than 0');
  const steps = divideRounded(value.numerator * step.denominator, value.denominator * step.numerator, mode);
  return ratio(steps * step.numerator, step.denominator);
}

const decimalPattern = /^(-?)(\d{1,400})(?:\.(\d{1,400}))?$/;

/** Reads a plain decimal text of any size up to 400 digits on each side, or gives `undefined`. */
export function readDecimal(text: string): Rational | undefined {
  const match = decimalPattern.exec(text);
  if (match === null) return undefined;
  const [, minus, whole, fraction = ''] = match as unknown as [string, string, string, string | undefined];
  const value = ratio(BigInt(whole + fraction), 10n ** BigInt(fraction.length));
  return minus === '-' ? negate(value) : value;
}

/** Decimal text, exact when it has at most `decimals` decimals, else rounded to them, half away from zero. */
export const writeDecimal = (value: Rational, decimals = 30): string =>
  formatDecimal(toScaled(value, decimals, 'halfAwayFromZero'), decimals);

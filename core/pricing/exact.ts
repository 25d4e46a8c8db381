/** Exact fractions for compiling a price; none is made while charging. */
import { AMOUNT_SCALE, formatDecimal, parseRational, pow10, type AmountPico, type Rational } from '../money/fixed.ts';
import { divide, greatestCommonDivisor, multiply, ratio, toScaled } from '../money/rational.ts';

/** A decimal text as a fraction that is not negative. Throws RangeError on what publication should never have let through. */
export function rational(text: string): Rational {
  const value = signed(text);
  if (value.numerator < 0n) throw new RangeError(`"${text}" is not a decimal number from 0 up`);
  return value;
}

/** The same of either sign. */
export function signed(text: string): Rational {
  const value = parseRational(text);
  if (value === undefined) throw new RangeError(`"${text}" is not a decimal number`);
  return ratio(value.numerator, value.denominator);
}

/** Like `rational`, and not zero. */
export function positive(text: string): Rational {
  const value = rational(text);
  if (value.numerator === 0n) throw new RangeError(`"${text}" is not above 0`);
  return value;
}

/** A percentage as the fraction that it stands for: "2.5" is 1/40. */
export const percentage = (text: string): Rational => divide(rational(text), ratio(100n));

/** In pico, not yet rounded. */
export const inPico = (amount: Rational): Rational => multiply(amount, ratio(pow10(AMOUNT_SCALE)));

/** An amount in pico, rounded once, half-even. */
export const toPico = (amount: Rational): AmountPico => toScaled(amount, AMOUNT_SCALE, 'halfEven');

/** For people: up to 12 decimals, exact where they suffice, rounded half-even where they do not. */
export const decimalText = (value: Rational): string => formatDecimal(toScaled(value, 12, 'halfEven'), 12);

/** Both above 0. */
export const leastCommonMultiple = (a: bigint, b: bigint): bigint => (a / greatestCommonDivisor(a, b)) * b;

/** Of two that are not negative, not both 0: the greatest of which both are whole multiples. */
export function commonMeasure(a: Rational, b: Rational): Rational {
  const denominator = leastCommonMultiple(a.denominator, b.denominator);
  return ratio(
    greatestCommonDivisor(a.numerator * (denominator / a.denominator), b.numerator * (denominator / b.denominator)),
    denominator,
  );
}

/** Exact fractions for compiling a price. None is made while charging. */
import { divideRounded, formatDecimal, parseRational, pow10, type Rational } from '../money/fixed.ts';

export const zero: Rational = { numerator: 0n, denominator: 1n };
export const one: Rational = { numerator: 1n, denominator: 1n };

/** A decimal text as a fraction that is not negative. Throws RangeError on what publication should never have let through. */
export function rational(text: string): Rational {
  const value = parseRational(text);
  if (value === undefined || value.numerator < 0n) throw new RangeError(`"${text}" is not a decimal number from 0 up`);
  return reduced(value.numerator, value.denominator);
}

/** Like `rational`, and not zero. */
export function positive(text: string): Rational {
  const value = rational(text);
  if (value.numerator === 0n) throw new RangeError(`"${text}" is not above 0`);
  return value;
}

/** A percentage as the fraction that it stands for: "2.5" is 1/40. */
export function percentage(text: string): Rational {
  return divide(rational(text), { numerator: 100n, denominator: 1n });
}

/** The numerator may be negative; the denominator must not be. */
export function reduced(numerator: bigint, denominator: bigint): Rational {
  const divisor = greatestCommonDivisor(numerator < 0n ? -numerator : numerator, denominator);
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

export const multiply = (a: Rational, b: Rational): Rational =>
  reduced(a.numerator * b.numerator, a.denominator * b.denominator);

/** `b` is above 0. */
export const divide = (a: Rational, b: Rational): Rational =>
  reduced(a.numerator * b.denominator, a.denominator * b.numerator);

export const add = (a: Rational, b: Rational): Rational =>
  reduced(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);

export const isBelow = (a: Rational, b: Rational): boolean => a.numerator * b.denominator < b.numerator * a.denominator;

/** In pico, not yet rounded. */
export const inPico = (amount: Rational): Rational => multiply(amount, { numerator: pow10(12), denominator: 1n });

/** An amount in pico, rounded once, half-even. */
export function toPico(amount: Rational): bigint {
  return divideRounded(amount.numerator * pow10(12), amount.denominator, 'halfEven');
}

/** For people: up to 12 decimals, exact where they suffice, rounded half-even where they do not. */
export function decimalText({ numerator, denominator }: Rational): string {
  return formatDecimal(divideRounded(numerator * pow10(12), denominator, 'halfEven'), 12);
}

/** 1 for two zeros. Neither is negative. */
export function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n ? 1n : a;
}

/** Both above 0. */
export const leastCommonMultiple = (a: bigint, b: bigint): bigint => (a / greatestCommonDivisor(a, b)) * b;

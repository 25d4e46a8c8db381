/** Exact fractions for what lies above the tally: read from decimal text, computed without rounding, rounded once. */
import { AMOUNT_SCALE, divideRounded, parseRational, pow10, type AmountPico, type Rational } from '../money/fixed.ts';

export const one: Rational = { numerator: 1n, denominator: 1n };
export const zero: Rational = { numerator: 0n, denominator: 1n };

/** The fraction that a decimal text stands for. Throws RangeError: texts are checked before they get here. */
export function exact(text: string): Rational {
  const value = parseRational(text);
  if (value === undefined) throw new RangeError(`${JSON.stringify(text)} is not a plain decimal number`);
  return reduced(value.numerator, value.denominator);
}

/** 12.5 % as 1/8. */
export const percent = (text: string): Rational => times(exact(text), { numerator: 1n, denominator: 100n });

/** A pico amount as a fraction of the currency unit. */
export const ofAmount = (amount: AmountPico): Rational => reduced(amount, pow10(AMOUNT_SCALE));

/** Throws RangeError for a denominator that is not positive. */
export function reduced(numerator: bigint, denominator: bigint): Rational {
  if (denominator <= 0n) throw new RangeError(`a denominator of ${denominator} is not positive`);
  let a = numerator < 0n ? -numerator : numerator;
  let b = denominator;
  while (b !== 0n) [a, b] = [b, a % b];
  return { numerator: numerator / a, denominator: denominator / a };
}

export const times = (a: Rational, b: Rational): Rational =>
  reduced(a.numerator * b.numerator, a.denominator * b.denominator);

export const plus = (a: Rational, b: Rational): Rational =>
  reduced(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);

export const minus = (a: Rational, b: Rational): Rational =>
  plus(a, { numerator: -b.numerator, denominator: b.denominator });

/** Throws RangeError when the divisor is not positive. */
export const over = (a: Rational, b: Rational): Rational =>
  reduced(a.numerator * b.denominator, a.denominator * b.numerator);

/** Negative, zero or positive, as a is less than, equal to or more than b. */
export const compare = (a: Rational, b: Rational): bigint => a.numerator * b.denominator - b.numerator * a.denominator;

/** The one rounding of an explain step: half-even, to 12 decimals. */
export const round12 = (value: Rational): AmountPico =>
  divideRounded(value.numerator * pow10(AMOUNT_SCALE), value.denominator, 'halfEven');

/** A fraction as text for an explanation: exact when it has at most 12 decimals, else rounded to 12. */
export function shown(value: Rational): string {
  const scaled = round12(value);
  const negative = scaled < 0n;
  const digits = (negative ? -scaled : scaled).toString().padStart(AMOUNT_SCALE + 1, '0');
  const fraction = digits.slice(-AMOUNT_SCALE).replace(/0+$/, '');
  return `${negative ? '-' : ''}${digits.slice(0, -AMOUNT_SCALE)}${fraction === '' ? '' : `.${fraction}`}`;
}

/**
 * What [from, to) of T owes of an amount: round12(A · to / T) − round12(A · from / T). The parts of any cut of the whole
 * add up to round12(A).
 */
export function share(amount: Rational, from: bigint, to: bigint, whole: bigint): AmountPico {
  if (whole <= 0n || from < 0n || to < from || to > whole)
    throw new RangeError(`[${from}, ${to}) does not lie in a whole of ${whole}`);
  return round12(times(amount, reduced(to, whole))) - round12(times(amount, reduced(from, whole)));
}

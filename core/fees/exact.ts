/** What is computed above the tally: exact fractions read from decimal text, rounded once a step. */
import { AMOUNT_SCALE, formatAmount, parseRational, type AmountPico, type Rational } from '../money/fixed.ts';
import { fromScaled, multiply, ratio, toScaled } from '../money/rational.ts';

/** The fraction that a decimal text stands for. Throws RangeError: texts are checked before they get here. */
export function exact(text: string): Rational {
  const value = parseRational(text);
  if (value === undefined) throw new RangeError(`${JSON.stringify(text)} is not a plain decimal number`);
  return ratio(value.numerator, value.denominator);
}

/** 12.5 % as 1/8. */
export const percent = (text: string): Rational => multiply(exact(text), ratio(1n, 100n));

/** A pico amount as a fraction of the currency unit. */
export const ofAmount = (amount: AmountPico): Rational => fromScaled(amount, AMOUNT_SCALE);

/** Currency units that an amount stays below: what `Decimal(38,12)` holds. */
export const amountUnitsMax = 10n ** 26n;

/** The one rounding of an explain step: half-even, to 12 decimals. Throws RangeError for what no amount can hold. */
export function round12(value: Rational): AmountPico {
  const size = value.numerator < 0n ? -value.numerator : value.numerator;
  if (size >= amountUnitsMax * value.denominator) throw new RangeError('an amount is 10^26 or more');
  return toScaled(value, AMOUNT_SCALE, 'halfEven');
}

/** A fraction as text for an explanation: exact when it has at most 12 decimals, else rounded to 12. */
export const shown = (value: Rational): string => formatAmount(round12(value));

/**
 * What [from, to) of T owes of an amount: round12(A · to / T) − round12(A · from / T). The parts of any cut of the whole
 * add up to round12(A).
 */
export function share(amount: Rational, from: bigint, to: bigint, whole: bigint): AmountPico {
  if (whole <= 0n || from < 0n || to < from || to > whole)
    throw new RangeError(`[${from}, ${to}) does not lie in a whole of ${whole}`);
  return round12(multiply(amount, ratio(to, whole))) - round12(multiply(amount, ratio(from, whole)));
}

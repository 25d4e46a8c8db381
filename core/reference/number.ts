/** Numbers of the reference engine: decimals of 240 digits, so that nothing below is ever rounded by accident. */
import { Decimal } from 'decimal.js';

/** Sums and products of our bounded numbers need fewer than 160 digits: they are exact. Only division rounds. */
export const Exact = Decimal.clone({
  precision: 240,
  rounding: Decimal.ROUND_HALF_EVEN,
  toExpNeg: -1000,
  toExpPos: 1000,
});
export type Exact = Decimal;

export const zero: Exact = new Exact(0);

/** SPEC §3.5: no tally may reach the first, in base units, nor the charge of one the second, in currency units. */
export const tallyMax: Exact = new Exact('1e26');
export const chargeMax: Exact = new Exact('1e18');

/** Reads plain decimal text, at most 26 digits before and 24 after the point; `undefined` when it is anything else. */
export function readDecimal(text: unknown): Exact | undefined {
  if (typeof text !== 'string' || !/^-?\d{1,26}(\.\d{1,24})?$/.test(text)) return undefined;
  return new Exact(text);
}

/** Reads text that was checked when it was admitted. */
export function decimal(text: string): Exact {
  const value = readDecimal(text);
  if (value === undefined) throw new RangeError(`"${text}" is not a decimal number`);
  return value;
}

/** numerator / denominator to `places` decimals, half to even: the one rounding there is. */
export function roundedQuotient(numerator: Exact, denominator: Exact, places: number): Exact {
  return numerator.div(denominator).toDecimalPlaces(places, Decimal.ROUND_HALF_EVEN);
}

const powers = Array.from({ length: 13 }, (_, exponent) => new Exact(10).pow(exponent));

/** 10ⁿ for the scales that there are, 0 ≤ n ≤ 12. */
export function powerOfTen(exponent: number): Exact {
  return powers[exponent]!;
}

/** Plain text without an exponent or trailing zeros; zero has no sign. */
export function text(value: Exact): string {
  return value.isZero() ? '0' : value.toFixed();
}

/** A whole number of the other kind. */
export const whole = (value: bigint): Exact => new Exact(value.toString());

/** The other way; for whole numbers. */
export const integer = (value: Exact): bigint => BigInt(value.toFixed());

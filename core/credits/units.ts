/** Custom pricing units (tokens, points): charged like a currency, worth money by a dated conversion. */
import { AMOUNT_SCALE, formatAmount, parseRational, type AmountPico } from '../money/fixed.ts';
import { divide, multiply, readDecimal, roundTo, toScaled } from '../money/rational.ts';
import { exact, ofAmount, round12 } from '../fees/exact.ts';
import { Check, digitsOf, type Problem } from '../fees/problems.ts';
import type { Shape } from '../fees/shape.ts';

export interface UnitConversion {
  readonly unit: string;
  readonly currency: string;
  /** What one unit is worth from an instant on. */
  readonly points: readonly { readonly id: string; readonly fromMs: number; readonly value: string }[];
}

const conversionShape: Shape = {
  record: {
    unit: 'text',
    currency: 'text',
    points: { list: { record: { id: 'text', fromMs: 'number', value: 'text' } }, max: 10_000 },
  },
};

/** Every fault of a conversion, which may be anything. Never throws. */
export function checkConversion(value: unknown): Problem[] {
  const check = new Check();
  if (!check.shape(value, conversionShape)) return check.problems;
  const conversion = value as UnitConversion;
  const isName = /^[A-Za-z][A-Za-z0-9-]{0,35}$/.test(conversion.unit) && digitsOf(conversion.unit) === undefined;
  check.at('unit').that(isName, conversion.unit, 'a name of letters, digits and -, that is no ISO 4217 code');
  check.at('currency').currency(conversion.currency);
  check.at('points').dated(conversion.points);
  check.at('points').unique(conversion.points.map(({ id }) => id));
  conversion.points.forEach(({ value }, index) => check.at('points').at(index).at('value').decimal(value, 'positive'));
  return check.problems;
}

/** Units as money by the point in force, rounded once; undefined before the first point. */
export function unitsAsMoney(
  conversion: UnitConversion,
  units: AmountPico,
  atMs: number,
): { readonly amount: AmountPico; readonly id: string } | undefined {
  const point = conversion.points.findLast(({ fromMs }) => fromMs <= atMs);
  if (point === undefined) return undefined;
  return { amount: round12(multiply(ofAmount(units), exact(point.value))), id: point.id };
}

/**
 * A top-up asked for in credits at a rate (money per credit): the price is rounded to the minor unit, half away from zero, and
 * the credits are what that price buys. Text with more decimals than any amount has is taken at its value.
 */
export function topUp(
  credits: string,
  rate: string,
  currency: string,
): { readonly credits: string; readonly price: string } | Problem {
  const digits = digitsOf(currency);
  if (digits === undefined)
    return { path: 'currency', value: currency, code: 'CURRENCY_UNKNOWN', expected: 'an ISO 4217 code' };
  const wanted = readDecimal(credits);
  if (wanted === undefined || wanted.numerator <= 0n)
    return { path: 'credits', value: credits, code: 'DECIMAL_INVALID', expected: 'a decimal number above 0' };
  const value = parseRational(rate);
  if (value === undefined || value.numerator <= 0n)
    return { path: 'rate', value: rate, code: 'DECIMAL_INVALID', expected: 'a decimal number above 0' };
  const price = roundTo(multiply(wanted, value), digits, 'halfAwayFromZero');
  return {
    credits: formatAmount(toScaled(divide(price, value), AMOUNT_SCALE, 'down')),
    price: formatAmount(toScaled(price, AMOUNT_SCALE, 'halfEven')),
  };
}

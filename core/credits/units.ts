/** Pricing units (tokens, points): charged like a currency, worth money by dated points (SPEC §9.8.2). */
import { pricingUnitLimits, pricingUnitPattern, type PricingUnitPoint, type PricingUnitRecord, type PricingUnitValue } from '../messages/pricingUnit.ts'; // prettier-ignore
import { AMOUNT_SCALE, formatAmount, parseRational, type AmountPico } from '../money/fixed.ts';
import { divide, multiply, readDecimal, roundTo, toScaled } from '../money/rational.ts';
import { exact, ofAmount, round12 } from '../fees/exact.ts';
import { Check, digitsOf, type Problem } from '../fees/problems.ts';
import type { Shape } from '../fees/shape.ts';

const unitShape: Shape = {
  record: {
    id: 'text',
    name: 'text',
    decimals: 'number',
    value: {
      optional: {
        record: {
          currency: 'text',
          points: { list: { record: { fromMs: 'number', amount: 'text' } }, max: pricingUnitLimits.pointsMax },
        },
      },
    },
  },
};

/** Every fault of a pricing unit, which may be anything. Never throws. */
export function checkPricingUnit(value: unknown): Problem[] {
  const check = new Check();
  if (!check.shape(value, unitShape)) return check.problems;
  const { id, name, decimals, value: worth } = value as PricingUnitRecord;
  check.at('id').that(pricingUnitPattern.test(id), id, '4 to 12 characters of A-Z and 0-9, a letter first');
  const { nameLengthMax } = pricingUnitLimits;
  check.at('name').that(name !== '' && name.length <= nameLengthMax, name, `1 to ${nameLengthMax} characters`);
  const isCount = Number.isInteger(decimals) && decimals >= 0 && decimals <= AMOUNT_SCALE;
  check.at('decimals').that(isCount, decimals, `0 to ${AMOUNT_SCALE}`);
  if (worth === undefined) return check.problems;
  const here = check.at('value');
  here.at('currency').currency(worth.currency);
  const points = here.at('points');
  points.dated(worth.points);
  worth.points.forEach(({ amount }, index) => points.at(index).at('amount').decimal(amount, 'positive'));
  return check.problems;
}

/** What was published of a unit's value stays: points are added behind those that are there. */
export function keepsValue({ value: before }: PricingUnitRecord, { value: after }: PricingUnitRecord): boolean {
  if (before === undefined) return true;
  return (
    after?.currency === before.currency &&
    before.points.every(
      ({ fromMs, amount }, index) => after.points[index]?.fromMs === fromMs && after.points[index].amount === amount,
    )
  );
}

/** Units as money by the point in force, rounded once; undefined where none is. */
export function unitsAsMoney(
  value: PricingUnitValue | undefined,
  units: AmountPico,
  atMs: number,
): { readonly amount: AmountPico; readonly point: PricingUnitPoint } | undefined {
  const point = value?.points.findLast(({ fromMs }) => fromMs <= atMs);
  if (point === undefined) return undefined;
  return { amount: round12(multiply(ofAmount(units), exact(point.amount))), point };
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

/** The shape of what a price says beside its model. */
import { isNatural, isObject, isText, type Fields } from '../body.ts';
import { isFeeCalendar } from '../fees/calendarShape.ts';
import { isAbsentOr, isAmount, isNotNegative, isOneOf, isPercent, isPositive } from './figures.ts';

export function hasTerms(terms: Fields): boolean {
  const { quantity, discountPercent, maximum, onVersion, rollover, prorate, plan, contract, split, period } = terms;
  return (
    isAbsentOr((value) => isOneOf(value, 'proRata', 'asArrived'))(split) &&
    isAbsentOr(isCalendar)(period) &&
    isAbsentOr(isRule)(quantity) &&
    isAbsentOr(isPercent)(discountPercent) &&
    isAbsentOr(isNotNegative)(maximum) &&
    isAbsentOr(isText)(plan) &&
    isAbsentOr(isText)(contract) &&
    isAbsentOr(isRollover)(rollover) &&
    isAbsentOr(isProration)(prorate) &&
    isAbsentOr((value) => isOneOf(value, 'carry', 'restart'))(onVersion)
  );
}

/** An increment of nought would never end. */
function isRule(value: unknown): boolean {
  return (
    isObject(value) &&
    isOneOf(value['at'], 'event', 'tally') &&
    isOneOf(value['mode'], 'up', 'down', 'halfAwayFromZero', 'halfEven') &&
    isPositive(value['increment']) &&
    isAbsentOr(isNotNegative)(value['first']) &&
    isAbsentOr(isNotNegative)(value['threshold'])
  );
}

/** At most two years. */
const isRollover = (value: unknown): boolean =>
  isObject(value) &&
  isNatural(value['periods']) &&
  value['periods'] >= 1 &&
  value['periods'] <= 24 &&
  isAbsentOr(isAmount)(value['maximum']);

/** What is prorated is said; what is not is left out. */
const isProration = (value: unknown): boolean =>
  isObject(value) &&
  isOneOf(value['by'], 'second', 'day') &&
  [value['allowance'], value['bounds'], value['flats'], value['maximum']].every(isAbsentOr((said) => said === true));

/** As a fee's, but that an anniversary may count from the account's own day. */
function isCalendar(value: unknown): boolean {
  const isOwn = isObject(value) && value['kind'] === 'anniversary' && value['anchor'] === 'account';
  return isFeeCalendar(isOwn ? { ...value, anchor: '2000-01-01' } : value);
}

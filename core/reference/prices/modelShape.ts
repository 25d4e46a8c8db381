/** The shape of a model, leaf by leaf and cell by cell. */
import type { LeafModel } from '../../messages/price.ts';
import { isListOf, isNatural, isObject, isText, type Fields } from '../body.ts';
import { decimal, readDecimal } from '../number.ts';
import { cellLengthMax, otherwise } from './cells.ts';
import { isAbsentOr, isNotNegative, isOneOf, isPositive, isPositiveInteger } from './figures.ts';

const leaves: Readonly<Record<LeafModel['kind'], (model: Fields) => boolean>> = {
  perUnit: ({ unitPrice }) => isNotNegative(unitPrice),
  flat: ({ amount }) => isNotNegative(amount),
  graduated: ({ tiers }) => areTiers(tiers, 'unitPrice', 'flat'),
  volume: ({ tiers }) => areTiers(tiers, 'unitPrice', 'flat'),
  package: ({ size, price, partial }) => isPositive(size) && isNotNegative(price) && isOneOf(partial, 'up', 'down'),
  packageTiers: ({ reach, tiers }) => isOneOf(reach, 'all', 'top') && arePackageTiers(tiers),
  stairstep: ({ tiers }) => areTiers(tiers, 'amount'),
  percentage: ({ percent, perEvent, freeEvents, freeValue, free, minimum, maximum }) =>
    [percent, perEvent].every(isNotNegative) &&
    [freeEvents, freeValue, minimum, maximum].every(isAbsentOr(isNotNegative)) &&
    isOneOf(free, 'totals', 'whicheverFirst'),
  graduatedPercentage: ({ tiers }) => areTiers(tiers, 'percent', 'flat'),
  dynamic: ({ multiplier }) => isNotNegative(multiplier),
  perEvent: ({ unitPrice, fee, minimum, maximum }) =>
    [unitPrice, fee].every(isNotNegative) && [minimum, maximum].every(isAbsentOr(isNotNegative)),
};

export function isModel(value: unknown): boolean {
  if (!isObject(value)) return false;
  switch (value['kind']) {
    case 'matrix':
      return areNamed(value['rules'], isRule) && isOtherwise(value['otherwise']);
    case 'schedule':
      return areNamed(value['bands'], isBand) && isOtherwise(value['otherwise']);
    case 'grouped': {
      const { by, groupsMax, model } = value;
      return (
        isListOf(by, isText) &&
        by.length > 0 &&
        new Set(by).size === by.length &&
        isNatural(groupsMax) &&
        groupsMax > 0 &&
        isLeaf(model)
      );
    }
    case 'spot':
      return isSpot(value);
    default:
      return isLeaf(value);
  }
}

/** What is added and the bounds may be negative. */
function isSpot({ series, multiplier, adder, minimum, maximum }: Fields): boolean {
  const isFigure = (value: unknown) => readDecimal(value) !== undefined;
  if (!isText(series) || !isAbsentOr(isNotNegative)(multiplier)) return false;
  if (![adder, minimum, maximum].every(isAbsentOr(isFigure))) return false;
  return minimum === undefined || maximum === undefined || decimal(minimum as string).lte(decimal(maximum as string));
}

function isLeaf(value: unknown): boolean {
  if (!isObject(value) || !isText(value['kind']) || !Object.hasOwn(leaves, value['kind'])) return false;
  return leaves[value['kind'] as LeafModel['kind']](value);
}

const isOtherwise = (value: unknown) => value === null || isLeaf(value);

/** Names are keys of cells: no two alike, none of them the key of what is left. */
function areNamed(value: unknown, fits: (entry: Fields) => boolean): boolean {
  if (!isListOf(value, (entry) => isObject(entry) && isName(entry['name']) && isLeaf(entry['model']) && fits(entry)))
    return false;
  const names = (value as readonly Fields[]).map(({ name }) => name);
  return new Set(names).size === names.length;
}

const isName = (value: unknown) =>
  isText(value) && value !== '' && value !== otherwise && value.length <= cellLengthMax;

const isRule = ({ match }: Fields) => isObject(match) && Object.values(match).every(isText);

const isBand = ({ days, from, to }: Fields) =>
  isListOf(days, (day) => isOneOf(day, 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun')) &&
  isTime(from) &&
  (to === '24:00' || isTime(to)) &&
  (from as string) < (to as string);

const isTime = (value: unknown) => isText(value) && /^([01]\d|2[0-3]):[0-5]\d$/.test(value);

/** Bounds ascend, and the last tier alone is open. */
function areTiers(value: unknown, ...figures: readonly string[]): boolean {
  const isTier = (tier: unknown) =>
    isObject(tier) &&
    (tier['upTo'] === null || isPositive(tier['upTo'])) &&
    figures.every((figure) => isNotNegative(tier[figure]));
  if (!isListOf(value, isTier)) return false;
  const bounds = (value as readonly { readonly upTo: string | null }[]).map((tier) => tier.upTo);
  const closed = bounds.slice(0, -1);
  const ascend = closed.every((bound, i) => bound !== null && (i === 0 || decimal(bound).gt(decimal(closed[i - 1]!))));
  return bounds.at(-1) === null && ascend;
}

function arePackageTiers(value: unknown): boolean {
  const isTier = (tier: unknown) =>
    isObject(tier) &&
    isPositive(tier['size']) &&
    isNotNegative(tier['price']) &&
    (tier['count'] === null || isPositiveInteger(tier['count']));
  if (!isListOf(value, isTier)) return false;
  const counts = (value as readonly Fields[]).map(({ count }) => count);
  return counts.at(-1) === null && !counts.slice(0, -1).includes(null);
}

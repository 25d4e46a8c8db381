/** What can be wrong with a leaf model. */
import type { LeafModel } from '../../messages/price.ts';
import type { Rational } from '../../money/fixed.ts';
import { compare } from '../../money/rational.ts';
import { decimalText } from '../exact.ts';
import { priceLimits } from '../limits.ts';
import { isFields, type Checker, type Fields } from './checker.ts';

const { amountMax, multiplierMax, quantityMax, tiersMax, unitPriceMax } = priceLimits;

type Check = (checker: Checker, path: string, model: Fields) => void;

const leaves: { readonly [Kind in LeafModel['kind']]: Check } = {
  perUnit: (checker, path, { unitPrice }) => void checker.decimal(`${path}.unitPrice`, unitPrice, unitPriceMax),
  flat: (checker, path, { amount }) => void checker.decimal(`${path}.amount`, amount, amountMax),
  graduated: pricedTiers,
  volume: pricedTiers,
  package(checker, path, { size, price, partial }) {
    checker.positive(`${path}.size`, size, quantityMax);
    checker.decimal(`${path}.price`, price, amountMax);
    checker.oneOf(`${path}.partial`, partial, 'up', 'down');
  },
  packageTiers(checker, path, { reach, tiers }) {
    checker.oneOf(`${path}.reach`, reach, 'all', 'top');
    const list = tiersIn(checker, `${path}.tiers`, tiers, 'count');
    for (const { at, tier, isLast } of list) {
      checker.positive(`${at}.size`, tier['size'], quantityMax);
      checker.decimal(`${at}.price`, tier['price'], amountMax);
      if (tier['count'] !== null && !isLast) checker.count(`${at}.count`, tier['count'], 1n);
    }
  },
  stairstep(checker, path, { tiers }) {
    for (const { at, tier } of boundedTiers(checker, `${path}.tiers`, tiers))
      checker.decimal(`${at}.amount`, tier['amount'], amountMax);
  },
  percentage(checker, path, model) {
    checker.percent(`${path}.percent`, model['percent']);
    checker.decimal(`${path}.perEvent`, model['perEvent'], amountMax);
    checker.oneOf(`${path}.free`, model['free'], 'totals', 'whicheverFirst');
    if (model['freeEvents'] !== undefined) checker.count(`${path}.freeEvents`, model['freeEvents'], 0n);
    if (model['freeValue'] !== undefined) checker.decimal(`${path}.freeValue`, model['freeValue'], amountMax);
    eventBounds(checker, path, model);
  },
  graduatedPercentage(checker, path, { tiers }) {
    for (const { at, tier } of boundedTiers(checker, `${path}.tiers`, tiers)) {
      checker.percent(`${at}.percent`, tier['percent']);
      checker.decimal(`${at}.flat`, tier['flat'], amountMax);
    }
  },
  dynamic: (checker, path, { multiplier }) => void checker.decimal(`${path}.multiplier`, multiplier, multiplierMax),
  perEvent(checker, path, model) {
    checker.decimal(`${path}.unitPrice`, model['unitPrice'], unitPriceMax);
    checker.decimal(`${path}.fee`, model['fee'], amountMax);
    eventBounds(checker, path, model);
  },
};

const kinds = Object.keys(leaves);

/** Returns the model when it is a leaf of a known kind, be its figures right or wrong. */
export function checkLeaf(checker: Checker, path: string, model: unknown): LeafModel | undefined {
  if (!checker.field(isFields(model), path, model, 'a model')) return undefined;
  const { kind } = model as Fields;
  if (typeof kind !== 'string' || !kinds.includes(kind)) {
    checker.add('MODEL_UNKNOWN', `${path}.kind`, kind, `one of ${kinds.join(', ')}`);
    return undefined;
  }
  leaves[kind as LeafModel['kind']](checker, path, model as Fields);
  return model as unknown as LeafModel;
}

function pricedTiers(checker: Checker, path: string, { tiers }: Fields): void {
  for (const { at, tier } of boundedTiers(checker, `${path}.tiers`, tiers)) {
    checker.decimal(`${at}.unitPrice`, tier['unitPrice'], unitPriceMax);
    checker.decimal(`${at}.flat`, tier['flat'], amountMax);
  }
}

interface Tier {
  readonly at: string;
  readonly tier: Fields;
  readonly isLast: boolean;
}

/** Tiers by `upTo`: ascending, and open at the end alone. */
function boundedTiers(checker: Checker, path: string, tiers: unknown): readonly Tier[] {
  const list = tiersIn(checker, path, tiers, 'upTo');
  let before: Rational | undefined;
  for (const { at, tier, isLast } of list) {
    if (tier['upTo'] === null || isLast) continue;
    const upTo = checker.positive(`${at}.upTo`, tier['upTo'], quantityMax);
    if (upTo === undefined) continue;
    const order = before === undefined ? 1 : compare(upTo, before);
    if (order === 0) checker.add('TIERS_OVERLAP', `${at}.upTo`, tier['upTo'], 'more than the tier before it ends at');
    if (order < 0)
      checker.add('TIERS_NOT_ASCENDING', `${at}.upTo`, tier['upTo'], 'more than the tier before it ends at');
    if (order > 0) before = upTo;
  }
  return list;
}

/** The tiers of a list, of which `end` is null in the last one and in no other. */
function tiersIn(checker: Checker, path: string, tiers: unknown, end: 'upTo' | 'count'): readonly Tier[] {
  const entries = checker.list(path, tiers, tiersMax);
  if (entries.length === 0 && Array.isArray(tiers)) checker.add('TIERS_MISSING', path, tiers, 'at least one tier');
  return entries.flatMap((tier, index): Tier[] => {
    const at = `${path}[${index}]`;
    if (!checker.field(isFields(tier), at, tier, 'a tier')) return [];
    const isLast = index === entries.length - 1;
    const value = (tier as Fields)[end];
    if (isLast && value !== null)
      checker.add('TIERS_NOT_CLOSED', `${at}.${end}`, value, 'null, for all that is beyond');
    if (!isLast && value === null)
      checker.add('TIERS_BEYOND_OPEN', `${at}.${end}`, value, `a ${end}, since another tier follows`);
    return [{ at, tier: tier as Fields, isLast }];
  });
}

function eventBounds(checker: Checker, path: string, { minimum, maximum }: Fields): void {
  const least = minimum === undefined ? undefined : checker.decimal(`${path}.minimum`, minimum, amountMax);
  const most = maximum === undefined ? undefined : checker.decimal(`${path}.maximum`, maximum, amountMax);
  checkOrder(checker, path, least, most);
}

/** Bounds that are both said and right must not cross. */
export function checkOrder(
  checker: Checker,
  path: string,
  least: Rational | undefined,
  most: Rational | undefined,
): void {
  if (least !== undefined && most !== undefined && compare(most, least) < 0)
    checker.add('BOUNDS_CROSSED', `${path}.maximum`, decimalText(most), `at least the minimum, ${decimalText(least)}`);
}

/** The shape of a price, model by model (SPEC §8): what could not be charged at all. `checkPrices` says more, for people. */
import type { PriceRecord, SpotModel } from '../messages/price.ts';
import { parseRational } from '../money/fixed.ts';
import { compare } from '../money/rational.ts';
import { otherwiseKey } from '../pricing/cells/named.ts';
import { priceLimits } from '../pricing/limits.ts';
import { checkTallyCalendar } from '../pricing/tallyTerms.ts';
import { amount, decimal, either, id, integer, like, listOf, natural, oneOf, optional, positive, record, signed, text, type Shape, type Test } from './shape.ts'; // prettier-ignore

/** Bounds ascend from above 0, and the last tier alone is open. */
const tiers = (figures: Shape): Test => (value) => {
  if (!listOf(like({ upTo: either(oneOf(null), positive), ...figures }))(value)) return false;
  const bounds = (value as readonly { readonly upTo: string | null }[]).map(({ upTo }) => upTo);
  if (bounds.indexOf(null) !== bounds.length - 1) return false;
  const ends = bounds.slice(0, -1).map((bound) => parseRational(bound!)!);
  return ends.every((end, i) => {
    const before = ends[i - 1];
    return before === undefined || before.numerator * end.denominator < end.numerator * before.denominator;
  });
}; // prettier-ignore

/** The last tier alone takes the rest. */
const packageTiers: Test = (value) =>
  listOf(like({ size: positive, price: decimal, count: either(oneOf(null), integer) }))(value) &&
  (value as readonly { readonly count: string | null }[]).findIndex(({ count }) => count === null) ===
    (value as readonly unknown[]).length - 1;

const model = (kind: string, shape: Shape): Test => like({ kind: oneOf(kind), ...shape });
const priced = tiers({ unitPrice: decimal, flat: decimal });

const leaf = either(
  model('perUnit', { unitPrice: decimal }),
  model('flat', { amount: decimal }),
  model('graduated', { tiers: priced }),
  model('volume', { tiers: priced }),
  model('package', { size: positive, price: decimal, partial: oneOf('up', 'down') }),
  model('packageTiers', { reach: oneOf('all', 'top'), tiers: packageTiers }),
  model('stairstep', { tiers: tiers({ amount: decimal }) }),
  model('percentage', {
    percent: decimal, perEvent: decimal, freeEvents: optional(decimal), freeValue: optional(decimal), minimum: optional(decimal),
    maximum: optional(decimal), free: oneOf('totals', 'whicheverFirst'),
  }),
  model('graduatedPercentage', { tiers: tiers({ percent: decimal, flat: decimal }) }),
  model('dynamic', { multiplier: decimal }),
  model('perEvent', { unitPrice: decimal, fee: decimal, minimum: optional(decimal), maximum: optional(decimal) }),
); // prettier-ignore

const name: Test = (value) =>
  text(value) && value !== '' && value !== otherwiseKey && (value as string).length <= priceLimits.nameMax;

/** Names are keys of cells: no two alike. */
const named = (shape: Shape): Test => (value) =>
  listOf(like({ name, model: leaf, ...shape }))(value) &&
  new Set((value as readonly { readonly name: string }[]).map((entry) => entry.name)).size === (value as readonly unknown[]).length; // prettier-ignore

const time: Test = (value) => text(value) && /^([01]\d|2[0-3]):[0-5]\d$/.test(value as string);
const band = named({
  days: listOf(oneOf('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun')),
  from: time,
  to: either(oneOf('24:00'), time),
});
const bands: Test = (value) =>
  band(value) &&
  (value as readonly { readonly from: string; readonly to: string }[]).every(({ from, to }) => from < to);
const otherwise = either(oneOf(null), leaf);

const spotShape = model('spot', {
  series: text, multiplier: optional(decimal), adder: optional(signed), minimum: optional(signed), maximum: optional(signed),
}); // prettier-ignore
const spot: Test = (value) => {
  if (!spotShape(value)) return false;
  const { minimum, maximum } = value as SpotModel;
  return (
    minimum === undefined || maximum === undefined || compare(parseRational(minimum)!, parseRational(maximum)!) <= 0
  );
};

const priceModel = either(
  leaf,
  model('matrix', { rules: named({ match: record(text) }), otherwise }),
  model('grouped', {
    by: (value) => listOf(text)(value) && (value as readonly unknown[]).length > 0,
    groupsMax: id,
    model: leaf,
  }),
  model('schedule', { bands, otherwise }),
  spot,
);

const quantityRule = like({
  at: oneOf('event', 'tally'), mode: oneOf('up', 'down', 'halfAwayFromZero', 'halfEven'), increment: positive,
  first: optional(decimal), threshold: optional(decimal),
}); // prettier-ignore

const percent: Test = (value) => {
  const share = decimal(value) ? parseRational(value as string)! : undefined;
  return share !== undefined && share.numerator <= 100n * share.denominator;
};

const rolloverPeriods: Test = (value) => id(value) && (value as number) <= priceLimits.rolloverPeriodsMax;

const prorated = optional(oneOf(true));
const proration = {
  by: oneOf('second', 'day'),
  allowance: prorated,
  bounds: prorated,
  flats: prorated,
  maximum: prorated,
};

const calendar: Test = (value) => checkTallyCalendar(value).length === 0;

/** A pool is of one account's subtree, and only a pool is shared out. */
export function scopeFault({ tallyScope, account, split }: PriceRecord): string | undefined {
  if (tallyScope === 'subtree') return account === 0 ? 'account is 0 with tallyScope "subtree"' : undefined;
  return split === undefined
    ? undefined
    : `split is ${JSON.stringify(split)} with tallyScope ${JSON.stringify(tallyScope)}`;
}

export const priceShape = (currency: Test): Shape => ({
  id, key: text, version: natural, service: text, component: text, meter: text, currency, account: natural, effectiveFromMs: natural,
  tallyScope: oneOf('resource', 'account', 'subtree'), split: optional(oneOf('proRata', 'asArrived')), period: optional(calendar), allowance: decimal, unit: like({ name: text, numerator: integer, denominator: integer }),
  model: priceModel, quantity: optional(quantityRule), discountPercent: optional(percent), maximum: optional(decimal),
  plan: optional(text), contract: optional(text), onVersion: optional(oneOf('carry', 'restart')),
  rollover: optional(like({ periods: rolloverPeriods, maximum: optional(amount) })), prorate: optional(like(proration)),
}); // prettier-ignore

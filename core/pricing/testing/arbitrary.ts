/** Any price that may be approved, and any usage. */
import fc from 'fast-check';
import type { LeafModel, PriceModel, PriceRecord, QuantityRule, Weekday } from '../../messages/price.ts';
import { hasFreePart, isEventCharged } from '../models/index.ts';
import { priceOf, type Event } from './prices.ts';

/** Decimal texts from 0 (or a little more) up, with up to 12 decimals; round figures and ties are frequent. */
function decimal(wholeMax: number): fc.Arbitrary<string> {
  const fraction = fc.oneof(
    fc.constant(''),
    fc.constantFrom('.5', '.25', '.000000000001', '.000000000005', '.1'),
    fc.integer({ min: 1, max: 999_999_999_999 }).map((digits) => `.${String(digits).padStart(12, '0')}`),
  );
  return fc.tuple(fc.integer({ min: 0, max: wholeMax }), fraction).map(([whole, decimals]) => `${whole}${decimals}`);
}

const amount = decimal(50);
const percent = fc.oneof(fc.constantFrom('0', '10', '50', '100'), decimal(99));
const size = decimal(30).map((text) => (text.startsWith('0') ? `1${text.slice(1)}` : text));

/** Ascending inclusive bounds, then the open end. */
const bounds = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.constantFrom('', '.5', '.333333333333')), { maxLength: 4 })
  .map((widths) => {
    let reached = 0;
    return [...widths.map(([width, decimals]) => `${(reached += width)}${decimals}`), null];
  });

const tiersOf = <Extra extends object>(extra: fc.Arbitrary<Extra>) =>
  bounds.chain((ends) =>
    fc
      .array(extra, { minLength: ends.length, maxLength: ends.length })
      .map((extras) => ends.map((upTo, index) => ({ upTo, ...extras[index]! }))),
  );

const kind = <Kind extends LeafModel['kind']>(name: Kind) => fc.constant(name);
const pricedTiers = tiersOf(fc.record({ unitPrice: amount, flat: amount }));
const bound = fc.option(decimal(9), { nil: undefined });
const boundsOfEvent = fc.tuple(bound, bound).map(([a, b]) => ({
  ...(a === undefined ? {} : { minimum: a }),
  ...(b === undefined
    ? {}
    : { maximum: a === undefined ? b : `${Number.parseInt(a, 10) + 1 + Number.parseInt(b, 10)}` }),
}));

export const leafModel: fc.Arbitrary<LeafModel> = fc.oneof(
  fc.record({ kind: kind('perUnit'), unitPrice: amount }),
  fc.record({ kind: kind('flat'), amount }),
  fc.record({ kind: kind('graduated'), tiers: pricedTiers }),
  fc.record({ kind: kind('volume'), tiers: pricedTiers }),
  fc.record({ kind: kind('package'), size, price: amount, partial: fc.constantFrom('up', 'down') }),
  fc.record({
    kind: kind('packageTiers'),
    reach: fc.constantFrom('all', 'top'),
    tiers: fc
      .array(fc.record({ size, count: fc.integer({ min: 1, max: 4 }).map(String), price: amount }), {
        minLength: 1,
        maxLength: 4,
      })
      .map((tiers) => tiers.map((tier, index) => (index < tiers.length - 1 ? tier : { ...tier, count: null }))),
  }),
  fc.record({ kind: kind('stairstep'), tiers: tiersOf(fc.record({ amount })) }),
  fc
    .tuple(
      fc.record(
        { kind: kind('percentage'), percent, perEvent: amount, free: fc.constantFrom('totals', 'whicheverFirst') },
        {},
      ),
      fc.record({ freeEvents: fc.integer({ min: 0, max: 4 }).map(String), freeValue: amount }, { requiredKeys: [] }),
      fc.oneof(fc.constant({}), boundsOfEvent),
    )
    .map(([plain, free, bounded]) => ({ ...plain, ...free, ...bounded }) as LeafModel),
  fc.record({ kind: kind('graduatedPercentage'), tiers: tiersOf(fc.record({ percent, flat: amount })) }),
  fc.record({ kind: kind('dynamic'), multiplier: amount }),
  fc
    .tuple(fc.record({ kind: kind('perEvent'), unitPrice: amount, fee: amount }), boundsOfEvent)
    .map(([plain, bounded]) => ({ ...plain, ...bounded }) as LeafModel),
);

export const quantityRule: fc.Arbitrary<QuantityRule> = fc
  .record(
    {
      at: fc.constantFrom('event', 'tally'),
      mode: fc.constantFrom('up', 'down', 'halfAwayFromZero', 'halfEven'),
      increment: fc.oneof(fc.constantFrom('1', '0.5', '6'), size),
      first: fc.integer({ min: 1, max: 4 }).map(String),
      threshold: amount,
    },
    { requiredKeys: ['at', 'mode', 'increment'] },
  )
  // What is rounded first is a multiple of what is rounded then.
  .map((rule) => ('first' in rule ? { ...rule, increment: '0.5' } : rule) as QuantityRule);

const unit = fc
  .constantFrom(['1', '1'], ['1', '3'], ['7', '2'], ['1', '1000000'], ['7', '25200000001'])
  .map(([numerator, denominator]) => ({ name: 'unit', numerator: numerator!, denominator: denominator! }));

/** The record without what its model excludes. */
export function permitted(record: PriceRecord): PriceRecord {
  const { model } = record;
  const leaf = model.kind === 'grouped' ? model.model : (model as LeafModel);
  if (!isEventCharged(leaf)) return record;
  const { quantity, ...rest } = record;
  if (quantity === undefined || quantity.at === 'tally' || hasFreePart(leaf)) return { ...rest, allowance: '0' };
  const { threshold: _, ...rule } = quantity;
  return { ...rest, allowance: '0', quantity: rule };
}

/** A field of one record in four. */
const sometimes = (field: keyof PriceRecord, value: fc.Arbitrary<unknown>): fc.Arbitrary<Partial<PriceRecord>> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: value.map((given) => ({ [field]: given })) },
  );

/** A price without cells, with anything that may come with its model. */
export const leafPrice: fc.Arbitrary<PriceRecord> = fc
  .tuple(
    leafModel,
    unit,
    fc.oneof(fc.constant('0'), amount),
    sometimes('quantity', quantityRule),
    sometimes('discountPercent', percent),
    sometimes('maximum', decimal(200)),
  )
  .map(([model, unitOf, allowance, ...more]) =>
    permitted(priceOf(model, { unit: unitOf, allowance, ...more[0], ...more[1], ...more[2] })),
  );

/** Quantities about the size of the tiers of any unit, zero and single tally units among them. */
export const usage: fc.Arbitrary<Event[]> = fc.array(
  fc.record({
    quantity: fc.oneof(
      fc.bigInt({ min: 0n, max: 40n }),
      fc.bigInt({ min: 0n, max: 40_000_000n }),
      fc.bigInt({ min: 0n, max: 10n ** 12n }),
    ),
    events: fc.constantFrom(1n, 1n, 1n, 0n),
  }),
  { maxLength: 12 },
);

const weekdays: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

/** Bands that do not overlap: cuts of the day, some of which are bands on some days. */
export const schedule: fc.Arbitrary<Extract<PriceModel, { kind: 'schedule' }>> = fc
  .tuple(
    fc.uniqueArray(fc.oneof(fc.integer({ min: 1, max: 1439 }), fc.constantFrom(60, 120, 150, 180, 360, 1380)), {
      maxLength: 4,
    }),
    fc.array(fc.subarray([...weekdays]), { minLength: 5, maxLength: 5 }),
    fc.boolean(),
  )
  .map(([cuts, days, hasRest]) => {
    const edges = [0, ...cuts.toSorted((a, b) => a - b), 1440];
    const bands = edges.slice(1).flatMap((to, index) => {
      const on = days[index]!;
      if (on.length === 0) return [];
      const model: LeafModel = { kind: 'perUnit', unitPrice: String(index + 1) };
      return [{ name: `band ${index}`, days: on, from: clock(edges[index]!), to: clock(to), model }];
    });
    return { kind: 'schedule', bands, otherwise: hasRest ? { kind: 'perUnit', unitPrice: '9' } : null };
  });

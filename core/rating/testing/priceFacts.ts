/** Prices of every model, cell and term, at random. */
import fc from 'fast-check';
import type { LeafModel, PriceModel, PriceRecord } from '../../messages/control.ts';
import type { SpotModel } from '../../messages/price.ts';
import { isEventCharged as chargesEvents } from '../../pricing/models/index.ts';
import { leafModel, quantityRule, schedule } from '../../pricing/testing/arbitrary.ts';
import { hour, startMs, meterIds, series } from './ground.ts';

const decimalText = fc.constantFrom(
  '0',
  '1',
  '0.1',
  '0.000000000001',
  '0.0000000000005',
  '2.5',
  '0.333333333333',
  '123.456',
  '7',
);
export const tenant = fc.constantFrom('t', 't', 'u');
export const account = fc.constantFrom(0, 1, 2, 3, 4, 5);
export const node = fc.constantFrom(1, 2, 3, 4, 5);
export const instant = fc.constantFrom(
  0,
  startMs - hour,
  startMs + hour / 2,
  startMs + hour,
  startMs + 2 * hour,
  startMs + 3 * hour,
);

const matrix = fc.tuple(leafModel, leafModel, fc.option(leafModel)).map(([narrow, wide, otherwise]): PriceModel => ({
  kind: 'matrix',
  rules: [
    { name: 'wide', match: { core: '1' }, model: wide },
    { name: 'narrow', match: { core: '1', mode: 'user' }, model: narrow },
  ],
  otherwise,
}));
const grouped = fc
  .tuple(leafModel, fc.integer({ min: 1, max: 3 }))
  .map(([leaf, groupsMax]): PriceModel => ({ kind: 'grouped', by: ['mode'], groupsMax, model: leaf }));
const signedText = fc.constantFrom('0', '-1', '0.1', '-0.000000000001', '-2.5', '85.123456789012', '1000000000', '3');
const spot: fc.Arbitrary<SpotModel> = fc
  .record(
    { kind: fc.constant('spot'), series: fc.constantFrom(...series.map(({ id }) => id)), multiplier: decimalText, adder: signedText, minimum: signedText },
    { requiredKeys: ['kind', 'series'] },
  )
  .map((drawn) => (drawn.minimum === undefined ? { ...drawn, maximum: '80' } : drawn)); // prettier-ignore
export const point = fc.record({
  step: fc.integer({ min: -30, max: 30 }),
  offMs: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1),
  value: signedText,
  revision: fc.integer({ min: 1, max: 20 }),
  source: fc.constantFrom('a', 'b'),
});

const model: fc.Arbitrary<PriceModel> = fc.oneof(
  { weight: 2, arbitrary: spot },
  { weight: 4, arbitrary: leafModel },
  { weight: 1, arbitrary: matrix },
  { weight: 1, arbitrary: grouped },
  { weight: 1, arbitrary: schedule },
);
/** Calendars that begin and end about where the log does. */
const period = fc.constantFrom<PriceRecord['period']>(
  { kind: 'calendar', interval: 'month' },
  { kind: 'calendar', interval: 'quarter' },
  { kind: 'calendar', interval: 'year' },
  { kind: 'calendar', interval: 'week', weekStart: 3 },
  { kind: 'anniversary', anchor: '2024-01-31', interval: 'month' },
  { kind: 'anniversary', anchor: 'account', interval: 'month' },
  { kind: 'anniversary', anchor: 'account', interval: 'quarter', every: 2 },
  { kind: 'fiscal', pattern: '4-4-5', endMonth: 3, endWeekday: 2, rule: 'last' },
  { kind: 'list', dates: ['2026-03-01', '2026-04-01', '2026-04-02'] },
  { kind: 'list', dates: ['2026-04-01', '2026-05-01'] },
);
const units = [
  { name: 'u', numerator: '1', denominator: '1' },
  { name: 'h', numerator: '1', denominator: '3600000000' },
  { name: 'x', numerator: '7', denominator: '3' },
];
const unit = fc.constantFrom(...units);
/** Figures for the part of a period in which a version is in force. */
export const prorate = fc
  .record({ by: fc.constantFrom('second', 'day'), said: fc.subarray(['allowance', 'bounds', 'flats', 'maximum']) })
  .map(({ by, said }) => ({ by, ...Object.fromEntries(said.map((field) => [field, true])) }) as PriceRecord['prorate']);
const anyPrice = fc.record({
  key: fc.constantFrom('k1', 'k2'),
  service: fc.constantFrom('s1', 's2'),
  component: fc.constantFrom('c1', 'c2'),
  meter: fc.constantFrom(...meterIds),
  // In a unit that is there, and in one that may come.
  currency: fc.constantFrom('EUR', 'EUR', 'EUR', 'USD', 'TOKENS', 'POINTS'),
  account,
  effectiveFromMs: instant,
  tallyScope: fc.constantFrom('account', 'resource', 'subtree', 'subtree'),
  period: fc.option(period, { nil: undefined, freq: 2 }),
  unit,
  allowance: fc.constantFrom('0', '0', '1', '2.5', '0.333'),
  model,
  quantity: fc.option(quantityRule, { nil: undefined, freq: 4 }),
  discountPercent: fc.constantFrom(undefined, undefined, '10', '33.333'),
  maximum: fc.constantFrom(undefined, undefined, '7', '100.5', '4000000'),
  onVersion: fc.constantFrom(undefined, 'carry' as const, 'restart' as const),
  rollover: fc.constantFrom(undefined, { periods: 1 }, { periods: 2, maximum: '2' }, { periods: 3 }),
  prorate: fc.option(prorate, { nil: undefined, freq: 1 }),
  plan: fc.constantFrom(undefined, 'p1'),
  contract: fc.constantFrom(undefined, undefined, 'p2'),
});
const leavesOf = (of: PriceModel): LeafModel[] => {
  if (of.kind === 'spot') return [];
  if (of.kind === 'grouped') return [of.model];
  if (of.kind !== 'matrix' && of.kind !== 'schedule') return [of];
  const parts = of.kind === 'matrix' ? of.rules : of.bands;
  return [...parts.map((part) => part.model), ...(of.otherwise === null ? [] : [of.otherwise])];
};

/** Meters that do not tell events apart: no event-wise price there. */
export const excludesEvents = (meter: string): boolean =>
  ['mem.last', 'mem.p70', 'seats.held', 'seats.days'].includes(meter);

/** A spot price in the currency and per the unit of its series. */
function ofSeries<Price extends { readonly model: PriceModel; readonly currency: string; readonly unit: object }>(
  price: Price,
): Price {
  const { model: of } = price;
  if (of.kind !== 'spot') return price;
  const { currency, unit: name } = series.find(({ id }) => id === of.series)!;
  return {
    ...price,
    currency,
    unit: units.find((known) => known.name === name)!,
    rollover: undefined,
    prorate: undefined,
  };
}

/** Without what event-charged models exclude (SPEC §8.2), and as a pool wants it (5.6). */
export const priceFacts = anyPrice.map(ofSeries).map((drawn) => {
  const isPool = drawn.tallyScope === 'subtree';
  const isSplit = isPool && (['mem.last', 'mem.p70'].includes(drawn.meter) || drawn.service === 's2');
  const split = isSplit ? { split: 'asArrived' as const } : {};
  const price = { ...drawn, ...split, account: isPool ? 1 + (drawn.account % 2) : drawn.account };
  const isEventCharged = leavesOf(price.model).some((leaf) => chargesEvents(leaf) || leaf.kind === 'percentage');
  const counted = isEventCharged ? { ...price, allowance: '0', quantity: undefined, rollover: undefined } : price;
  const isEventWise = isEventCharged || price.quantity?.at === 'event';
  return isEventWise && excludesEvents(price.meter) ? { ...counted, meter: 'mem.peak' } : counted;
});
/** Versions of few prices, so that positions are carried over. */
export const versionFacts = fc
  .tuple(priceFacts, fc.constantFrom('cpu.all', 'mem.peak', 'mem.users', 'net.p95', 'net.ways', 'mem.p70', 'mem.many', 'seats.held'), decimalText, fc.boolean())
  .map(([price, meter, figure, isSimple]) => ({
    ...price, key: 'k3', service: 's3', component: 'c3', meter, currency: 'EUR', account: 0, tallyScope: 'account' as const, split: undefined, period: undefined, quantity: undefined,
    unit: { name: 'h', numerator: '1', denominator: '3600000000' }, onVersion: undefined, effectiveFromMs: startMs + price.effectiveFromMs % (3 * hour),
    model: isSimple ? ({ kind: 'perUnit', unitPrice: figure } as const) : ({ kind: 'percentage', percent: figure, perEvent: '1', free: 'totals' } as const),
  })); // prettier-ignore
/** Spot prices of much of the usage, so that points that come find tallies. */
export const spotFacts = fc
  .tuple(anyPrice, spot, fc.constantFrom('cpu.all', 'net.all', 'mem.held', 'mem.last'), fc.constantFrom(0, startMs))
  .map(([price, of, meter, effectiveFromMs]) =>
    ofSeries({
      ...price,
      key: 'k4',
      service: 's4',
      component: 'c4',
      meter,
      account: price.tallyScope === 'subtree' ? 1 : 0,
      effectiveFromMs,
      model: of,
    }),
  )
  .map((price) => (price.meter === 'mem.last' ? { ...price, quantity: undefined } : price));
/** Allowances that go on into later months. */
export const rollingFacts = fc
  .tuple(priceFacts, fc.constantFrom('25', '0.5', '12000000.123456789012'), fc.constantFrom({ periods: 1 }, { periods: 2, maximum: '30' }, { periods: 24 }), leafModel, fc.boolean())
  .map(([price, allowance, rollover, leaf, isSimple]) => ({
    ...price, key: 'k5', service: 's5', component: 'c5', meter: 'cpu.all', account: price.tallyScope === 'subtree' ? 1 : 0, currency: 'EUR', effectiveFromMs: 0, allowance, rollover, unit: { name: 'u', numerator: '1', denominator: '1' },
    model: isSimple || chargesEvents(leaf) || leaf.kind === 'percentage' ? ({ kind: 'perUnit', unitPrice: '0.333333333333' } as const) : leaf,
  })); // prettier-ignore

/** What may happen to a partition, at random: fast-check draws it, and shrinks what fails to its smallest form. */
import fc from 'fast-check';
import type { ControlChange, LeafModel, PriceModel, PriceRecord } from '../../messages/control.ts';
import type { SpotModel } from '../../messages/price.ts';
import type { SeriesRecord } from '../../messages/series.ts';
import { isEventCharged as chargesEvents } from '../../pricing/models/index.ts';
import { feeAction, type FeeAction } from '../testing/fees.ts';
import { leafModel, quantityRule, schedule } from '../../pricing/testing/arbitrary.ts';
import { agreementFacts } from '../../spend/testing/agreements.ts';

export const hour = 3_600_000;
/** An hour before April begins in Berlin, three before it does in UTC. */
export const startMs = Temporal.Instant.from('2026-03-31T21:00:00Z').epochMilliseconds;

/** The same hour of the months that follow: where samples lie, and where time goes on to. */
export const monthsMs = ['2026-03', '2026-04', '2026-05', '2026-06', '2026-07'].map(
  (month) => Temporal.PlainYearMonth.from(month).add({ months: 1 }).toPlainDate({ day: 1 }).toZonedDateTime('Europe/Berlin').epochMilliseconds - hour,
); // prettier-ignore

export const metrics = [
  { name: 'cpu', unit: 'us', scale: 0, kind: 'delta' },
  { name: 'net', unit: 'By', scale: 3, kind: 'delta' },
  { name: 'mem', unit: 'By', scale: 0, kind: 'level' },
  { name: 'seats', unit: '1', scale: 0, kind: 'level' },
  { name: 'other', unit: '1', scale: 12, kind: 'delta' },
  // The same again in another scale: one counter by its name, two ways to read it.
  { name: 'other', unit: '1', scale: 3, kind: 'delta' },
] as const;
export const resources = ['a', 'a/b', 'a/b/c', 'd', 'stray', 'x y'];
const patterns = ['a', 'a/*', 'a/b', 'a/b/*', 'a/b/c', 'd'];
const meterIds = [
  'cpu.all',
  'cpu.user',
  'net.all',
  'mem.held',
  'cpu.reads',
  'cpu.peak',
  'mem.peak',
  'mem.last',
  'mem.users',
  'mem.hosts',
  'net.p95',
  'net.ways',
  'net.burst',
  'mem.p70',
  'mem.many',
  'cpu.seen',
  'seats.held',
  'seats.days',
];

export const series = [
  { id: 'hourly', name: '', currency: 'EUR', unit: 'u', interval: 'hour', timeZone: 'Asia/Kolkata' },
  { id: 'daily', name: '', currency: 'EUR', unit: 'h', interval: 'day', timeZone: 'Europe/Berlin' },
  { id: 'monthly', name: '', currency: 'USD', unit: 'x', interval: 'month', timeZone: 'UTC' },
  { id: 'short', name: '', currency: 'EUR', unit: 'u', interval: '5min', timeZone: 'UTC', maxAgeMs: 900_000 },
] as const satisfies readonly SeriesRecord[];

/** Account 4 goes by nobody's day, 3 by that of 2. */
function startOf(account: number) {
  const startsOn = { 2: '2024-02-29', 5: '2026-04-02' }[account];
  return startsOn === undefined ? {} : { startsOn };
}

/** A tree over three zones, meters, two producers; prices, owners and budgets come as the log goes on. */
export const foundation: readonly ControlChange[] = [
  ...[[1, 0, 'Europe/Berlin'], [2, 1, 'Europe/Berlin'], [3, 2, 'UTC'], [4, 2, 'Europe/Berlin'], [5, 4, 'Asia/Kolkata']].map(
    ([id, parent, timeZone]) => ({ kind: 'account', id, slug: `a${id}`, name: `a${id}`, parent, type: 'project', timeZone, ...startOf(id as number) }) as ControlChange,
  ),
  { kind: 'ownership', resource: 'a', account: 3, fromMs: 0 },
  { kind: 'ownership', resource: 'a/*', account: 5, fromMs: 0 },
  { kind: 'meter', id: 'cpu.all', metric: 'cpu', unit: 'us', scale: 0, aggregation: 'sum', filter: {} },
  { kind: 'meter', id: 'cpu.user', metric: 'cpu', unit: 'us', scale: 0, aggregation: 'sum', filter: { mode: ['user', 'nice'] } },
  { kind: 'meter', id: 'net.all', metric: 'net', unit: 'By', scale: 3, aggregation: 'sum', filter: {} },
  { kind: 'meter', id: 'mem.held', metric: 'mem', unit: 'By', scale: 0, aggregation: 'timeWeighted', filter: {} },
  { kind: 'meter', id: 'cpu.reads', metric: 'cpu', unit: '1', scale: 0, aggregation: 'count', filter: { mode: ['idle'] } },
  { kind: 'meter', id: 'cpu.peak', metric: 'cpu', unit: 'us', scale: 0, aggregation: 'max', filter: { mode: ['idle'] } },
  // One slot of the month is set aside: few samples move the figure.
  { kind: 'meter', id: 'net.p95', metric: 'net', unit: 'By', scale: 3, aggregation: 'percentile', filter: {}, slots: { lengthMs: 1_800_000, discardPercent: '0.1' } },
  ...([['net.ways', 'max', 'percentiles'], ['net.burst', 'sum', 'slots']] as const).map(
    ([id, take, of]) => ({ kind: 'meter', id, metric: 'net', unit: 'By', scale: 3, aggregation: 'percentile', filter: {}, slots: { lengthMs: 1_800_000, discardPercent: '0.1', directions: { dimension: 'mode', in: ['user'], out: ['idle'], take, of } } }) as ControlChange,
  ),
  { kind: 'meter', id: 'seats.held', metric: 'seats', unit: '1', scale: 0, aggregation: 'recurring', filter: {}, recurs: { by: 'second' } },
  { kind: 'meter', id: 'seats.days', metric: 'seats', unit: '1', scale: 0, aggregation: 'recurring', filter: { mode: ['idle'] }, recurs: { by: 'day' } },
  { kind: 'meter', id: 'seats.most', metric: 'seats', unit: '1', scale: 0, aggregation: 'max', filter: {} },
  // Few samples and few values are too many.
  { kind: 'meter', id: 'mem.p70', metric: 'mem', unit: 'By', scale: 0, aggregation: 'samplePercentile', filter: {}, samples: { discardPercent: '30', countMax: 9 } },
  { kind: 'meter', id: 'mem.many', metric: 'mem', unit: '1', scale: 0, aggregation: 'unique', distinct: 'mode', filter: {}, exact: { upTo: 2, beyond: 'approximate' } },
  { kind: 'meter', id: 'cpu.seen', metric: 'cpu', unit: '1', scale: 0, aggregation: 'unique', filter: { mode: ['user'] }, exact: { upTo: 3, beyond: 'refuse' } },
  { kind: 'meter', id: 'mem.peak', metric: 'mem', unit: 'By', scale: 0, aggregation: 'max', filter: {} },
  { kind: 'meter', id: 'mem.last', metric: 'mem', unit: 'By', scale: 0, aggregation: 'latest', filter: { mode: ['user'] } },
  { kind: 'meter', id: 'mem.users', metric: 'mem', unit: '1', scale: 0, aggregation: 'unique', distinct: 'mode', filter: {} },
  { kind: 'meter', id: 'mem.hosts', metric: 'mem', unit: '1', scale: 0, aggregation: 'unique', filter: { mode: ['idle'] } },
  { kind: 'pricingUnit', id: 'TOKENS', name: 'Tokens', decimals: 0 },
  ...series.map((record) => ({ kind: 'series', ...record }) as const),
  ...['agent', 'gateway'].map(
    (type) => ({ kind: 'producer', id: type, type, simulated: false, enabled: true, keys: [{ id: 'key', publicKey: 'public' }] }) as ControlChange,
  ),
]; // prettier-ignore

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
const tenant = fc.constantFrom('t', 't', 'u');
export const account = fc.constantFrom(0, 1, 2, 3, 4, 5);
const node = fc.constantFrom(1, 2, 3, 4, 5);
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
const point = fc.record({
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
const priceFacts = anyPrice.map(ofSeries).map((drawn) => {
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
const versionFacts = fc
  .tuple(priceFacts, fc.constantFrom('cpu.all', 'mem.peak', 'mem.users', 'net.p95', 'net.ways', 'mem.p70', 'mem.many', 'seats.held'), decimalText, fc.boolean())
  .map(([price, meter, figure, isSimple]) => ({
    ...price, key: 'k3', service: 's3', component: 'c3', meter, currency: 'EUR', account: 0, tallyScope: 'account' as const, split: undefined, period: undefined, quantity: undefined,
    unit: { name: 'h', numerator: '1', denominator: '3600000000' }, onVersion: undefined, effectiveFromMs: startMs + price.effectiveFromMs % (3 * hour),
    model: isSimple ? ({ kind: 'perUnit', unitPrice: figure } as const) : ({ kind: 'percentage', percent: figure, perEvent: '1', free: 'totals' } as const),
  })); // prettier-ignore
/** Spot prices of much of the usage, so that points that come find tallies. */
const spotFacts = fc
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
const budgetFacts = fc.record({
  id: fc.constantFrom('b1', 'b2', 'b3'),
  amount: fc.constantFrom('1', '10', '100', '0.5', '100000'),
  percents: fc.uniqueArray(fc.constantFrom('10', '50', '80.5', '100'), { minLength: 1, maxLength: 4 }),
  actions: fc.array(fc.constantFrom('notify', 'throttle', 'block'), { minLength: 4, maxLength: 4 }),
  enabled: fc.constantFrom(true, true, true, false),
});
const sample = fc.record({
  resource: fc.constantFrom(0, 0, 1, 1, 2, 2, 3, 3, 4, 5),
  metric: fc.nat(metrics.length - 2),
  dims: fc.constantFrom(-1, 0, 1),
  startMs: fc.oneof(fc.integer({ min: -3 * hour, max: 3 * hour }), fc.constantFrom(-2 * hour, hour, 0, 25 * hour)),
  durationMs: fc.oneof(fc.integer({ min: 0, max: 4 * hour }), fc.constantFrom(0, 1, 2 * hour, -1)),
  quantity: fc.oneof(
    { weight: 10, arbitrary: fc.nat(30) },
    { weight: 10, arbitrary: fc.nat(20_000_000) },
    { weight: 1, arbitrary: fc.constantFrom(0, -1, 1.5, '12', 'x') },
    { weight: 1, arbitrary: fc.constantFrom(`1${'0'.repeat(24)}`, '9'.repeat(24), '123456789012345678') },
  ),
});
type Sample = typeof sample extends fc.Arbitrary<infer Value> ? Value : never;

/** A counter read again and again: what the narrow path is for. */
const steady = fc
  .record({
    resource: fc.constantFrom(0 as const, 2 as const, 3 as const),
    metric: fc.nat(metrics.length - 2),
    fromMs: fc.integer({ min: -hour, max: hour }),
    quantities: fc.array(fc.oneof(fc.nat(30), fc.nat(20_000_000), fc.nat(2 ** 40)), {
      minLength: 4,
      maxLength: 12,
      size: 'max',
    }),
  })
  .map(({ resource, metric, fromMs, quantities }): Sample[] =>
    quantities.map((quantity, i) => ({
      resource,
      metric: metric < metrics.length - 2 || i % 3 < 2 ? metric : 2 * metrics.length - 3 - metric,
      dims: -1,
      startMs: fromMs + i * 1000,
      durationMs: 1000,
      quantity,
    })),
  );
const harm = fc.constantFrom(
  'signature',
  'prev',
  'columns',
  'unit',
  'subject',
  'bytes',
  'epoch',
  'ahead',
  'reuse',
  'notUtf8',
  'key',
  'stranger',
  'mismatch',
);

// prettier-ignore
const batch = fc.record({ kind: fc.constant('batch' as const), tenant, producer: fc.constantFrom('agent', 'gateway', 'gateway'), month: fc.nat(4), samples: fc.oneof(fc.array(sample, { minLength: 1, maxLength: 12, size: 'max' }), steady), harm: fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: harm }) });
// prettier-ignore
const points = fc.record({ kind: fc.constant('points' as const), tenant, series: fc.constantFrom(...series), points: fc.array(point, { minLength: 1, maxLength: 8 }) });

// prettier-ignore
const month = fc.record({ kind: fc.constant('month' as const), ticks: fc.boolean() });

// prettier-ignore
const close = fc.record({ kind: fc.constant('close' as const), tenant, account: fc.constantFrom(1, 1, 1, 1, 1, 1, 2), untilMs: fc.constantFrom(...monthsMs.map((ms) => ms + hour), startMs), talliesPerStep: fc.constantFrom(undefined, 1, 2) });

// prettier-ignore
const agreements = fc.record({ kind: fc.constant('agreements' as const), tenant, agreements: fc.array(agreementFacts, { minLength: 1, maxLength: 2 }) });

/** Points of few instants, so that some say what is published otherwise. */
const worth = fc.record({
  kind: fc.constant('worth' as const),
  tenant,
  unit: fc.constantFrom('TOKENS', 'POINTS', 'EUR', 'points'),
  value: fc.option(
    fc.record({
      currency: fc.constantFrom('EUR', 'EUR', 'EUR', 'USD', 'TOKENS'),
      points: fc.uniqueArray(
        fc.record({ fromMs: fc.constantFrom(0, 1000, 2000), amount: fc.constantFrom('0.002', '0.002', '0.002', '0.003', '0', '-1') }),
        { selector: ({ fromMs }) => fromMs, maxLength: 3 },
      ),
    }),
    { nil: undefined },
  ),
}); // prettier-ignore

export const action = fc.oneof(
  { weight: 8, arbitrary: batch },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('resend' as const), which: fc.nat(20) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('prices' as const), tenant, prices: fc.array(fc.oneof(priceFacts, versionFacts, spotFacts, rollingFacts), { minLength: 1, maxLength: 3 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('revise' as const), tenant, which: fc.nat(20), effectiveFromMs: instant, facts: fc.oneof(priceFacts, rollingFacts) }) },
  { weight: 5, arbitrary: points },
  { weight: 2, arbitrary: worth },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('owner' as const), tenant, resource: fc.constantFrom(...patterns), account: node, fromMs: instant }) },
  { weight: 1, arbitrary: agreements },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('budget' as const), tenant, facts: budgetFacts }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const), tenant, budget: fc.constantFrom('b1', 'b2', 'b3') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('badControl' as const), how: fc.constantFrom('account', 'seq', 'old', 'json', 'tenant') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('suspense' as const), tenant }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('start' as const), tenant, account: node, startsOn: fc.constantFrom('2025-03-31', '2024-02-29', '2026-02-30') }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('time' as const), byMs: fc.integer({ min: 1, max: 90 * 60_000 }), ticks: fc.boolean() }) },
  { weight: 2, arbitrary: month },
  { weight: 4, arbitrary: close },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const), tenant, account: fc.constantFrom(1, 1, 1, 3), fromMs: fc.constantFrom(...monthsMs.map((ms) => ms + hour), startMs) }) },
  { weight: 4, arbitrary: fc.constant({ kind: 'commit' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
); // prettier-ignore
/** Spot prices from the beginning, and much that points come late to. */
export const marketActions: fc.Arbitrary<Action[]> = fc
  .tuple(
    fc.array(spotFacts, { minLength: 2, maxLength: 3 }),
    fc.array(fc.oneof({ weight: 4, arbitrary: batch }, { weight: 4, arbitrary: points }, { weight: 3, arbitrary: action }), {
      minLength: 5, maxLength: 30, size: 'max',
    }),
  )
  .map(([prices, rest]) => [{ kind: 'prices', tenant: 't', prices }, ...rest]); // prettier-ignore
/** Prices from the beginning, one of which everybody pays, and much that is agreed on above them; fees among the lines. */
export const agreedActions: fc.Arbitrary<Action[]> = fc
  .tuple(
    priceFacts,
    fc.array(versionFacts, { minLength: 1, maxLength: 2 }),
    fc.array(
      fc.oneof(
        { weight: 6, arbitrary: batch }, { weight: 5, arbitrary: agreements }, { weight: 2, arbitrary: month }, { weight: 2, arbitrary: close },
        { weight: 1, arbitrary: feeAction as fc.Arbitrary<FeeAction> }, { weight: 2, arbitrary: action },
      ),
      { minLength: 10, maxLength: 40, size: 'max' },
    ),
  )
  .map(([price, prices, rest]): Action[] => {
    const everybodys = {
      ...price, account: 0 as const, meter: 'cpu.all', effectiveFromMs: 0, period: undefined, tallyScope: 'account' as const, quantity: undefined,
      rollover: undefined, model: { kind: 'perUnit' as const, unitPrice: '0.1' },
    };
    return [{ kind: 'prices', tenant: 't', prices: [everybodys as typeof price, ...prices] }, ...rest];
  }); // prettier-ignore
export type Action = (typeof action extends fc.Arbitrary<infer Value> ? Value : never) | FeeAction;

export const ordinary = fc.record({
  resource: fc.constantFrom(0, 0, 1, 2, 3),
  metric: fc.constantFrom(0, 0, 0, 1, 2),
  dims: fc.constantFrom(-1, 0, 1),
  startMs: fc.integer({ min: -hour, max: 20 * 24 * hour }),
  durationMs: fc.constantFrom(0, hour),
  quantity: fc.oneof(fc.nat(30), fc.nat(20_000_000)),
});

/** A year in which periods close, open again and take late usage, at prices whose allowance goes on. */
export const yearly: fc.Arbitrary<Action> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('batch' as const), tenant: fc.constant('t'), producer: fc.constant('gateway'), month: fc.constantFrom(0, 1, 2, 4, 4, 4), samples: fc.array(ordinary, { minLength: 1, maxLength: 8 }), harm: fc.constant(null) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('month' as const), ticks: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('close' as const), tenant: fc.constant('t'), account: fc.constant(1), untilMs: fc.constantFrom(...monthsMs.map((ms) => ms + hour)), talliesPerStep: fc.constantFrom(undefined, 1, 2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const), tenant: fc.constant('t'), account: fc.constant(1), fromMs: fc.constantFrom(...monthsMs.map((ms) => ms + hour)) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('prices' as const), tenant: fc.constant('t'), prices: fc.array(rollingFacts, { minLength: 1, maxLength: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('revise' as const), tenant: fc.constant('t'), which: fc.nat(20), effectiveFromMs: fc.constantFrom(0, ...monthsMs.map((ms) => ms + 30 * hour)), facts: rollingFacts }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('budget' as const), tenant: fc.constant('t'), facts: budgetFacts }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('time' as const), byMs: fc.integer({ min: 1, max: 90 * 60_000 }), ticks: fc.boolean() }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'commit' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
); // prettier-ignore

/** Price records at random: every model, cell, rule and term, of few figures, so that bounds are met often. */
import fc from 'fast-check';
import type { LeafModel, PriceModel, PriceRecord } from '../../messages/price.ts';
import { leavesOf } from '../prices/cells.ts';
import { isEventCharged } from '../prices/noted.ts';
import { isPartlyFree } from '../prices/soundness.ts';

const figure = fc.constantFrom(
  '0',
  '1',
  '0.1',
  '2.5',
  '0.000000000001',
  '0.0000000000005',
  '0.333333333333',
  '123.456',
);
const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined, freq: 2 });
const width = fc.constantFrom(1n, 2n, 5n, 10n, 100n);
const size = fc.constantFrom('1', '2', '5', '0.5', '3');

/** Bounds that ascend, the last open. */
const tiersOf = <T extends object>(figures: fc.Arbitrary<T>) =>
  fc.array(fc.tuple(width, fc.boolean(), figures), { minLength: 1, maxLength: 4 }).map((tiers) => {
    let reached = 0n;
    return tiers.map(([step, half, rest], i) => {
      reached += step;
      return { upTo: i === tiers.length - 1 ? null : `${reached}${half ? '.5' : ''}`, ...rest };
    });
  });

const priced = tiersOf(fc.record({ unitPrice: figure, flat: figure }));
const bounds = fc
  .tuple(optional(figure), optional(figure))
  .map(([a, b]) => ({ ...(a === undefined ? {} : { minimum: a }), ...(b === undefined ? {} : { maximum: b }) }))
  .filter(({ minimum, maximum }) => minimum === undefined || maximum === undefined || +minimum <= +maximum);
const limits = fc
  .tuple(optional(fc.constantFrom('0', '1', '3')), optional(fc.constantFrom('0', '1', '2.5', '15', '250')))
  .map(([freeEvents, freeValue]) => ({
    ...(freeEvents === undefined ? {} : { freeEvents }),
    ...(freeValue === undefined ? {} : { freeValue }),
  }));

const leaves: Readonly<Record<LeafModel['kind'], fc.Arbitrary<LeafModel>>> = {
  perUnit: fc.record({ kind: fc.constant('perUnit'), unitPrice: figure }),
  flat: fc.record({ kind: fc.constant('flat'), amount: figure }),
  graduated: fc.record({ kind: fc.constant('graduated'), tiers: priced }),
  volume: fc.record({ kind: fc.constant('volume'), tiers: priced }),
  package: fc.record({ kind: fc.constant('package'), size, price: figure, partial: fc.constantFrom('up', 'down') }),
  packageTiers: fc
    .tuple(
      fc.constantFrom('all' as const, 'top' as const),
      fc.array(fc.tuple(size, fc.constantFrom('1', '2', '5'), figure), { minLength: 1, maxLength: 3 }),
    )
    .map(([reach, tiers]) => ({
      kind: 'packageTiers',
      reach,
      tiers: tiers.map(([of, count, price], i) => ({ size: of, count: i === tiers.length - 1 ? null : count, price })),
    })),
  stairstep: fc.record({ kind: fc.constant('stairstep'), tiers: tiersOf(fc.record({ amount: figure })) }),
  percentage: fc
    .tuple(
      fc.record({
        percent: figure,
        perEvent: figure,
        free: fc.constantFrom('totals' as const, 'whicheverFirst' as const),
      }),
      bounds,
      limits,
    )
    .map(([facts, ...rest]) => Object.assign({ kind: 'percentage' as const }, facts, ...rest) as LeafModel),
  graduatedPercentage: fc.record({
    kind: fc.constant('graduatedPercentage'),
    tiers: tiersOf(fc.record({ percent: figure, flat: figure })),
  }),
  dynamic: fc.record({ kind: fc.constant('dynamic'), multiplier: figure }),
  perEvent: fc
    .tuple(fc.record({ unitPrice: figure, fee: figure }), bounds)
    .map(([facts, of]) => ({ kind: 'perEvent', ...facts, ...of })),
};
export const leaf: fc.Arbitrary<LeafModel> = fc.oneof(...Object.values(leaves));

export const dimensions = { region: ['eu', 'us'], tier: ['gold', 'tin'] } as const;

const match = fc
  .tuple(optional(fc.constantFrom(...dimensions.region)), optional(fc.constantFrom(...dimensions.tier)))
  .map(([region, tier]) => ({ ...(region === undefined ? {} : { region }), ...(tier === undefined ? {} : { tier }) }));

type Match = Readonly<Record<string, string>>;
/** Two rules that name as much and can both match are refused at publication. */
const areAmbiguous = (a: Match, b: Match) =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.keys(a).every((name) => b[name] === undefined || b[name] === a[name]);

const matrix = fc
  .record({
    kind: fc.constant('matrix' as const),
    rules: fc.array(fc.record({ match, model: leaf }), { minLength: 1, maxLength: 5 }),
    otherwise: fc.option(leaf),
  })
  .map(({ rules, ...rest }) => {
    const sound = rules.filter(
      (rule, i) => !rules.slice(0, i).some((before) => areAmbiguous(before.match, rule.match)),
    );
    return { ...rest, rules: sound.map((rule, i) => ({ name: `rule ${i}`, ...rule })) };
  });

const grouped = fc.record({
  kind: fc.constant('grouped' as const),
  by: fc.constantFrom(['region'], ['tier', 'region'], ['nowhere']),
  groupsMax: fc.constantFrom(1, 2, 100),
  model: leaf,
});

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const edge = fc.constantFrom('00:00', '00:30', '01:30', '02:00', '02:30', '03:00', '08:00', '23:30', '24:00');
const schedule = fc
  .record({
    kind: fc.constant('schedule' as const),
    edges: fc.uniqueArray(edge, { minLength: 2, maxLength: 5 }),
    cells: fc.array(fc.record({ days: fc.subarray([...weekdays], { minLength: 1 }), model: leaf }), {
      minLength: 4,
      maxLength: 4,
    }),
    otherwise: fc.option(leaf),
  })
  .map(({ kind, edges, cells, otherwise }) => {
    const sorted = edges.toSorted();
    const bands = sorted.slice(1).map((to, i) => ({ name: `band ${i}`, from: sorted[i]!, to, ...cells[i]! }));
    return { kind, bands, otherwise };
  });

export const model: fc.Arbitrary<PriceModel> = fc.oneof(
  { weight: 6, arbitrary: leaf },
  { weight: 1, arbitrary: matrix },
  { weight: 1, arbitrary: grouped },
  { weight: 1, arbitrary: schedule },
);

const rule = fc.record(
  {
    at: fc.constantFrom('event' as const, 'tally' as const),
    mode: fc.constantFrom('up' as const, 'down' as const, 'halfAwayFromZero' as const, 'halfEven' as const),
    increment: fc.constantFrom('1', '6', '7', '0.5', '60'),
    first: fc.constantFrom('30', '60', '0.25', '1'),
    threshold: fc.constantFrom('0', '1', '10', '61'),
  },
  { requiredKeys: ['at', 'mode', 'increment'] },
);

/** What is fixed here has no say in a charge. */
const fixed = {
  id: 1, key: 'k', version: 1, service: 's', component: 'c', meter: 'm', currency: 'EUR', account: 0, effectiveFromMs: 0, tallyScope: 'account',
} as const; // prettier-ignore

export const unit = fc.constantFrom(
  { name: 'u', numerator: '1', denominator: '1' },
  { name: 'h', numerator: '1', denominator: '3600' },
  { name: 'x', numerator: '7', denominator: '3' },
);

const said = fc.constant(true as const);
const prorate = fc.record(
  { by: fc.constantFrom('second' as const, 'day' as const), allowance: said, bounds: said, flats: said, maximum: said },
  { requiredKeys: ['by'] },
);

export const terms = fc.record(
  {
    allowance: fc.constantFrom('0', '0', '1', '2.5', '0.333'),
    quantity: rule,
    discountPercent: fc.constantFrom('0', '10', '33.333', '100'),
    maximum: fc.constantFrom('0', '1', '7.5', '1000'),
    prorate,
    period: fc.constantFrom<NonNullable<PriceRecord['period']>>(
      { kind: 'calendar', interval: 'week', weekStart: 7 },
      { kind: 'anniversary', anchor: '2024-02-29', interval: 'month', every: 3 },
      { kind: 'fiscal', pattern: '4-4-5', endMonth: 1, endWeekday: 6, rule: 'nearest', longPeriod: 1 },
      { kind: 'list', dates: ['2026-01-01', '2026-02-01', '2026-03-01'] },
    ),
  },
  { requiredKeys: ['allowance'] },
);

/** 8.2: without what an event-charged model does not take. */
export function allowed<T extends Pick<PriceRecord, 'allowance' | 'quantity' | 'model'>>(record: T): T {
  const charged = leavesOf(record.model).filter(isEventCharged);
  if (charged.length === 0) return record;
  const { quantity, ...rest } = { ...record, allowance: '0', rollover: undefined };
  const isRefused = quantity?.at !== 'event' || quantity.threshold !== undefined || charged.some(isPartlyFree);
  return (isRefused ? rest : { ...rest, quantity }) as T;
}

export const record: fc.Arbitrary<PriceRecord> = fc
  .tuple(model, terms, unit)
  .map(([of, more, into]) => allowed<PriceRecord>({ ...fixed, ...more, unit: into, model: of }));

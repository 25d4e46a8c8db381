/** What may happen to a partition, at random: fast-check draws it, and shrinks what fails to its smallest form. */
import fc from 'fast-check';
import { agreementFacts } from '../../spend/testing/agreements.ts';
import type { CorrectAction } from './correcting.ts';
import { creditAction } from '../testing/credits.ts';
import { budgetAction, soonCrossed } from '../testing/budgets.ts';
import { feeAction, type FeeAction } from '../testing/fees.ts';
import { requestAction } from '../testing/requests.ts';
import { hour, startMs, monthsMs, metrics, patterns, series } from '../testing/ground.ts';
import {
  tenant,
  node,
  instant,
  point,
  priceFacts,
  versionFacts,
  spotFacts,
  rollingFacts,
} from '../testing/priceFacts.ts';

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
  'fact',
  'word',
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

const correct: fc.Arbitrary<CorrectAction> = fc.record({
  kind: fc.constant('correct' as const),
  tenant,
  what: fc.constantFrom('void' as const, 'void' as const, 'revert' as const, 'rerate' as const),
  which: fc.nat(20),
  leaves: fc.constantFrom(0, 0, 2, 3),
  pieces: fc.constantFrom(1 as const, 2 as const),
  ends: fc.constantFrom(true, true, false),
});

/** The partition retires and another inherits. */
const inherit = fc.record({
  kind: fc.constant('inherit' as const),
  tenants: fc.constantFrom(['t', 'u'], ['t', 'u'], ['t']),
});

export const action = fc.oneof(
  { weight: 1, arbitrary: requestAction },
  { weight: 1, arbitrary: inherit },
  { weight: 8, arbitrary: batch },
  { weight: 3, arbitrary: correct },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('resend' as const), which: fc.nat(20) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('prices' as const), tenant, prices: fc.array(fc.oneof(priceFacts, versionFacts, spotFacts, rollingFacts), { minLength: 1, maxLength: 3 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('revise' as const), tenant, which: fc.nat(20), effectiveFromMs: instant, facts: fc.oneof(priceFacts, rollingFacts) }) },
  { weight: 5, arbitrary: points },
  { weight: 2, arbitrary: worth },
  { weight: 2, arbitrary: creditAction },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('owner' as const), tenant, resource: fc.constantFrom(...patterns), account: node, fromMs: instant }) },
  { weight: 1, arbitrary: agreements },
  { weight: 5, arbitrary: budgetAction },
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
type PriceDrawn = typeof priceFacts extends fc.Arbitrary<infer Value> ? Value : never;
const everybodys = (price: PriceDrawn): PriceDrawn => ({
  ...price, account: 0 as const, meter: 'cpu.all', effectiveFromMs: 0, period: undefined, tallyScope: 'account' as const, split: undefined, quantity: undefined,
  rollover: undefined, model: { kind: 'perUnit' as const, unitPrice: '0.1' },
} as PriceDrawn); // prettier-ignore
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
  .map(([price, prices, rest]): Action[] => [{ kind: 'prices', tenant: 't', prices: [everybodys(price), ...prices] }, ...rest]); // prettier-ignore
const paidBatch = fc.record({
  kind: fc.constant('batch' as const), tenant: fc.constant('t'), producer: fc.constant('gateway'), month: fc.constantFrom(0, 0, 1, 4),
  samples: fc.array(fc.record({ resource: fc.constantFrom(0, 1, 3), metric: fc.constantFrom(0, 0, 2), dims: fc.constantFrom(-1, 0, 1), startMs: fc.integer({ min: -hour, max: 2 * hour }), durationMs: fc.constantFrom(0, hour), quantity: fc.nat(20_000) }), { minLength: 1, maxLength: 5 }),
  harm: fc.constant(null),
}); // prettier-ignore
const owners: Action[] = (['a', 'd'] as const).map((resource, index) => ({ kind: 'owner', tenant: 't', resource, account: index === 0 ? 3 : 2, fromMs: 0 }) as Action); // prettier-ignore
/** Prices from the beginning, and usage, agreements and fees that credits pay; grants come, run out, expire and are taken back. */
export const paidActions: fc.Arbitrary<Action[]> = fc
  .tuple(
    priceFacts,
    fc.array(
      fc.oneof(
        { weight: 8, arbitrary: paidBatch }, { weight: 2, arbitrary: batch }, { weight: 6, arbitrary: creditAction }, { weight: 2, arbitrary: requestAction }, { weight: 2, arbitrary: correct.map((one) => ({ ...one, tenant: 't' })) }, { weight: 3, arbitrary: agreements }, { weight: 2, arbitrary: month },
        { weight: 1, arbitrary: close }, { weight: 1, arbitrary: feeAction as fc.Arbitrary<FeeAction> }, { weight: 3, arbitrary: action },
      ),
      { minLength: 10, maxLength: 40, size: 'max' },
    ),
  )
  .map(([price, rest]): Action[] => {
    const first = { ...everybodys(price), currency: 'EUR' } as PriceDrawn;
    // What is latest may fall: it is given back.
    const latest = { ...first, key: 'k7', service: 's2', meter: 'mem.last' } as unknown as PriceDrawn;
    return [{ kind: 'prices', tenant: 't', prices: [first, latest] }, ...owners, ...rest];
  }); // prettier-ignore
/** A price that everybody pays, and much that budgets look at: hours and months that go by, closes, heirs, restarts. */
export const watched: fc.Arbitrary<Action[]> = fc
  .tuple(
    priceFacts,
    fc.constantFrom<Action[]>([], [], [{ kind: 'crowd', tenant: 't', account: 1 }]),
    fc.array(
      fc.oneof(
        { weight: 8, arbitrary: batch }, { weight: 8, arbitrary: budgetAction as fc.Arbitrary<Action> }, { weight: 1, arbitrary: month },
        { weight: 4, arbitrary: fc.record({ kind: fc.constant('time' as const), byMs: fc.constantFrom(20 * 60_000, hour, 5 * hour, 24 * hour), ticks: fc.boolean() }) },
        { weight: 1, arbitrary: close }, { weight: 1, arbitrary: inherit }, { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) }, { weight: 2, arbitrary: action },
      ),
      { minLength: 10, maxLength: 50, size: 'max' },
    ),
  )
  .map(([price, crowd, rest]): Action[] => {
    const everybodys = {
      ...price, account: 0 as const, meter: 'cpu.all', effectiveFromMs: 0, period: undefined, tallyScope: 'account' as const, quantity: undefined,
      rollover: undefined, model: { kind: 'perUnit' as const, unitPrice: '0.1' },
    };
    return [{ kind: 'prices', tenant: 't', prices: [everybodys as typeof price] }, { kind: 'budget', tenant: 't', name: 'b4', facts: soonCrossed }, ...crowd, ...rest];
  }); // prettier-ignore
export const ordinary = fc.record({
  resource: fc.constantFrom(0, 0, 1, 2, 3),
  metric: fc.constantFrom(0, 0, 0, 1, 2),
  dims: fc.constantFrom(-1, 0, 1),
  startMs: fc.integer({ min: -hour, max: 20 * 24 * hour }),
  durationMs: fc.constantFrom(0, hour),
  quantity: fc.oneof(fc.nat(30), fc.nat(20_000_000)),
});

const tiers = {
  kind: 'graduated' as const,
  tiers: [
    { upTo: '0.002', unitPrice: '2', flat: '0' },
    { upTo: '0.005', unitPrice: '1', flat: '0.5' },
    { upTo: null, unitPrice: '0.1', flat: '0' },
  ],
};

/** Sums at prices of several versions, and corrections of them; one kind of price that counts events. */
export const corrected: fc.Arbitrary<Action[]> = fc
  .tuple(
    fc.array(versionFacts, { minLength: 1, maxLength: 3 }),
    fc.array(
      fc.oneof(
        { weight: 8, arbitrary: fc.record({ kind: fc.constant('batch' as const), tenant: fc.constant('t'), producer: fc.constant('gateway'), month: fc.constantFrom(0, 0, 1), samples: fc.array(ordinary, { minLength: 1, maxLength: 8 }), harm: fc.constant(null) }) },
        { weight: 5, arbitrary: correct.map((one) => ({ ...one, tenant: 't' })) },
        { weight: 3, arbitrary: fc.record({ kind: fc.constant('owner' as const), tenant: fc.constant('t'), resource: fc.constantFrom('a', 'a/b', 'd'), account: fc.constantFrom(2, 3, 4), fromMs: fc.constantFrom(0, startMs, startMs + 24 * hour) }) },
        { weight: 2, arbitrary: fc.record({ kind: fc.constant('revise' as const), tenant: fc.constant('t'), which: fc.nat(4), effectiveFromMs: fc.constantFrom(startMs, startMs + 24 * hour, startMs + 72 * hour), facts: priceFacts }) },
        { weight: 1, arbitrary: month }, { weight: 1, arbitrary: close }, { weight: 2, arbitrary: action },
      ),
      { minLength: 15, maxLength: 50, size: 'max' },
    ),
  )
  .map(([prices, rest]): Action[] => [
    { kind: 'prices', tenant: 't', prices: prices.map((price, i) => ({ ...price, account: 0 as const, meter: 'cpu.all', effectiveFromMs: i * 24 * hour, model: i % 2 === 0 ? tiers : price.model })) as typeof prices },
    ...rest,
  ]); // prettier-ignore
export type Action = (typeof action extends fc.Arbitrary<infer Value> ? Value : never) | FeeAction;

/** A year in which periods close, open again and take late usage, at prices whose allowance goes on. */
export const yearly: fc.Arbitrary<Action> = fc.oneof(
  { weight: 1, arbitrary: inherit },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('batch' as const), tenant: fc.constant('t'), producer: fc.constant('gateway'), month: fc.constantFrom(0, 1, 2, 4, 4, 4), samples: fc.array(ordinary, { minLength: 1, maxLength: 8 }), harm: fc.constant(null) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('month' as const), ticks: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('close' as const), tenant: fc.constant('t'), account: fc.constant(1), untilMs: fc.constantFrom(...monthsMs.map((ms) => ms + hour)), talliesPerStep: fc.constantFrom(undefined, 1, 2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const), tenant: fc.constant('t'), account: fc.constant(1), fromMs: fc.constantFrom(...monthsMs.map((ms) => ms + hour)) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('prices' as const), tenant: fc.constant('t'), prices: fc.array(rollingFacts, { minLength: 1, maxLength: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('revise' as const), tenant: fc.constant('t'), which: fc.nat(20), effectiveFromMs: fc.constantFrom(0, ...monthsMs.map((ms) => ms + 30 * hour)), facts: rollingFacts }) },
  { weight: 1, arbitrary: budgetAction },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('time' as const), byMs: fc.integer({ min: 1, max: 90 * 60_000 }), ticks: fc.boolean() }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'commit' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
); // prettier-ignore

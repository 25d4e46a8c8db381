/** Which prices are order-free on which meters (SPEC §8.2, §8.6): the same samples in any order of arrival. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aggregations, type MeterRecord } from '../messages/control.ts';
import type { PriceRecord } from '../messages/price.ts';
import { compilePrice } from '../pricing/compile.ts';
import { isEventCharged } from '../pricing/models/index.ts';
import { leafPrice } from '../pricing/testing/arbitrary.ts';
import { priceOf } from '../pricing/testing/prices.ts';
import { options } from '../testing/seed.ts';
import type { Contribution } from './aggregate.ts';
import { move } from './measures.ts';
import { newTally } from './tally.ts';

const hour = 3_600_000;
const day = 24 * hour;
const meterOf = (aggregation: MeterRecord['aggregation']): MeterRecord => ({
  id: 'm', metric: 'n', unit: '1', scale: 0, aggregation, filter: {},
  slots: { lengthMs: hour, discardPercent: '90', directions: { dimension: 'd', in: ['i'], out: ['o'], take: 'max', of: 'percentiles' } },
  exact: { upTo: 2, beyond: 'approximate' }, samples: { discardPercent: '30', countMax: 10 }, recurs: { by: 'second' },
}); // prettier-ignore

const sample: fc.Arbitrary<Omit<Contribution, 'place'>> = fc
  .record({
    quantity: fc.bigInt({ min: 0n, max: 40n }),
    durationMs: fc.nat(9),
    isStart: fc.constantFrom(true, true, true, false),
    value: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    startMs: fc.integer({ min: 0, max: 3 }).map((index) => index * hour),
    begun: fc.bigInt({ min: 0n, max: 90n }),
    whole: fc.bigInt({ min: 0n, max: 40n }),
    direction: fc.constantFrom(0, 1),
    isHeld: fc.boolean(),
  })
  .map((one) => ({ ...one, begun: one.isStart ? 0n : one.begun }));
/** Samples with places of their own, and the same in another order. */
const arrivals = fc
  .array(fc.tuple(sample, fc.nat(3)), { minLength: 2, maxLength: 8 })
  .map((list) => list.map(([one, end], index): Contribution => ({ ...one, place: [end, 'p', 'e', 1, index] })))
  .chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
  );

function charge(price: PriceRecord, meter: MeterRecord, samples: readonly Contribution[]): bigint {
  const cell = compilePrice(price, meter).whole!;
  const entry = {
    id: 1,
    tenant: 't',
    account: 1,
    resource: 0,
    price: 1,
    meter: 'm',
    periodStartMs: 0,
    periodEndMs: day,
    firstMs: 0,
    carried: '0',
  };
  const tally = newTally(entry);
  for (const part of samples) expect(move(tally, meter, cell, 0, part)).toBeDefined();
  return tally.charge;
}

const isEventWise = ({ model, quantity }: PriceRecord): boolean =>
  quantity?.at === 'event' || isEventCharged(model as Parameters<typeof isEventCharged>[0]);
/** What an event is there depends on those before it: a maximum, a percentile, an estimate grows by it. */
const grows = new Set<MeterRecord['aggregation']>(['max', 'percentile', 'unique', 'latest', 'samplePercentile']);

test('ORDER: on any meter an order-free price charges the same in any order, but an event-wise one of what does not add up', () => {
  fc.assert(
    fc.property(leafPrice, fc.constantFrom(...aggregations), arrivals, (price, of, [some, others]) => {
      if (compilePrice(price, { scale: 0 }).order === 'log') return;
      if (isEventWise(price) && grows.has(of)) return;
      expect(charge(price, meterOf(of), others)).toBe(charge(price, meterOf(of), some));
    }),
    options,
  );
});

/** Samples one after the other. */
const oneByOne = (...quantities: bigint[]): Contribution[] =>
  quantities.map((quantity, index) => ({
    quantity,
    durationMs: 0,
    isStart: true,
    begun: 0n,
    value: '',
    whole: quantity,
    direction: 0,
    isHeld: false,
    startMs: 0,
    place: [index, 'p', 'e', 1, index],
  }));

test('an event of a maximum is what it grows by: 5 and 10 in tens are two increments, 10 and 5 are one', () => {
  const price = priceOf(
    { kind: 'perUnit', unitPrice: '1' },
    { quantity: { at: 'event', mode: 'up', increment: '10' } },
  );
  const of = (...quantities: bigint[]) => charge(price, meterOf('max'), oneByOne(...quantities));
  expect([of(5n, 10n), of(10n, 5n)]).toEqual([20n * 10n ** 12n, 10n * 10n ** 12n]);
});

test('what is log-ordered depends on the order, and says so: the free event is the first, or the first that fits', () => {
  const share = { kind: 'percentage', percent: '10', perEvent: '1', freeEvents: '1', freeValue: '5' } as const;
  const first = priceOf({ ...share, free: 'whicheverFirst' });
  const bounded = priceOf({ ...share, free: 'totals', minimum: '3' });
  for (const price of [first, bounded]) {
    expect(compilePrice(price, { scale: 0 }).order).toBe('log');
    expect(charge(price, meterOf('sum'), oneByOne(1n, 10n))).not.toBe(charge(price, meterOf('sum'), oneByOne(10n, 1n)));
  }
  const totals = priceOf({ ...share, free: 'totals' });
  expect(charge(totals, meterOf('sum'), oneByOne(1n, 10n))).toBe(charge(totals, meterOf('sum'), oneByOne(10n, 1n)));
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAmount } from '#core/money/fixed.ts';
import type { PriceRecord } from '#core/messages/price.ts';
import { chargeOf } from './brackets.ts';
import { compilePrice } from './compile.ts';
import { nothing, type Cell, type Measures } from './compiled.ts';
import { leafPrice, usage } from './testing/arbitrary.ts';
import { priceOf, tallied, type Event, withBegun } from './testing/prices.ts';

const meter = { scale: 0 };
const runs = { numRuns: 2000 };

function forAll(check: (cell: Cell, events: Event[], record: PriceRecord, order: 'free' | 'log') => void): void {
  fc.assert(
    fc.property(leafPrice, usage, (record, events) => {
      const { whole, order } = compilePrice(record, meter);
      check(whole!, events, record, order);
    }),
    runs,
  );
}

describe('any price, any usage', () => {
  test('The charge is the sum of its steps, never negative, and nothing for nothing', () =>
    forAll((cell, events) => {
      expect(cell.charge(nothing)).toBe(0n);
      for (const measures of [nothing, ...tallied(cell, events)]) {
        const charge = cell.charge(measures);
        expect(charge).toBeGreaterThanOrEqual(0n);
        expect(cell.explain(measures).reduce((sum, { amount }) => sum + parseAmount(amount)!, 0n)).toBe(charge);
      }
    }));

  test('The pieces give digit for digit what the charge is, at every edge of theirs too', () => {
    let linear = 0;
    forAll((cell, events) => {
      if (cell.linear === undefined) return;
      linear += 1;
      const { stretch, pieces } = cell.linear;
      const edges = pieces.flatMap(({ from, upTo }) => [from, upTo ?? from]).map((edge) => edge / stretch);
      const quantities = [...edges, ...tallied(cell, events).map(({ quantity }) => quantity)];
      for (const quantity of quantities.flatMap((at) => [at - 1n, at, at + 1n, 2n * at])) {
        if (quantity < 0n) continue;
        expect(chargeOf(pieces, quantity * stretch)).toBe(cell.charge({ ...nothing, quantity }));
      }
    });
    expect(linear).toBeGreaterThan(runs.numRuns / 5);
  });

  test('Pieces are in order, without a gap, in lowest terms', () =>
    forAll((cell) => {
      cell.linear?.pieces.forEach(({ from, upTo, factor, divisor }, index, pieces) => {
        expect(upTo === null ? index === pieces.length - 1 : from < upTo).toBe(true);
        if (index > 0) expect(from).toBe(pieces[index - 1]!.upTo);
        expect(divisor > 0n && gcd(factor, divisor) === 1n).toBe(true);
      });
    }));

  test('Order-free: the same charge for the same events in any order', () =>
    forAll((cell, usageOf, _, order) => {
      if (order === 'log') return;
      const events = withBegun(usageOf);
      const inAnother = events.toSorted((a, b) => (a.quantity < b.quantity ? -1 : a.quantity > b.quantity ? 1 : 0));
      for (const other of [events.toReversed(), inAnother]) {
        expect(charged(cell, other)).toBe(charged(cell, events));
      }
    }));

  test('TELESCOPE: the increments add up to the charge, of which events tell no more than the price says', () =>
    forAll((cell, events) => {
      let charge = 0n;
      const increments = tallied(cell, events).map((measures) => {
        const before = charge;
        charge = cell.charge(measures);
        return charge - before;
      });
      const quantity = events.reduce((sum, event) => sum + event.quantity, 0n);
      expect(increments.reduce((sum, increment) => sum + increment, 0n)).toBe(charged(cell, events));
      if (!cell.countsEvents) expect(cell.charge({ ...nothing, quantity })).toBe(charge);
    }));
});

const charged = (cell: Cell, events: readonly Event[]): bigint => cell.charge(tallied(cell, events).at(-1) ?? nothing);

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));

test('Each step is rounded once, half to even', () => {
  const unit = { name: 'half', numerator: '1', denominator: '2' };
  const price = compilePrice(priceOf({ kind: 'perUnit', unitPrice: '0.000000000001' }, { unit }), meter);
  const charges = [1n, 2n, 3n, 5n].map((quantity) => price.whole!.charge({ ...nothing, quantity } satisfies Measures));
  expect(charges).toEqual([0n, 1n, 2n, 2n]);
});

test.each<[string, PriceRecord]>([
  ['an allowance of events', priceOf({ kind: 'perEvent', unitPrice: '1', fee: '0' }, { allowance: '1' })],
  ['a bound that falls', priceOf({ kind: 'stairstep', tiers: [{ upTo: '2', amount: '1' }, { upTo: '1', amount: '1' }, { upTo: null, amount: '2' }] })],
  ['no open tier', priceOf({ kind: 'volume', tiers: [{ upTo: '5', unitPrice: '1', flat: '0' }] })],
  ['a negative price', priceOf({ kind: 'perUnit', unitPrice: '-1' })],
  ['a discount of more than all', priceOf({ kind: 'perUnit', unitPrice: '1' }, { discountPercent: '100.1' })],
  ['a package of nothing', priceOf({ kind: 'package', size: '0', price: '1', partial: 'up' })],
])('%s is not compiled', (_, record) => {
  expect(() => compilePrice(record, meter)).toThrow(RangeError);
}); // prettier-ignore

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Rational } from '../money/fixed.ts';
import {
  add,
  compare,
  divide,
  multiply,
  ratio,
  readDecimal,
  sign,
  subtract,
  sum,
  toScaled,
  zero,
} from '../money/rational.ts';
import { capacityTier } from './capacity.ts';
import { afterFreeUnits, convert } from './convert.ts';
import { billedIncrements, requireRounding, roundingByName } from './rounding.ts';
import { dailyRates, rateEvent, type RateFrom } from './timeRates.ts';

const exact = (text: string) => readDecimal(text)!;
const seconds = fc.integer({ min: 0, max: 5000 }).map((value) => ratio(BigInt(value)));
const step = fc.integer({ min: 1, max: 90 }).map((value) => ratio(BigInt(value)));

test('rounding modes go by all the names that are in use, and a name that is not is refused', () => {
  expect(['half_up', 'HALF-UP', '*middle', 'halfAwayFromZero'].map(roundingByName)).toEqual(
    Array.from({ length: 4 }, () => 'halfAwayFromZero'),
  );
  expect(['ceiling', 'CEIL', '*up', 'floor', '*down', 'none', 'half_even', 'half_down'].map(roundingByName)).toEqual([
    'ceiling', 'ceiling', 'ceiling', 'floor', 'floor', 'none', 'halfEven', 'halfTowardsZero',
  ]); // prettier-ignore
  expect(roundingByName('constructor')).toBeUndefined();
  expect(() => requireRounding('nearest-ish')).toThrow(/nearest-ish/);
});

describe('increments', () => {
  const slots = (list: [number, number][]) =>
    list.map(([from, increment]) => ({ from: ratio(BigInt(from)), increment: ratio(BigInt(increment)) }));
  test.each([
    [0, 0],
    [1, 60],
    [60, 60],
    [61, 61],
    [85, 85],
  ])('60/1 bills %i s as %i s', (used, billed) => {
    expect(billedIncrements(ratio(BigInt(used)), slots([[0, 60], [60, 1]]))).toEqual(ratio(BigInt(billed))); // prettier-ignore
  });

  test('what is billed is at least what is used, less than an increment more, and never falls', () => {
    fc.assert(
      fc.property(seconds, seconds, step, step, fc.integer({ min: 1, max: 400 }), (a, b, first, next, from) => {
        const rule = [
          { from: zero, increment: first },
          { from: ratio(BigInt(from)), increment: next },
        ];
        const [low, high] = compare(a, b) <= 0 ? [a, b] : [b, a];
        const [billedLow, billedHigh] = [billedIncrements(low, rule), billedIncrements(high, rule)];
        expect(compare(billedLow, low)).toBeGreaterThanOrEqual(0);
        const most = compare(first, next) > 0 ? first : next;
        expect(compare(subtract(billedLow, low), most)).toBeLessThan(0);
        expect(compare(billedLow, billedHigh)).toBeLessThanOrEqual(0);
      }),
    );
  });

  test('an increment of 0 and slots out of order are refused', () => {
    expect(() => billedIncrements(ratio(5n), slots([[0, 0]]))).toThrow(RangeError);
    expect(() => billedIncrements(ratio(5n), slots([[0, 1], [0, 2]]))).toThrow(RangeError); // prettier-ignore
    expect(() => billedIncrements(ratio(5n), slots([[1, 1]]))).toThrow(RangeError);
  });
});

test('a quantity is converted, rounded, and then free units are taken off', () => {
  const packs = convert(exact('1400'), { operation: 'divide', factor: exact('1000'), rounding: 'ceiling' });
  expect(packs).toEqual(ratio(2n));
  expect(afterFreeUnits(packs, exact('0.5'))).toEqual({ billable: exact('1.5'), used: exact('0.5') });
  expect(() => convert(packs, { operation: 'divide', factor: zero, rounding: 'none' })).toThrow(RangeError);
});

test('a capacity is the first tier whose every limit holds', () => {
  const tier = (limits: Record<string, string | null>) => ({
    limits: new Map(Object.entries(limits).map(([unit, most]) => [unit, most === null ? null : exact(most)])),
  });
  const tiers = [tier({ cpu: '2', ram: '8' }), tier({ cpu: '4', ram: null })];
  const used = (cpu: string, ram: string) => new Map([['cpu', exact(cpu)], ['ram', exact(ram)]]); // prettier-ignore
  expect([capacityTier(tiers, used('2', '8')), capacityTier(tiers, used('1', '9'))]).toEqual([0, 1]);
  expect(() => capacityTier(tiers, used('5', '1'))).toThrow(RangeError);
});

describe('rates of one event', () => {
  const rate = (fee: Rational, increment: Rational, connectFee?: Rational) => ({
    fee,
    per: ratio(60n),
    increment,
    ...(connectFee === undefined ? {} : { connectFee }),
  });

  test('stretches follow one another, increments are whole, and the amount is theirs', () => {
    const timeline = fc
      .array(fc.tuple(fc.integer({ min: 1, max: 600 }), fc.nat(100), step), { maxLength: 4 })
      .map((list) => {
        let from = 0;
        const rates: RateFrom[] = [{ from: zero, rate: rate(ratio(3n), ratio(7n)) }];
        for (const [length, fee, increment] of list)
          rates.push({ from: ratio(BigInt((from += length))), rate: rate(ratio(BigInt(fee)), increment) });
        return rates;
      });
    fc.assert(
      fc.property(seconds, seconds, timeline, (start, length, rates) => {
        const event = rateEvent(start, length, rates);
        expect(compare(event.billed, length)).toBeGreaterThanOrEqual(0);
        for (const { billed, increments, rate: under, amount } of event.stretches) {
          expect(billed).toEqual(multiply(ratio(increments), under.increment));
          expect(amount).toEqual(divide(multiply(billed, under.fee), under.per));
        }
        expect(event.amount).toEqual(sum(event.stretches.map(({ amount }) => amount)));
        // With increments of one unit nothing is rounded: cutting the event changes nothing.
        const fine = rates.map(({ from, rate: under }) => ({ from, rate: { ...under, increment: ratio(1n) } }));
        const half = ratio(BigInt(toScaled(divide(length, ratio(2n)), 0, 'down')));
        expect(add(rateEvent(start, half, fine).amount, rateEvent(add(start, half), subtract(length, half), fine).amount)).toEqual(
          rateEvent(start, length, fine).amount,
        );
      }),
    ); // prettier-ignore
  });

  test('no usage costs nothing, no fee either; an increment of 0 is refused', () => {
    const fee = { from: zero, rate: rate(ratio(1n), ratio(1n), ratio(5n)) };
    expect(sign(rateEvent(zero, zero, [fee]).amount)).toBe(0);
    expect(rateEvent(zero, ratio(60n), [fee]).amount).toEqual(ratio(6n));
    expect(() => rateEvent(zero, ratio(1n), [{ from: zero, rate: rate(ratio(1n), zero) }])).toThrow(RangeError);
    expect(() => rateEvent(zero, ratio(1n), [])).toThrow(RangeError);
  });

  test('bands begin by the clock of the zone: the night of the longer day has an hour more', () => {
    const day = { days: [1, 2, 3, 4, 5, 6, 7], fromSecond: 6 * 3600, rate: rate(ratio(60n), ratio(1n)) };
    const night = { days: [1, 2, 3, 4, 5, 6, 7], fromSecond: 22 * 3600, rate: rate(ratio(0n), ratio(1n)) };
    const midnight = { days: [1, 2, 3, 4, 5, 6, 7], fromSecond: 0, rate: rate(ratio(0n), ratio(1n)) };
    const startMs = Date.parse('2026-10-24T20:00Z'); // 22:00 in Berlin, the night in which the clock goes back
    const endMs = startMs + 24 * 3_600_000;
    const rates = dailyRates(startMs, endMs, 'Europe/Berlin', [day, night, midnight]);
    const event = rateEvent(zero, ratio(86_400n), rates);
    // Nine hours of night, then fifteen at one unit a second; in UTC time it ends at 21:00.
    expect(event.amount).toEqual(ratio(15n * 3600n));
  });
});

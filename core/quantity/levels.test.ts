import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { add, compare, multiply, ratio, readDecimal, sum, zero } from '../money/rational.ts';
import type { Rational } from '../money/fixed.ts';
import { correctLines, lineTotal, subtractLines, type BillLine } from './billLines.ts';
import {
  carriedLevel,
  graduatedLevelCharge,
  timeWeightedAverage,
  volumeLevelCharge,
  weightedChanges,
  type LevelTier,
} from './levels.ts';

const whole = (value: number) => ratio(BigInt(value));
const period = { startMs: Date.parse('2026-03-01T00:00Z'), endMs: Date.parse('2026-04-01T00:00Z') };
const changes = fc.array(
  fc.record({
    atMs: fc.integer({ min: period.startMs - 10 ** 9, max: period.endMs + 10 ** 9 }),
    by: fc.integer({ min: -20, max: 20 }).map(whole),
  }),
  { maxLength: 8 },
);
const level = fc.integer({ min: 0, max: 50 }).map(whole);
const basis = fc.constantFrom('second' as const, 'day' as const);

describe('levels', () => {
  test('the average is the area under the level over the length of the period', () => {
    fc.assert(
      fc.property(level, changes, (carried, list) => {
        let area = zero;
        let [at, held] = [period.startMs, carried];
        for (const { atMs, by } of list.toSorted((a, b) => a.atMs - b.atMs)) {
          const until = Math.min(Math.max(atMs, period.startMs), period.endMs);
          area = add(area, multiply(held, whole(until - at)));
          [at, held] = [until, add(held, by)];
        }
        area = add(area, multiply(held, whole(period.endMs - at)));
        const average = timeWeightedAverage(weightedChanges(carried, list, period, 'second', 'UTC'));
        expect(multiply(average, whole(period.endMs - period.startMs))).toEqual(area);
      }),
    );
  });

  test('what is carried over goes on: two periods know the same level where they meet', () => {
    fc.assert(
      fc.property(level, changes, basis, (carried, list, by) => {
        const next = { startMs: period.endMs, endMs: period.endMs + 86_400_000 };
        const inside = list.filter(({ atMs }) => atMs < period.endMs);
        const reached = carriedLevel(carried, list, period);
        expect(reached).toEqual(add(carried, sum(inside.map((change) => change.by))));
        expect(timeWeightedAverage(weightedChanges(reached, [], next, by, 'UTC'))).toEqual(reached);
      }),
    );
  });

  test('by day a change counts from its day on, in the days of the zone', () => {
    const berlin = { startMs: Date.parse('2026-02-28T23:00Z'), endMs: Date.parse('2026-03-31T22:00Z') };
    const at = Date.parse('2026-03-30T22:30Z'); // the 31st in Berlin
    const shares = (by: number) =>
      weightedChanges(zero, [{ atMs: at, by: whole(by) }], berlin, 'day', 'Europe/Berlin').map(({ share }) => share);
    expect(shares(1)).toEqual([ratio(1n, 31n)]);
    expect(shares(-1)).toEqual([ratio(1n, 31n)]);
  });

  const tiers: LevelTier[] = [
    { upTo: whole(5), unitPrice: whole(10), flat: whole(100) },
    { upTo: whole(15), unitPrice: whole(5), flat: whole(50) },
    { upTo: null, unitPrice: whole(2), flat: zero },
  ];
  const charge = (list: [number, string][]) =>
    graduatedLevelCharge(list.map(([by, share]) => ({ by: whole(by), share: readDecimal(share)!, weighted: zero })), tiers); // prettier-ignore

  test('a unit is priced in the tier where it stands, for the share of the period that it is there', () => {
    expect(charge([])).toEqual(whole(100)); // the first flat
    expect(charge([[7, '1']])).toEqual(whole(100 + 50 + 50 + 10));
    expect(charge([[5, '1'], [2, '0.5']])).toEqual(whole(150 + 50 + 5)); // prettier-ignore
    expect(charge([[7, '1'], [-2, '0.5']])).toEqual(whole(150 + 60 - 5)); // prettier-ignore
    expect(charge([[3, '1'], [-4, '0.5']])).toEqual(zero); // prettier-ignore
    // Added and taken away before the period began.
    expect(charge([[9, '0'], [-9, '0'], [1, '1']])).toEqual(whole(110)); // prettier-ignore
  });

  test('when nothing changes inside the period, levels cost what a graduated price of the level does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), (held) => {
        const inTier = (from: number, to: number) => Math.max(0, Math.min(held, to) - from);
        const expected = inTier(0, 5) * 10 + inTier(5, 15) * 5 + inTier(15, 1000) * 2 + 100 + (held > 5 ? 50 : 0);
        expect(charge([[held, '1']])).toEqual(whole(expected));
      }),
    );
  });

  test('volume tiers go by the level, and charge what was held', () => {
    expect(volumeLevelCharge(whole(20), readDecimal('12.5')!, tiers)).toEqual(whole(25));
    expect(() => volumeLevelCharge(whole(20), whole(20), tiers.slice(0, 2))).toThrow(RangeError);
  });
});

describe('lines of a bill', () => {
  const line = (period_: string, quantity: number, unitAmount: number, discount = 0): BillLine => ({
    key: 'units',
    period: period_,
    quantity: whole(quantity),
    unitAmount: whole(unitAmount),
    amount: whole(quantity * unitAmount),
    discount: whole(discount),
    commitment: zero,
  });
  const total = (lines: readonly BillLine[]): Rational => sum(lines.map(lineTotal));

  test('what is booked and what is left is what is owed, whatever was booked', () => {
    const lines = fc.array(
      fc.tuple(fc.constantFrom('p1', 'p2'), fc.nat(20), fc.integer({ min: 1, max: 4 }), fc.nat(5)).map(([p, q, u, d]) => line(p, q, u, d)),
      { maxLength: 5 },
    ); // prettier-ignore
    fc.assert(
      fc.property(lines, lines, (owed, booked) => {
        expect(add(total(booked), total(subtractLines(owed, booked)))).toEqual(total(owed));
        expect(subtractLines(owed, owed)).toEqual([]);
      }),
    );
  });

  test('late usage is booked on its period, and all that is booked adds up to all usage', () => {
    const knowledge = fc.array(fc.tuple(fc.nat(30), fc.nat(30), fc.nat(30)), { minLength: 1, maxLength: 4 });
    const priced = (quantity: number): BillLine[] =>
      quantity === 0 ? [] : quantity <= 20 ? [line('', quantity, 5)] : [line('', quantity, 3)];
    fc.assert(
      fc.property(knowledge, (seen) => {
        const booked: BillLine[] = [];
        for (const [a, b, c] of seen) {
          const cumulative = [a, a + b, a + b + c].map((quantity, index) => ({
            period: `p${index + 1}`,
            lines: priced(quantity),
          }));
          booked.push(...correctLines(cumulative, booked));
          expect(compare(total(booked), total(priced(a + b + c)))).toBe(0);
        }
      }),
    );
  });
});

/**
 * Prices, fast and slow: the engine that rates against the one that replays every event of a cell, over random records of
 * all models and random usage, cut by boundaries and in any order. METERLINE_SEED draws the same again, METERLINE_RUNS as many.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PriceRecord } from '../../messages/price.ts';
import { parseAmount } from '../../money/fixed.ts';
import { chargeOf as chargeOfPieces } from '../../pricing/brackets.ts';
import { compilePrice } from '../../pricing/compile.ts';
import { nothing, type Measures } from '../../pricing/compiled.ts';
import { options, seed } from '../../testing/seed.ts';
import { chargeOf, stepsOf } from '../charge.ts';
import { record } from '../testing/records.ts';
import {
  fastParts,
  measured,
  notedAll,
  referenceParts,
  usage,
  zones,
  type CellPart,
  type Usage,
} from '../testing/usage.ts';
import { leavesOf } from './cells.ts';
import { fraction } from './fraction.ts';
import { isEventCharged } from './noted.ts';
import { prorated } from './prorated.ts';
import { isPartlyFree } from './soundness.ts';

const scale = fc.constantFrom(0, 0, 1, 3, 12);
const zone = fc.constantFrom(...zones);
const usages = fc.array(usage, { maxLength: 8 });

/** Charges of every cell by the fast engine, and how it came there. */
function rated(price: PriceRecord, atScale: number, timeZone: string, used: readonly Usage[]) {
  const fast = compilePrice(price, { scale: atScale });
  const tallies = new Map<string, { measures: Measures; increments: bigint; events: CellPart[] }>();
  for (const part of used.flatMap((each) => fastParts(fast, timeZone, each))) {
    if (part.cell === undefined) continue;
    const cell = fast.cell(part.cell)!;
    const before = tallies.get(part.cell) ?? { measures: nothing, increments: 0n, events: [] };
    const measures = measured(cell, before.measures, part);
    const increment = cell.charge(measures) - cell.charge(before.measures);
    tallies.set(part.cell, { measures, increments: before.increments + increment, events: [...before.events, part] });
  }
  return { fast, tallies };
}

describe(`prices, seed ${seed}`, () => {
  test('SAME: every charge is that of the reference, digit for digit, and TELESCOPE holds in each cell', () => {
    fc.assert(
      fc.property(record, scale, zone, usages, (price, atScale, timeZone, used) => {
        const { fast, tallies } = rated(price, atScale, timeZone, used);
        for (const [key, { measures, increments, events }] of tallies) {
          const slow = chargeOf(price, key, atScale, notedAll(price, key, atScale, events));
          expect(fast.cell(key)!.charge(measures), key).toBe(slow);
          expect(increments, key).toBe(slow);
        }
      }),
      options,
    );
  });

  test('PART: for a part of a period both charge by the same figures, in steps and in pieces', () => {
    const part = fc.tuple(fc.bigInt(0n, 29n), fc.bigInt(30n, 31n)).map(([inForce, of]) => ({ inForce, of }));
    fc.assert(
      fc.property(
        record,
        part,
        fc.constantFrom(0n, 1_500_000_000_000n),
        scale,
        zone,
        usages,
        (price, at, free, atScale, timeZone, used) => {
          const { fast, tallies } = rated(price, atScale, timeZone, used);
          const slow = prorated(price, fraction(at.inForce, at.of));
          for (const [key, { measures, events }] of tallies) {
            if (free > 0n && leavesOf(price.model).some(isEventCharged)) continue;
            const cell = fast.cellWith(key, free, at)!;
            const charge = chargeOf(
              slow,
              key,
              atScale,
              notedAll(price, key, atScale, events),
              fraction(free, 10n ** 12n),
            );
            const sum = cell.explain(measures).reduce((total, step) => total + parseAmount(step.amount)!, 0n);
            const { stretch, pieces } = cell.linear ?? { stretch: 1n, pieces: undefined };
            const inPieces =
              pieces === undefined || cell.countsEvents ? charge : chargeOfPieces(pieces, measures.quantity * stretch);
            expect([cell.charge(measures), sum, inPieces], key).toEqual([charge, charge, charge]);
          }
        },
      ),
      options,
    );
  });

  test('CELLS: both cut usage at the same instants and find the same cells', () => {
    fc.assert(
      fc.property(record, zone, usages, (price, timeZone, used) => {
        const fast = compilePrice(price, { scale: 0 });
        for (const each of used) expect(fastParts(fast, timeZone, each)).toEqual(referenceParts(price, timeZone, each));
      }),
      options,
    );
  });

  test('EXPLAIN: the steps add up to the charge, in both engines', () => {
    fc.assert(
      fc.property(record, scale, zone, usages, (price, atScale, timeZone, used) => {
        const { fast, tallies } = rated(price, atScale, timeZone, used);
        for (const [key, { measures, events }] of tallies) {
          const cell = fast.cell(key)!;
          const sum = cell.explain(measures).reduce((total, step) => total + parseAmount(step.amount)!, 0n);
          expect(sum, key).toBe(cell.charge(measures));
          const steps = stepsOf(price, key, atScale, notedAll(price, key, atScale, events));
          expect(steps.reduce((total, step) => total + step.pico, 0n)).toBe(sum);
        }
      }),
      options,
    );
  });

  test('ORDER: what is order-free charges the same in any order, and is said to be', () => {
    const permuted = usages.chain((used) =>
      fc.tuple(fc.constant(used), fc.shuffledSubarray(used, { minLength: used.length, maxLength: used.length })),
    );
    fc.assert(
      fc.property(record, scale, zone, permuted, (price, atScale, timeZone, [used, shuffled]) => {
        const { fast, tallies } = rated(price, atScale, timeZone, used);
        expect(fast.order).toBe(isLogOrdered(price) ? 'log' : 'free');
        if (fast.order === 'log') return;
        const others = rated(price, atScale, timeZone, shuffled).tallies;
        for (const [key, { increments }] of tallies) expect(others.get(key)!.increments, key).toBe(increments);
      }),
      options,
    );
  });

  test('LINEAR: pieces, where a cell has them, charge what the cell does', () => {
    let seen = 0;
    fc.assert(
      fc.property(record, scale, fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 5 }), (price, atScale, at) => {
        const { whole } = compilePrice(price, { scale: atScale });
        if (whole?.linear === undefined) return;
        seen += 1;
        for (const quantity of at.flatMap((n) => [BigInt(n), BigInt(n % 40)])) {
          const slow = chargeOf(price, '', atScale, notedAll(price, '', atScale, [{ quantity, isStart: true }]));
          expect(linearCharge(whole.linear, quantity)).toBe(slow);
        }
      }),
      options,
    );
    expect(seen).toBeGreaterThan(0);
  });
});

/** SPEC §8.2. */
const isLogOrdered = (price: PriceRecord): boolean => leavesOf(price.model).some(isPartlyFree);

/** What the interface says of pieces, word by word. */
function linearCharge(
  { stretch, pieces }: NonNullable<NonNullable<ReturnType<typeof compilePrice>['whole']>['linear']>,
  quantity: bigint,
): bigint {
  const x = quantity * stretch;
  const piece = pieces.find(({ from, upTo }) => from < x && (upTo === null || x <= upTo));
  if (piece === undefined) return 0n;
  const top = (x - piece.origin) * piece.factor;
  const floor = top / piece.divisor - (top % piece.divisor < 0n ? 1n : 0n);
  const twice = 2n * (top - floor * piece.divisor);
  const isUp = twice > piece.divisor || (twice === piece.divisor && floor % 2n !== 0n);
  return piece.base + floor + (isUp ? 1n : 0n);
}

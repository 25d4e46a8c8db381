import fc from 'fast-check';
import { expect, test } from 'vitest';
import { divideRounded } from '../money/fixed.ts';
import { nothing, type Cell, type Piece } from '../pricing/compiled.ts';
import { advance, growth, seat } from './narrow.ts';

/** A price of random pieces, charged in bigint straight from what `Linear` says. */
function cellOf(
  free: number,
  tiers: readonly (readonly [number, number, number])[],
  divisor: number,
  stretch: number,
): Cell {
  const pieces: Piece[] = [];
  let from = BigInt(free);
  let base = 0n;
  tiers.forEach(([width, factor, flat], index) => {
    const upTo = index === tiers.length - 1 ? null : from + BigInt(width);
    const piece = {
      from,
      upTo,
      origin: from,
      factor: BigInt(factor),
      divisor: BigInt(divisor),
      base: base + BigInt(flat),
    };
    pieces.push(piece);
    if (upTo === null) return;
    base = piece.base + divideRounded((upTo - from) * piece.factor, piece.divisor, 'halfEven');
    from = upTo;
  });
  return {
    key: '',
    countsEvents: false,
    valueAfter: () => 0n,
    explain: () => [],
    used: () => 0n,
    linear: { stretch: BigInt(stretch), pieces },
    charge({ quantity }) {
      const x = quantity * BigInt(stretch);
      const piece = pieces.find(({ from: start, upTo }) => x > start && (upTo === null || x <= upTo));
      return piece === undefined
        ? 0n
        : piece.base + divideRounded((x - piece.origin) * piece.factor, piece.divisor, 'halfEven');
    },
  };
}

const number = fc.oneof(fc.nat(20), fc.nat(1e6), fc.nat(2 ** 31 - 1), fc.integer({ min: 0, max: 2 ** 50 }));

test('the narrow path charges what the whole charge says, or leaves it to the wide one', () => {
  let narrow = 0;
  let wide = 0;
  fc.assert(
    fc.property(
      number,
      fc.array(fc.tuple(number, number, fc.nat(1000)), { minLength: 1, maxLength: 4 }),
      fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 3_600_000_000 })),
      fc.constantFrom(1, 2, 7),
      fc.bigInt({ min: 0n, max: 10n ** 22n }),
      fc.array(number, { maxLength: 60 }),
      (free, tiers, divisor, stretch, start, quantities) => {
        const cell = cellOf(free, tiers, divisor, stretch);
        let quantity = start;
        let cursor = seat(cell, { ...nothing, quantity }, 10n ** 26n);
        for (const added of quantities) {
          const charge =
            cell.charge({ ...nothing, quantity: quantity + BigInt(added) }) - cell.charge({ ...nothing, quantity });
          const said = cursor === undefined ? -1 : growth(cursor, added);
          expect(cursor === undefined ? -1 : advance(cursor, added)).toBe(said);
          quantity += BigInt(added);
          if (said < 0) cursor = seat(cell, { ...nothing, quantity }, 10n ** 26n);
          else expect(BigInt(said)).toBe(charge);
          if (said < 0) wide += 1;
          else narrow += 1;
        }
      },
    ),
    { numRuns: 20_000 },
  );
  expect(narrow).toBeGreaterThan(10_000);
  expect(wide).toBeGreaterThan(1000);
});

test('nothing is added beyond the room that is left', () => {
  const cursor = seat(undefined, nothing, 10n)!;
  expect([advance(cursor, 10), advance(cursor, 1), cursor.quantity]).toEqual([0, -1, 10]);
});

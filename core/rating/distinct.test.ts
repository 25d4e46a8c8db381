/** Counts of distinct values, exact and estimated (SPEC §8.6.4), and the hash behind the estimate. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MeterRecord } from '../messages/control.ts';
import { hashOf, numberOf, withValues, type Values } from '../reference/distinct.ts';
import { options, seed } from '../testing/seed.ts';
import { addValue, countOf, mergeValues, noValues, type Distinct } from './distinct.ts';
import { murmur, valueHash } from './valueHash.ts';

const meterOf = (upTo: number, beyond: 'refuse' | 'approximate' = 'approximate'): MeterRecord => ({
  id: 'm', metric: 'n', unit: '1', scale: 0, aggregation: 'unique', filter: {}, exact: { upTo, beyond },
}); // prettier-ignore

function of(values: Iterable<string>, meter: MeterRecord): Distinct {
  const distinct = noValues();
  for (const value of values) expect(addValue(distinct, meter, value)).toBeDefined();
  return distinct;
}
/** What it keeps, whatever of it a commit has still to carry. */
const kept = ({ values, hashes }: Distinct) => ({ values: [...values].sort(), hashes });

const values = fc.array(fc.nat(40).map(String), { maxLength: 60 });
const upTo = fc.integer({ min: 2, max: 12 });

test('what is kept follows from the set of values: in any order, repeated, merged in any grouping, and as the reference keeps it', () => {
  fc.assert(
    fc.property(upTo, values, values, values, (limit, a, b, c) => {
      const meter = meterOf(limit);
      const merge = (one: Distinct, other: Distinct) => mergeValues(one, other, meter)!;
      const [x, y, z] = [of(a, meter), of(b, meter), of(c, meter)];
      const all = of([...c, ...a.toReversed(), ...b, ...a], meter);
      expect(kept(merge(merge(x, y), z))).toEqual(kept(all));
      expect(kept(merge(x, merge(z, y)))).toEqual(kept(all));
      const none: Values = { values: new Set(), hashes: undefined };
      const { fresh, hashes } = withValues(meter, none, { values: new Set([...a, ...b, ...c]), hashes: undefined });
      expect(countOf(all, meter)).toBe(numberOf(meter, fresh.length, hashes));
      expect(kept(all)).toEqual({ values: [...fresh].sort(), hashes: hashes?.map(Number) });
    }),
    options,
  );
});

test('the count never falls, is exact up to its limit, and what is taken back leaves no trace', () => {
  fc.assert(
    fc.property(upTo, values, fc.string(), (limit, list, other) => {
      const meter = meterOf(limit);
      const distinct = noValues();
      let before = 0n;
      for (const [index, value] of list.entries()) {
        addValue(distinct, meter, value);
        const count = countOf(distinct, meter);
        expect(count >= before).toBe(true);
        const exact = new Set(list.slice(0, index + 1)).size;
        if (exact <= limit) expect(count).toBe(BigInt(exact));
        else expect(count > BigInt(limit)).toBe(true);
        before = count;
        const was = structuredClone(distinct);
        addValue(distinct, meter, other)!();
        expect(distinct).toEqual(was);
      }
    }),
    { seed, numRuns: 300 },
  );
});

test('beyond its limit a count refuses unless it may estimate', () => {
  const refusing = meterOf(2, 'refuse');
  const distinct = of(['a', 'b', 'a'], refusing);
  expect(addValue(distinct, refusing, 'c')).toBe(undefined);
  expect(mergeValues(distinct, of(['c'], refusing), refusing)).toBe(undefined);
  expect(countOf(distinct, refusing)).toBe(2n);
});

test('estimates lie within four standard errors, whether values are alike or not', () => {
  const limit = 1_000;
  const meter = meterOf(limit);
  const kinds = [(n: number) => `user-${n}`, (n: number) => String(n), (n: number) => `${n}@example.org`, (n: number) => `192.0.${n >> 8}.${n & 255}`]; // prettier-ignore
  for (const kind of kinds) {
    const distinct = of(Array.from({ length: 50_000 }, (_, n) => kind(n)), meter); // prettier-ignore
    expect(distinct.hashes).toHaveLength(limit);
    const error = Math.abs(Number(countOf(distinct, meter)) - 50_000) / 50_000;
    expect(error).toBeLessThan(4 / Math.sqrt(limit - 2));
  }
});

test('the hash is MurmurHash3, on published vectors; the reference says the same of any text', () => {
  // Bytes 21 43 65 87 and prefixes of them, two to a code unit.
  expect([murmur('', 0), murmur('', 1), murmur('\u4321\u8765', 0), murmur('\u4321\u8765', 0x5082edee), murmur('\u4321', 0)]).toEqual([0, 0x514e28b7, 0xf55b516b, 0x2362f9de, 0xa0f7b07a]); // prettier-ignore
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(BigInt(valueHash(text))).toBe(hashOf(text));
    }),
    options,
  );
});

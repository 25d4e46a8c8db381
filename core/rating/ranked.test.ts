/** The exact percentile of samples (SPEC §8.6.3). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MeterRecord } from '../messages/control.ts';
import { options } from '../testing/seed.ts';
import { addSample, allOf, mergeSamples, noSamples, percentileOf, type Ranked } from './ranked.ts';

const meterOf = (discardPercent: string, countMax = 10_000): MeterRecord => ({
  id: 'm', metric: 'n', unit: '1', scale: 0, aggregation: 'samplePercentile', filter: {}, samples: { discardPercent, countMax },
}); // prettier-ignore

function of(samples: Iterable<bigint>, meter: MeterRecord): Ranked {
  const ranked = noSamples();
  for (const sample of samples) expect(addSample(ranked, meter, sample)).toBeDefined();
  return ranked;
}

test('of twenty samples the 95th percentile is the second greatest, of nineteen still the greatest', () => {
  const ascending = Array.from({ length: 20 }, (_, index) => BigInt(index + 1));
  expect(percentileOf(of(ascending, meterOf('5')), meterOf('5'))).toBe(19n);
  expect(percentileOf(of(ascending.slice(1), meterOf('5')), meterOf('5'))).toBe(20n);
  expect(percentileOf(noSamples(), meterOf('5'))).toBe(0n);
});

test('it is the nearest rank of all samples, in any order, merged in any grouping; what is taken back leaves no trace', () => {
  const list = fc.array(fc.bigInt({ min: 0n, max: 30n }), { maxLength: 40 });
  const percent = fc.nat(99);
  fc.assert(
    fc.property(percent, list, list, list, (discard, a, b, c) => {
      const meter = meterOf(String(discard));
      const all = [...b, ...c.toReversed(), ...a];
      const [x, y, z] = [of(a, meter), of(b, meter), of(c, meter)];
      const merge = (one: Ranked, other: Ranked) => mergeSamples(one, other, meter)!;
      const wanted = all.toSorted((p, q) => (p < q ? -1 : 1));
      for (const ranked of [of(all, meter), merge(merge(x, y), z), merge(z, merge(y, x))]) {
        addSample(ranked, meter, 7n)!();
        expect([...allOf(ranked)]).toEqual(wanted);
        const rank = Math.ceil((all.length * (100 - discard)) / 100);
        expect(percentileOf(ranked, meter)).toBe(wanted[rank - 1] ?? 0n);
      }
    }),
    options,
  );
});

test('beyond its count, and beyond eight bytes, a sample is refused', () => {
  const meter = meterOf('0', 2);
  const ranked = of([1n, 2n ** 63n - 1n], meter);
  expect(addSample(ranked, meter, 1n)).toBe(undefined);
  expect(mergeSamples(ranked, of([1n], meter), meter)).toBe(undefined);
  expect(addSample(noSamples(), meter, 2n ** 63n)).toBe(undefined);
});

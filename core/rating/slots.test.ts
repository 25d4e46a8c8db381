import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Directions, MeterRecord } from '../messages/control.ts';
import type { TallyEntry } from '../messages/rated.ts';
import { seed } from '../testing/seed.ts';
import { addToSlot, billed, emptySlots, rank, slotAt } from './slots.ts';

const fiveMinutes = 300_000;
const meter = (discardPercent: string, way?: Pick<Directions, 'take' | 'of'>): MeterRecord => ({
  id: 'm', metric: 'net', unit: 'By', scale: 0, aggregation: 'percentile', filter: {},
  slots: { lengthMs: fiveMinutes, discardPercent, ...(way && { directions: { dimension: 'way', in: ['i'], out: ['o'], ...way } }) },
}); // prettier-ignore
const periodOf = (from: string, to: string): TallyEntry => {
  const ms = (text: string) => Temporal.ZonedDateTime.from(`${text}[Europe/Berlin]`).epochMilliseconds;
  return { id: 1, tenant: 't', account: 1, resource: 0, price: 1, meter: 'm', firstMs: 0, carried: '0', periodStartMs: ms(from), periodEndMs: ms(to) }; // prettier-ignore
};
const november = periodOf('2026-11-01', '2026-12-01');

test('the 95th percentile of a month sets 432 slots of 8,640 aside; the hour that a clock skips or repeats counts', () => {
  expect(emptySlots(meter('5'), november)).toMatchObject({ discarded: 432 });
  const lengths = [['2026-03-01', '2026-04-01'], ['2026-10-01', '2026-11-01']].map(([from, to]) => emptySlots(meter('5'), periodOf(from!, to!)).sums.length); // prettier-ignore
  expect(lengths).toEqual([8928 - 12, 8928 + 12]);
});

test('bursts in as many slots as are set aside cost nothing, one more does', () => {
  const slots = emptySlots(meter('5'), november);
  const burst = (slot: number) => addToSlot(slots, slot, 0, 1_000_000n) && billed(slots);
  for (let slot = 0; slot < 432; slot++) expect(burst(slot * 20)).toBe(0n);
  expect(burst(8639)).toBe(1_000_000n);
  const { index, startMs } = slotAt(meter('5'), november.periodStartMs, november.periodEndMs - 1);
  expect([index, november.periodEndMs - startMs]).toEqual([8639, fiveMinutes]);
});

const ways = fc.record({ take: fc.constantFrom('max', 'sum'), of: fc.constantFrom('percentiles', 'slots') });
const usages = fc.array(fc.tuple(fc.nat(287), fc.constantFrom(0, 1), fc.bigInt({ min: 0n, max: 50n })), {
  maxLength: 600,
  size: 'max',
});

test('however usage comes, the percentile is that of the sorted sums, of one direction or two, and what is taken back leaves no trace', () => {
  const day = periodOf('2026-11-01', '2026-11-02');
  const share = fc.constantFrom('0', '5', '33.3', '99.9');
  fc.assert(
    fc.property(share, fc.option(ways, { nil: undefined }), usages, fc.nat(599), (discard, way, usage, undone) => {
      const slots = emptySlots(meter(discard, way), day);
      const both = way?.take === 'sum' ? (a: bigint, b: bigint) => a + b : (a: bigint, b: bigint) => (a > b ? a : b);
      const left = (sums: bigint[]) => sums.toSorted((a, b) => (a < b ? 1 : -1))[slots.discarded]!;
      usage.forEach(([slot, direction, quantity], index) => {
        const undo = addToSlot(slots, slot, way === undefined ? 0 : direction, quantity)!;
        if (index === undone) undo();
        const sums = [...slots.sums];
        const [inward, outward] = [sums.slice(0, 288), sums.slice(288)];
        const wanted =
          way === undefined ? left(sums)
          : way.of === 'slots' ? left(inward.map((sum, at) => both(sum, outward[at]!)))
          : both(left(inward), left(outward)); // prettier-ignore
        expect(billed(slots)).toBe(wanted);
      });
      expect(billed(rank({ ...slots, percentiles: [] }))).toBe(billed(slots));
    }),
    { seed, numRuns: 60 },
  );
});

test('in and out: the greater of two percentiles is not the percentile of the greater, nor of the sum', () => {
  const day = periodOf('2026-11-01', '2026-11-02');
  const bill = (take: 'max' | 'sum', of: 'percentiles' | 'slots') => {
    const slots = emptySlots(meter('5', { take, of }), day);
    // 14 of 288 slots are set aside: ten bursts inward and, at other times, ten outward are forgiven apart, together they are not.
    for (let slot = 0; slot < 288; slot++) {
      addToSlot(slots, slot, 0, slot < 10 ? 900n : 20n);
      addToSlot(slots, slot, 1, slot >= 278 ? 700n : 30n);
    }
    return billed(slots);
  };
  expect([bill('max', 'percentiles'), bill('sum', 'percentiles')]).toEqual([30n, 50n]);
  expect([bill('max', 'slots'), bill('sum', 'slots')]).toEqual([700n, 720n]);
});

test('a slot without room takes nothing', () => {
  const slots = emptySlots(meter('0'), november);
  addToSlot(slots, 0, 0, 2n ** 63n - 1n);
  expect(billed(slots)).toBe(2n ** 63n - 1n);
  expect(addToSlot(slots, 0, 0, 1n)).toBe(undefined);
  expect(slots.sums[0]).toBe(2n ** 63n - 1n);
});

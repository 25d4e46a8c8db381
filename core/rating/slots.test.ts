import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MeterRecord } from '../messages/control.ts';
import type { TallyEntry } from '../messages/rated.ts';
import { addToSlot, emptySlots, slotAt } from './slots.ts';

const fiveMinutes = 300_000;
const meter = (discardPercent: string): MeterRecord => ({
  id: 'm', metric: 'net', unit: 'By', scale: 0, aggregation: 'percentile', filter: {}, slots: { lengthMs: fiveMinutes, discardPercent },
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
  let percentile = 0n;
  const burst = (slot: number) => (percentile = addToSlot(slots, slot, 1_000_000n, percentile)!);
  for (let slot = 0; slot < 432; slot++) expect(burst(slot * 20)).toBe(0n);
  expect(burst(8639)).toBe(1_000_000n);
  const { index, startMs } = slotAt(meter('5'), november.periodStartMs, november.periodEndMs - 1);
  expect([index, november.periodEndMs - startMs]).toEqual([8639, fiveMinutes]);
});

test('however usage comes, the percentile is that of the sorted sums', () => {
  const day = periodOf('2026-11-01', '2026-11-02');
  fc.assert(
    fc.property(
      fc.constantFrom('0', '5', '33.3', '99.9'),
      fc.array(fc.tuple(fc.nat(287), fc.bigInt({ min: 0n, max: 50n })), { maxLength: 600, size: 'max' }),
      (discard, usage) => {
        const slots = emptySlots(meter(discard), day);
        let percentile = 0n;
        for (const [slot, quantity] of usage) {
          percentile = addToSlot(slots, slot, quantity, percentile)!;
          const falling = [...slots.sums].toSorted((a, b) => (a < b ? 1 : -1));
          expect(percentile).toBe(falling[slots.discarded]);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a slot without room takes nothing', () => {
  const slots = emptySlots(meter('0'), november);
  expect(addToSlot(slots, 0, 2n ** 63n - 1n, 0n)).toBe(2n ** 63n - 1n);
  expect(addToSlot(slots, 0, 1n, 2n ** 63n - 1n)).toBe(undefined);
  expect(slots.sums[0]).toBe(2n ** 63n - 1n);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { periodAt, periodKey } from '#core/time/period.ts';
import { formatSpanKey, isSpanKey, neighbour, partsOf, spanKey, spanOf } from './period.ts';

const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Apia', 'UTC'];

test('months and days are the very periods that the ledger uses', () => {
  const instants = fc.integer({ min: Date.UTC(2015, 0, 1), max: Date.UTC(2040, 0, 1) });
  fc.assert(
    fc.property(
      instants,
      fc.constantFrom(...zones),
      fc.constantFrom('month' as const, 'day' as const),
      (atMs, zone, kind) => {
        const period = periodAt(atMs, zone, kind);
        const key = spanKey(atMs, zone, kind);
        expect(key).toBe(periodKey(period, zone, kind));
        expect(spanOf(key, zone)).toEqual(period);
        expect(spanKey(spanOf(neighbour(key, zone, 1), zone)!.startMs, zone, kind)).toBe(neighbour(key, zone, 1));
        expect(neighbour(neighbour(key, zone, 1), zone, -1)).toBe(key);
      },
    ),
  );
});

test('a day has as many hours as its zone gives it', () => {
  expect(partsOf('2026-10-25', 'Europe/Berlin')).toHaveLength(24);
  expect(spanOf('2026-10-25', 'Europe/Berlin')!.endMs - spanOf('2026-10-25', 'Europe/Berlin')!.startMs).toBe(
    25 * 3_600_000,
  );
  expect(partsOf('2026-03-29', 'Europe/Berlin')).toHaveLength(23);
  expect(partsOf('2026-11', 'Europe/Berlin')).toHaveLength(30);
  expect(partsOf('2026-11', 'Europe/Berlin')[29]).toBe('2026-11-30');
});

test('what is no span is refused', () => {
  for (const key of ['2026-13', '2026-00', '2026-02-30', '2026-11-23T24', '2026', '', 'now'])
    expect(isSpanKey(key)).toBe(false);
  expect(formatSpanKey('2026-11-23T14')).toBe('23 November 2026, 14:00–15:00');
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isTimeZone, periodAt, periodKey } from './period.ts';

const hour = 3_600_000;

test.each([
  ['Europe/Berlin', '2026-10-31T23:00:00Z', '2026-11', 30 * 24],
  ['Europe/Berlin', '2026-10-31T22:59:59.999Z', '2026-10', 31 * 24 + 1], // the clock goes back on the 25th
  ['Europe/Berlin', '2026-03-15T00:00:00Z', '2026-03', 31 * 24 - 1],
  ['America/New_York', '2028-02-29T12:00:00Z', '2028-02', 29 * 24],
  ['Asia/Kolkata', '2026-01-31T18:30:00Z', '2026-02', 28 * 24],
])('the month in %s at %s is %s of %i hours', (zone, instant, key, hours) => {
  const period = periodAt(Date.parse(instant), zone);
  expect(periodKey(period, zone)).toBe(key);
  expect((period.endMs - period.startMs) / hour).toBe(hours);
});

test.each([
  ['Europe/Berlin', '2026-03-29T12:00:00Z', 23],
  ['Europe/Berlin', '2026-10-25T12:00:00Z', 25],
  ['Australia/Lord_Howe', '2026-04-05T00:00:00Z', 24.5],
  ['America/Havana', '2026-03-08T12:00:00Z', 23], // its midnight is the hour that is skipped
])('the day in %s at %s has %d hours', (zone, instant, hours) => {
  const day = periodAt(Date.parse(instant), zone, 'day');
  expect((day.endMs - day.startMs) / hour).toBe(hours);
});

test('periods follow one another without gap or overlap, in any zone', () => {
  const zones = fc.constantFrom(
    'Europe/Berlin',
    'America/St_Johns',
    'Australia/Lord_Howe',
    'Pacific/Apia',
    'Asia/Kathmandu',
    'UTC',
  );
  fc.assert(
    fc.property(
      zones,
      fc.integer({ min: 0, max: 4_000_000_000_000 }),
      fc.constantFrom('month' as const, 'day' as const),
      (zone, instant, kind) => {
        const period = periodAt(instant, zone, kind);
        expect(period.startMs <= instant && instant < period.endMs).toBe(true);
        expect(periodAt(period.endMs, zone, kind).startMs).toBe(period.endMs);
        expect(periodAt(period.endMs - 1, zone, kind)).toEqual(period);
      },
    ),
  );
});

test('a zone is a name of the time-zone database', () => {
  expect(['Europe/Berlin', 'Mars/Olympus', ''].map(isTimeZone)).toEqual([true, false, false]);
});

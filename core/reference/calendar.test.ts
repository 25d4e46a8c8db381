/** Both engines cut time alike, each in its own way. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { options, seed } from '../testing/seed.ts';
import { billingPeriodAt, type BillingCalendar } from '../time/calendar.ts';
import { intervalUnits } from '../time/interval.ts';
import { periodAt as fastMonthAt } from '../time/period.ts';
import { calendarText, longestDays, tallyPeriodAt } from '../time/tallyPeriod.ts';
import { periodAt } from './calendar.ts';
import { monthAt } from './month.ts';

const zones = fc.constantFrom(
  'UTC', 'Europe/Berlin', 'America/St_Johns', 'America/Sao_Paulo', 'Australia/Lord_Howe', 'Pacific/Apia', 'Africa/Cairo', 'Asia/Kathmandu',
); // prettier-ignore
const day = fc
  .date({ min: new Date('1999-01-01'), max: new Date('2040-12-31'), noInvalidDate: true })
  .map((at) => at.toISOString().slice(0, 10));
const interval = fc.constantFrom(...intervalUnits);
const weekday = fc.integer({ min: 1, max: 7 });
const month = fc.integer({ min: 1, max: 12 });
const calendars: fc.Arbitrary<BillingCalendar> = fc.oneof(
  fc.record({ kind: fc.constant('calendar' as const), interval, weekStart: weekday }),
  fc.record({
    kind: fc.constant('anniversary' as const),
    anchor: day,
    interval,
    every: fc.integer({ min: 1, max: 5 }),
  }),
  fc.record({
    kind: fc.constant('fiscal' as const),
    pattern: fc.constantFrom('4-4-5' as const, '4-5-4' as const, '5-4-4' as const),
    endMonth: month,
    endWeekday: weekday,
    rule: fc.constantFrom('last' as const, 'nearest' as const),
    longPeriod: month,
  }),
  fc
    .uniqueArray(day, { minLength: 2, maxLength: 9 })
    .map((days) => ({ kind: 'list' as const, dates: days.toSorted() })),
);

/** Anywhere, and where clocks went back over midnight: 1 November 2009 in Newfoundland, at one minute past. */
const instants = fc.oneof(
  fc.integer({ min: 900_000_000_000, max: 2_300_000_000_000 }),
  fc.integer({ min: Date.UTC(2009, 10, 1, 2), max: Date.UTC(2009, 10, 1, 4) }),
);

test(`a period is the same in both engines, holds its instant and ends where the next begins, seed ${seed}`, () => {
  fc.assert(
    fc.property(calendars, zones, instants, (calendar, zone, at) => {
      const slow = periodAt(at, zone, calendar);
      const fast = tallyPeriodAt(at, zone, calendar, undefined);
      expect(fast === undefined ? undefined : { startMs: fast.startMs, endMs: fast.endMs }).toEqual(slow.period);
      if (fast === undefined) return;
      expect(fast.startMs).toBeLessThanOrEqual(at);
      expect(fast.endMs).toBeGreaterThan(at);
      expect(fast.endMs - fast.startMs).toBeLessThanOrEqual(longestDays(calendar) * 86_400_000 + 3_600_000);
      expect(slow.nextMs).toBe(fast.endMs);
      const next = periodAt(fast.endMs, zone, calendar).period;
      if (next !== undefined) expect(next.startMs).toBe(fast.endMs);
    }),
    { ...options, numRuns: options.numRuns * 5 },
  );
});

test('months too, where a clock goes back over midnight', () => {
  fc.assert(
    fc.property(zones, instants, (zone, at) => {
      const { startMs, endMs } = monthAt(at, zone);
      expect(fastMonthAt(at, zone)).toEqual({ startMs, endMs });
      expect(at >= startMs && at < endMs).toBe(true);
    }),
    options,
  );
});

test('an account’s own anniversaries are those of its day, and are none without one', () => {
  const own = { kind: 'anniversary', anchor: 'account', interval: 'month' } as const;
  const at = Date.UTC(2027, 1, 28, 12);
  const fixed = billingPeriodAt(at, 'UTC', { ...own, anchor: '2026-08-31' })!;
  expect(tallyPeriodAt(at, 'UTC', own, '2026-08-31')).toMatchObject({ startMs: fixed.startMs, endMs: fixed.endMs });
  expect(new Date(fixed.startMs).toISOString()).toBe('2027-02-28T00:00:00.000Z');
  expect(new Date(fixed.endMs).toISOString()).toBe('2027-03-31T00:00:00.000Z');
  expect(tallyPeriodAt(at, 'UTC', own, undefined)).toBeUndefined();
  expect(periodAt(at, 'UTC', own)).toEqual({ period: undefined, nextMs: Number.MAX_SAFE_INTEGER });
});

test('what is said and what goes without saying is the same calendar', () => {
  expect(calendarText()).toBe(calendarText({ kind: 'calendar', interval: 'month', weekStart: 3 }));
  const texts = new Set(fc.sample(calendars, { ...options, numRuns: 300 }).map((calendar) => calendarText(calendar)));
  expect(texts.size).toBeGreaterThan(200);
  expect(calendarText({ kind: 'calendar', interval: 'week' })).not.toBe(calendarText({ kind: 'calendar', interval: 'week', weekStart: 2 })); // prettier-ignore
});

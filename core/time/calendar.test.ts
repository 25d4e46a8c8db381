import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { billingPeriodAt, calendarFaults, calendarPeriodOf, periodsFrom, type BillingCalendar } from './calendar.ts';
import { date } from './dates.ts';
import { intervalUnits } from './interval.ts';

const zones = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'America/St_Johns',
  'America/Sao_Paulo',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Asia/Kathmandu',
);
const instants = fc.integer({ min: 0, max: 4_000_000_000_000 });
const intervals = fc.constantFrom(...intervalUnits);
const calendars: fc.Arbitrary<BillingCalendar> = fc.oneof(
  fc.record({ kind: fc.constant('calendar' as const), interval: intervals, weekStart: fc.integer({ min: 1, max: 7 }) }),
  fc.record({
    kind: fc.constant('anniversary' as const),
    anchor: fc
      .date({ min: new Date('1999-01-01'), max: new Date('2040-12-31'), noInvalidDate: true })
      .map((day) => day.toISOString().slice(0, 10)),
    interval: intervals,
    every: fc.integer({ min: 1, max: 5 }),
  }),
  fc.record({
    kind: fc.constant('fiscal' as const),
    pattern: fc.constantFrom('4-4-5' as const, '4-5-4' as const, '5-4-4' as const),
    endMonth: fc.integer({ min: 1, max: 12 }),
    endWeekday: fc.integer({ min: 1, max: 7 }),
    rule: fc.constantFrom('last' as const, 'nearest' as const),
    longPeriod: fc.integer({ min: 1, max: 12 }),
  }),
);

describe('every calendar, in every zone', () => {
  test('a period holds its instant, the next begins where it ends, and every instant inside gives the same', () => {
    fc.assert(
      fc.property(
        calendars,
        zones,
        instants,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (calendar, zone, at, share) => {
          expect(calendarFaults(calendar)).toEqual([]);
          const period = billingPeriodAt(at, zone, calendar)!;
          expect(period.startMs).toBeLessThanOrEqual(at);
          expect(period.endMs).toBeGreaterThan(at);
          const inside = period.startMs + Math.floor(share * (period.endMs - 1 - period.startMs));
          expect(billingPeriodAt(inside, zone, calendar)).toEqual(period);
          expect(billingPeriodAt(period.endMs, zone, calendar)!.startMs).toBe(period.endMs);
          expect(billingPeriodAt(period.startMs - 1, zone, calendar)!.endMs).toBe(period.startMs);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('keys tell periods apart', () => {
    fc.assert(
      fc.property(calendars, instants, (calendar, at) => {
        const keys = periodsFrom(at, 'UTC', calendar, 14).map(({ key }) => key);
        expect(new Set(keys).size).toBe(keys.length);
      }),
      { numRuns: 50 },
    );
  });
});

test.each([
  ['2026-11-23', { kind: 'calendar', interval: 'month' }, '2026-11', '2026-11-01', '2026-12-01'],
  ['2026-11-22', { kind: 'calendar', interval: 'week' }, 'W2026-11-16', '2026-11-16', '2026-11-23'],
  ['2026-11-22', { kind: 'calendar', interval: 'week', weekStart: 7 }, 'W2026-11-22', '2026-11-22', '2026-11-29'],
  ['2026-05-31', { kind: 'calendar', interval: 'quarter' }, '2026-Q2', '2026-04-01', '2026-07-01'],
  ['2026-07-01', { kind: 'calendar', interval: 'halfYear' }, '2026-H2', '2026-07-01', '2027-01-01'],
  ['2024-02-28', { kind: 'anniversary', anchor: '2024-01-31', interval: 'month' }, '2024-01-31', '2024-01-31', '2024-02-29'],
  ['2024-03-30', { kind: 'anniversary', anchor: '2024-01-31', interval: 'month' }, '2024-02-29', '2024-02-29', '2024-03-31'],
  ['2025-02-28', { kind: 'anniversary', anchor: '2024-02-29', interval: 'year' }, '2025-02-28', '2025-02-28', '2026-02-28'],
  ['2028-02-29', { kind: 'anniversary', anchor: '2024-02-29', interval: 'year' }, '2028-02-29', '2028-02-29', '2029-02-28'],
  ['2026-01-09', { kind: 'anniversary', anchor: '2026-01-05', interval: 'day', every: 3 }, '2026-01-08', '2026-01-08', '2026-01-11'],
  // The retail calendar of the United States ends on the Saturday nearest to the end of January; 2023 had 53 weeks.
  ['2024-02-03', { kind: 'fiscal', pattern: '4-5-4', endMonth: 1, endWeekday: 6, rule: 'nearest' }, 'FY2024-P12', '2023-12-31', '2024-02-04'],
  ['2024-02-04', { kind: 'fiscal', pattern: '4-5-4', endMonth: 1, endWeekday: 6, rule: 'nearest' }, 'FY2025-P01', '2024-02-04', '2024-03-03'],
  ['2026-06-15', { kind: 'list', dates: ['2026-01-01', '2026-06-10', '2026-08-01'] }, '2026-06-10', '2026-06-10', '2026-08-01'],
] as [string, BillingCalendar, string, string, string][])('%s in %j is %s', (day, calendar, key, from, to) => {
  const period = calendarPeriodOf(date(day), calendar)!;
  expect([period.key, period.from.toString(), period.to.toString()]).toEqual([key, from, to]);
}); // prettier-ignore

test('a list has no period outside its dates, and faults are all told', () => {
  const calendar: BillingCalendar = { kind: 'list', dates: ['2026-01-01', '2026-02-01'] };
  expect(calendarPeriodOf(date('2025-12-31'), calendar)).toBeUndefined();
  expect(calendarPeriodOf(date('2026-02-01'), calendar)).toBeUndefined();
  expect(calendarFaults({ kind: 'list', dates: ['2026-02-30'] })).toHaveLength(2);
  expect(calendarFaults({ kind: 'list', dates: ['2026-02-01', '2026-01-01'] })).toHaveLength(1);
  expect(calendarFaults({ kind: 'calendar', interval: 'week', weekStart: 8 })).toHaveLength(1);
});

import { dateAt, dayBegunBy, isBefore, requireDate, startOfDayMs } from './dates.ts';
import { fiscalPeriodOf, type FiscalYear } from './fiscal.ts';
import { addIntervals, durationOf, intervalIndex, type IntervalUnit } from './interval.ts';
import type { Period } from './period.ts';

/**
 * What cuts an account's time into billing periods. All of them are cut at the beginnings of days in the account's zone,
 * follow one another without gap or overlap, and depend on nothing but the calendar, the zone and the instant.
 */
export type BillingCalendar =
  /** Months, quarters, half years and years from their first day; weeks from `weekStart` (1 Monday … 7 Sunday; 1 when absent). */
  | { readonly kind: 'calendar'; readonly interval: IntervalUnit; readonly weekStart?: number }
  /** Every `every` intervals from the anchor date (1 when absent), before it too. */
  | { readonly kind: 'anniversary'; readonly anchor: string; readonly interval: IntervalUnit; readonly every?: number }
  | ({ readonly kind: 'fiscal' } & FiscalYear)
  /** From each date to the next; there is no period before the first date, nor from the last on. */
  | { readonly kind: 'list'; readonly dates: readonly string[] };

/** Dates `from` ≤ day < `to`, and how documents, URLs and alert ids name the period. */
export interface CalendarPeriod {
  readonly from: Temporal.PlainDate;
  readonly to: Temporal.PlainDate;
  readonly key: string;
}

/** The period that holds the day; undefined only outside the dates of a list. */
export function calendarPeriodOf(day: Temporal.PlainDate, calendar: BillingCalendar): CalendarPeriod | undefined {
  switch (calendar.kind) {
    case 'calendar':
      return wholePeriodOf(day, calendar.interval, calendar.weekStart ?? 1);
    case 'anniversary': {
      const anchor = requireDate(calendar.anchor);
      const every = calendar.every ?? 1;
      const index = intervalIndex(anchor, calendar.interval, every, day);
      const from = addIntervals(anchor, calendar.interval, index * every);
      return { from, to: addIntervals(anchor, calendar.interval, (index + 1) * every), key: from.toString() };
    }
    case 'fiscal': {
      const { from, to, year, number } = fiscalPeriodOf(day, calendar);
      return { from, to, key: `FY${year}-P${String(number).padStart(2, '0')}` };
    }
    case 'list': {
      const dates = calendar.dates.map(requireDate);
      const next = dates.findIndex((start) => isBefore(day, start));
      if (next <= 0) return undefined;
      const from = dates[next - 1]!;
      return { from, to: dates[next]!, key: from.toString() };
    }
  }
}

/** The period in the zone that holds the instant; days may have 23 or 25 hours. Undefined only outside the dates of a list. */
export function billingPeriodAt(
  instantMs: number,
  timeZone: string,
  calendar: BillingCalendar,
): NamedPeriod | undefined {
  const period = calendarPeriodOf(dayBegunBy(instantMs, timeZone), calendar);
  return period === undefined ? undefined : inZone(period, timeZone);
}

export interface NamedPeriod extends Period {
  readonly key: string;
}

const inZone = ({ from, to, key }: CalendarPeriod, timeZone: string): NamedPeriod => ({
  startMs: startOfDayMs(from, timeZone),
  endMs: startOfDayMs(to, timeZone),
  key,
});

/**
 * The first `count` periods of someone who starts at an instant: the first is cut to begin on the day of the start, the
 * rest are whole. Fewer when a list ends.
 */
export function periodsFrom(
  startMs: number,
  timeZone: string,
  calendar: BillingCalendar,
  count: number,
): CalendarPeriod[] {
  const periods: CalendarPeriod[] = [];
  let day = dateAt(startMs, timeZone);
  while (periods.length < count) {
    const period = calendarPeriodOf(day, calendar);
    if (period === undefined) break;
    periods.push({ ...period, from: day });
    day = period.to;
  }
  return periods;
}

function wholePeriodOf(day: Temporal.PlainDate, interval: IntervalUnit, weekStart: number): CalendarPeriod {
  const { months } = durationOf(interval);
  if (months > 0) {
    const from = day.with({ month: day.month - ((day.month - 1) % months), day: 1 });
    return { from, to: from.add({ months }), key: monthsKey(from, months) };
  }
  if (interval === 'day') return { from: day, to: day.add({ days: 1 }), key: day.toString() };
  const from = day.subtract({ days: (day.dayOfWeek - weekStart + 7) % 7 });
  return { from, to: from.add({ days: 7 }), key: `W${from.toString()}` };
}

function monthsKey(from: Temporal.PlainDate, months: number): string {
  const year = String(from.year).padStart(4, '0');
  if (months === 12) return year;
  if (months === 6) return `${year}-H${(from.month + 5) / 6}`;
  if (months === 3) return `${year}-Q${(from.month + 2) / 3}`;
  return from.toPlainYearMonth().toString();
}

/** What is wrong with a calendar, as sentences; empty when it can be used. */
export function calendarFaults(calendar: BillingCalendar): string[] {
  const faults: string[] = [];
  const within = (name: string, value: number, most: number) => {
    if (!Number.isInteger(value) || value < 1 || value > most)
      faults.push(`${name} is ${value}; it is a whole number from 1 to ${most}`);
  };
  const isDate = (text: string): boolean => {
    try {
      return requireDate(text) !== undefined;
    } catch {
      faults.push(`"${text}" is not a date such as 2026-11-23`);
      return false;
    }
  };
  if (calendar.kind === 'calendar') within('weekStart', calendar.weekStart ?? 1, 7);
  if (calendar.kind === 'anniversary') {
    isDate(calendar.anchor);
    within('every', calendar.every ?? 1, 1200);
  }
  if (calendar.kind === 'fiscal') {
    within('endMonth', calendar.endMonth, 12);
    within('endWeekday', calendar.endWeekday, 7);
    within('longPeriod', calendar.longPeriod ?? 12, 12);
  }
  if (calendar.kind === 'list') {
    if (calendar.dates.length < 2) faults.push('a list of periods needs at least two dates');
    if (calendar.dates.map(isDate).every(Boolean)) {
      calendar.dates.forEach((text, index) => {
        const before = calendar.dates[index - 1];
        if (before !== undefined && before >= text) faults.push(`${text} does not come after ${before}`);
      });
    }
  }
  return faults;
}

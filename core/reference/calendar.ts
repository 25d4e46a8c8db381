/**
 * SPEC §5.1: the periods of a price. Every calendar is a row of days, one for each whole number, at whose beginnings periods
 * begin; the period of an instant is found by walking along the row.
 */
import type { PriceRecord } from '../messages/control.ts';

type BillingCalendar = NonNullable<PriceRecord['period']>;

export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** The n-th day of the row; `undefined` where there is none. */
type Row = (n: number) => Temporal.PlainDate | undefined;

/** The period that holds an instant, or the instants nearest to it at which there begins or ends to be one. */
export interface Found {
  readonly period: Span | undefined;
  readonly nextMs: number;
}

/** `anchor` stands in where the calendar says "account". */
export function periodAt(instantMs: number, timeZone: string, calendar: BillingCalendar, anchor?: string): Found {
  const isOwn = calendar.kind === 'anniversary' && calendar.anchor === 'account';
  if (isOwn && anchor === undefined) return { period: undefined, nextMs: Number.MAX_SAFE_INTEGER };
  const places = known.get(calendar) ?? new Map<string, Span[]>();
  known.set(calendar, places);
  const place = `${timeZone} ${isOwn ? anchor : ''}`;
  const spans = places.get(place) ?? [];
  places.set(place, spans);
  const found = spans.find(({ startMs, endMs }) => startMs <= instantMs && instantMs < endMs);
  if (found !== undefined) return { period: found, nextMs: found.endMs };
  const answer = walk(isOwn ? { ...calendar, anchor: anchor! } : calendar, timeZone, instantMs);
  if (answer.period !== undefined) spans.push(answer.period);
  return answer;
}

const known = new WeakMap<BillingCalendar, Map<string, Span[]>>();

function walk(calendar: BillingCalendar, timeZone: string, instantMs: number): Found {
  const { row, near } = rowOf(calendar, new Temporal.ZonedDateTime(BigInt(instantMs) * 1_000_000n, timeZone));
  const begin = (n: number): number | undefined => row(n)?.toZonedDateTime({ timeZone }).startOfDay().epochMilliseconds;
  let n = near;
  while ((begin(n) ?? -Infinity) > instantMs) n -= 1;
  while ((begin(n + 1) ?? Infinity) <= instantMs) n += 1;
  const [startMs, endMs] = [begin(n), begin(n + 1)];
  const nextMs = Math.min(endMs ?? Number.MAX_SAFE_INTEGER, 9_999_999_999_999);
  // There are no instants before 0 (3.1), and none beyond what stores can write (3.6).
  const period =
    startMs === undefined || endMs === undefined ? undefined : { startMs: Math.max(0, startMs), endMs: nextMs };
  return { period, nextMs };
}

const monthsOf = { month: 1, quarter: 3, halfYear: 6, year: 12 } as const;

/** The row, and a number somewhere near the instant. */
function rowOf(calendar: BillingCalendar, { year, month, day }: Temporal.ZonedDateTime): { row: Row; near: number } {
  const today = new Temporal.PlainDate(year, month, day);
  const months = year * 12 + month - 1;
  switch (calendar.kind) {
    case 'calendar': {
      const { interval, weekStart = 1 } = calendar;
      if (interval === 'day' || interval === 'week') return everyDays(interval === 'day' ? 1 : 7, monday.add({ days: weekStart - 1 }), today); // prettier-ignore
      const length = monthsOf[interval];
      return { row: (n) => dayOfMonth(n * length, 1), near: Math.floor(months / length) };
    }
    case 'anniversary': {
      const { interval, every = 1 } = calendar;
      const anchor = Temporal.PlainDate.from(calendar.anchor);
      if (interval === 'day' || interval === 'week') return everyDays((interval === 'day' ? 1 : 7) * every, anchor, today); // prettier-ignore
      const length = monthsOf[interval] * every;
      const first = anchor.year * 12 + anchor.month - 1;
      return { row: (n) => dayOfMonth(first + n * length, anchor.day), near: Math.floor((months - first) / length) };
    }
    case 'fiscal':
      return { row: (n) => fiscalStart(calendar, Math.floor(n / 12), ((n % 12) + 12) % 12), near: months };
    case 'list':
      return { row: (n) => (calendar.dates[n] === undefined ? undefined : Temporal.PlainDate.from(calendar.dates[n])), near: -1 }; // prettier-ignore
  }
}

const monday = new Temporal.PlainDate(2024, 1, 1);

function everyDays(length: number, from: Temporal.PlainDate, today: Temporal.PlainDate): { row: Row; near: number } {
  return {
    row: (n) => from.add({ days: n * length }),
    near: Math.floor(from.until(today, { largestUnit: 'day' }).days / length),
  };
}

/** The day of a month that is counted from the year 0; the last one where the month is shorter. */
function dayOfMonth(months: number, day: number): Temporal.PlainDate {
  const month = new Temporal.PlainYearMonth(Math.floor(months / 12), (((months % 12) + 12) % 12) + 1);
  return month.toPlainDate({ day: Math.min(day, month.daysInMonth) });
}

type Fiscal = Extract<BillingCalendar, { kind: 'fiscal' }>;

function fiscalStart(calendar: Fiscal, year: number, number: number): Temporal.PlainDate {
  const begins = lastDay(calendar, year - 1).add({ days: 1 });
  const weeks = calendar.pattern.split('-').map(Number);
  const weeksInAll = begins.until(lastDay(calendar, year).add({ days: 1 }), { largestUnit: 'week' }).weeks;
  let before = 0;
  for (let period = 0; period < number; period++) before += weeks[period % 3]!;
  const isPastLong = weeksInAll === 53 && number >= (calendar.longPeriod ?? 12);
  return begins.add({ weeks: before + (isPastLong ? 1 : 0) });
}

/** The day of the year's end: of the week that ends in the month, or of the seven days around the end of the month. */
function lastDay({ endMonth, endWeekday, rule }: Fiscal, year: number): Temporal.PlainDate {
  let day = dayOfMonth(year * 12 + endMonth - 1, 31).add({ days: rule === 'last' ? 0 : 3 });
  while (day.dayOfWeek !== endWeekday) day = day.subtract({ days: 1 });
  return day;
}

/** SPEC §9.1.9: the calendar of a fee, whose periods have at most some ten years. */
import { isNatural, isObject, isListOf } from '../body.ts';
import { has } from './shape.ts';
import { isDay, isOneOf } from '../prices/figures.ts';

const isUpTo = (most: number) => (value: unknown) => isNatural(value) && value >= 1 && value <= most;
const isInterval = (value: unknown) => isOneOf(value, 'day', 'week', 'month', 'quarter', 'halfYear', 'year');
const longestDays = 3660;
const daysOf: Record<string, number> = { day: 1, week: 7, month: 30.5, quarter: 91.5, halfYear: 183, year: 366 };

export function isFeeCalendar(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { kind, ...calendar } = value;
  switch (kind) {
    case 'calendar':
      return has(calendar, { interval: isInterval }, { weekStart: isUpTo(7) });
    case 'anniversary': {
      if (!has(calendar, { anchor: isDay, interval: isInterval }, { every: isUpTo(1200) })) return false;
      return Number(calendar['every'] ?? 1) * daysOf[calendar['interval'] as string]! <= longestDays;
    }
    case 'fiscal': {
      const pattern = (weeks: unknown) => isOneOf(weeks, '4-4-5', '4-5-4', '5-4-4');
      const rule = (end: unknown) => isOneOf(end, 'last', 'nearest');
      return has(calendar, { pattern, rule, endMonth: isUpTo(12), endWeekday: isUpTo(7) }, { longPeriod: isUpTo(12) });
    }
    case 'list':
      return has(calendar, { dates: areDates });
    default:
      return false;
  }
}

function areDates(value: unknown): boolean {
  if (!isListOf(value, isDay) || value.length < 2 || value.length > 1200) return false;
  const texts = value as readonly string[];
  const isInTime = texts.every((day) => day >= '1970-01-01' && day < '2286-01-01');
  const days = texts.map((day) => Temporal.PlainDate.from(day));
  const since = (day: Temporal.PlainDate, i: number) => day.since(days[i]!, { largestUnit: 'day' }).days;
  return isInTime && days.slice(1).every((day, i) => since(day, i) > 0 && since(day, i) <= longestDays);
}

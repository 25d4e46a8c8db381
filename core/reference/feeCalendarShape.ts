/** SPEC §9.1.9: the calendar of a fee, whose periods have at most some ten years. */
import { isNatural, isObject, isListOf, isText } from './body.ts';
import { has } from './feeShape.ts';
import { isOneOf } from './prices/figures.ts';

const isUpTo = (most: number) => (value: unknown) => isNatural(value) && value >= 1 && value <= most;
const isInterval = (value: unknown) => isOneOf(value, 'day', 'week', 'month', 'quarter', 'halfYear', 'year');
const longestDays = 3660;
const daysOf: Record<string, number> = { day: 1, week: 7, month: 30.5, quarter: 91.5, halfYear: 183, year: 366 };

function isDay(value: unknown): boolean {
  if (!isText(value) || !/^\d{4}-\d\d-\d\d$/.test(value)) return false;
  const day = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value);
}

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
  const days = (value as readonly string[]).map((text) => Date.parse(`${text}T00:00:00Z`) / 86_400_000);
  const isInTime = days.every((day) => day >= 0 && day < Date.UTC(2286, 0, 1) / 86_400_000);
  return isInTime && days.slice(1).every((day, i) => day > days[i]! && day - days[i]! <= longestDays);
}

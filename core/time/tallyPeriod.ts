/** Periods of calendars as the rater asks for them: worked out once for many samples (SPEC §5.1). */
import { billingPeriodAt, type BillingCalendar } from './calendar.ts';
import { requireDate, startOfDayMs } from './dates.ts';
import { withinTime, type Period } from './period.ts';

/** By calendar, then by zone and anchor; calendars are those of prices, of which there are few. */
const recent = new WeakMap<BillingCalendar, Map<string, Period[]>>();
const recentPeriodsMax = 8;
/** Zones and anchors remembered for one calendar; beyond, all are forgotten. */
const placesMax = 10_000;

/**
 * The period that holds the instant. `anchor` is the date that an anniversary of `anchor: "account"` counts from.
 * Undefined outside a list, and for such an anniversary without a date.
 */
export function tallyPeriodAt(
  instantMs: number,
  timeZone: string,
  calendar: BillingCalendar,
  anchor: string | undefined,
): Period | undefined {
  const isOwn = goesByAccount(calendar);
  if (isOwn && anchor === undefined) return undefined;
  const places = recent.get(calendar) ?? new Map<string, Period[]>();
  recent.set(calendar, places);
  const key = isOwn ? `${timeZone} ${anchor}` : timeZone;
  let periods = places.get(key);
  if (periods === undefined) {
    if (places.size >= placesMax) places.clear();
    places.set(key, (periods = []));
  }
  const known = periods.find(({ startMs, endMs }) => instantMs >= startMs && instantMs < endMs);
  if (known !== undefined) return known;
  const whole = billingPeriodAt(instantMs, timeZone, anchored(calendar, anchor));
  if (whole === undefined) return undefined;
  const period = withinTime(whole);
  periods.unshift(period);
  if (periods.length > recentPeriodsMax) periods.pop();
  return period;
}

/** Whether each account has anniversaries of its own. */
export const goesByAccount = (calendar: BillingCalendar | undefined): boolean =>
  calendar?.kind === 'anniversary' && calendar.anchor === 'account';

const anchored = (calendar: BillingCalendar, anchor: string | undefined): BillingCalendar =>
  calendar.kind === 'anniversary' && calendar.anchor === 'account' ? { ...calendar, anchor: anchor! } : calendar;

/** The instants between which a calendar has periods; none where it always has. */
export function edgesOf(calendar: BillingCalendar, timeZone: string): readonly number[] {
  if (calendar.kind !== 'list') return [];
  return [calendar.dates[0]!, calendar.dates.at(-1)!].map((day) => startOfDayMs(requireDate(day), timeZone));
}

const daysOfUnit = { day: 1, week: 7, month: 31, quarter: 92, halfYear: 184, year: 366 } as const;

/** Days that no period of the calendar is longer than. A month of four or five weeks may take a 53rd one. */
export function longestDays(calendar: BillingCalendar): number {
  switch (calendar.kind) {
    case 'calendar':
      return daysOfUnit[calendar.interval];
    case 'anniversary':
      return daysOfUnit[calendar.interval] * (calendar.every ?? 1);
    case 'fiscal':
      return 42;
    case 'list': {
      const days = calendar.dates.map((day) => requireDate(day));
      return Math.max(...days.slice(1).map((day, index) => days[index]!.until(day, { largestUnit: 'days' }).days));
    }
  }
}

/** The calendar as a text, the same for all ways to say it: what two versions of a price must have in common. */
export function calendarText(calendar: BillingCalendar = { kind: 'calendar', interval: 'month' }): string {
  switch (calendar.kind) {
    case 'calendar':
      return calendar.interval === 'week' ? `week ${calendar.weekStart ?? 1}` : calendar.interval;
    case 'anniversary':
      return `${calendar.every ?? 1} ${calendar.interval} from ${calendar.anchor}`;
    case 'fiscal': {
      const { pattern, endMonth, endWeekday, rule, longPeriod = 12 } = calendar;
      return `${pattern} ${rule} ${endWeekday} of ${endMonth}, long ${longPeriod}`;
    }
    case 'list':
      return calendar.dates.join(' ');
  }
}

import { dayBegunBy, startOfDayMs } from './dates.ts';

/** Billing periods in an account's time zone. Instants are UTC milliseconds; a period is `[startMs, endMs)`. */
export interface Period {
  readonly startMs: number;
  readonly endMs: number;
}

export type PeriodKind = 'month' | 'day';

/** Calendar arithmetic takes microseconds, and samples fall into the same few periods: the newest ones are kept. */
const recent = new Map<string, Period[]>();
const recentPeriodsMax = 8;
/** There are no instants beyond (SPEC §3.6): no store could write where a period begins or ends. */
const instantMsMax = 9_999_999_999_999;

/** The calendar month or day, in `timeZone` (IANA), that holds the instant. Days may have 23 or 25 hours. */
export function periodAt(instantMs: number, timeZone: string, kind: PeriodKind = 'month'): Period {
  const key = `${kind} ${timeZone}`;
  let periods = recent.get(key);
  if (periods === undefined) recent.set(key, (periods = []));
  const known = periods.find(({ startMs, endMs }) => instantMs >= startMs && instantMs < endMs);
  if (known !== undefined) return known;
  const whole = computePeriod(instantMs, timeZone, kind);
  // Shorter intervals are counted from the beginning of a day, wherever it lies.
  const period = kind === 'day' ? whole : withinTime(whole);
  periods.unshift(period);
  if (periods.length > recentPeriodsMax) periods.pop();
  return period;
}

/** Cut to the instants that there are. */
export const withinTime = ({ startMs, endMs }: Period): Period => ({
  startMs: Math.max(0, startMs),
  endMs: Math.min(endMs, instantMsMax),
});

function computePeriod(instantMs: number, timeZone: string, kind: PeriodKind): Period {
  const date = dayBegunBy(instantMs, timeZone);
  const first = kind === 'month' ? date.with({ day: 1 }) : date;
  const next = kind === 'month' ? first.add({ months: 1 }) : first.add({ days: 1 });
  return { startMs: startOfDayMs(first, timeZone), endMs: startOfDayMs(next, timeZone) };
}

/** "2026-11" or "2026-11-23": how a period is named in alert ids, URLs and documents. */
export function periodKey(period: Period, timeZone: string, kind: PeriodKind = 'month'): string {
  const date = Temporal.Instant.fromEpochMilliseconds(period.startMs).toZonedDateTimeISO(timeZone).toPlainDate();
  return kind === 'month' ? date.toPlainYearMonth().toString() : date.toString();
}

export function isTimeZone(timeZone: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(timeZone);
    return true;
  } catch {
    return false;
  }
}

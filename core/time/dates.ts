/** Plain dates of a zone's calendar: the days that people bill by, and the instants at which they begin. */

export const date = (text: string): Temporal.PlainDate => Temporal.PlainDate.from(text);

/** The first instant of the date in the zone; in a zone that skipped the date, the first instant after it. */
export const startOfDayMs = (day: Temporal.PlainDate, timeZone: string): number =>
  day.toZonedDateTime({ timeZone }).epochMilliseconds;

export const dateAt = (instantMs: number, timeZone: string): Temporal.PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(instantMs).toZonedDateTimeISO(timeZone).toPlainDate();

/**
 * The newest day that has begun by the instant. Where clocks go back over midnight, the hour before it is shown again
 * after the new day has begun, and belongs to that: days follow one another by their beginnings.
 */
export function dayBegunBy(instantMs: number, timeZone: string): Temporal.PlainDate {
  const day = dateAt(instantMs, timeZone);
  const next = day.add({ days: 1 });
  return startOfDayMs(next, timeZone) <= instantMs ? next : day;
}

export const daysBetween = (from: Temporal.PlainDate, to: Temporal.PlainDate): number =>
  from.until(to, { largestUnit: 'days' }).days;

export const isBefore = (a: Temporal.PlainDate, b: Temporal.PlainDate): boolean => Temporal.PlainDate.compare(a, b) < 0;

export const laterDate = (a: Temporal.PlainDate, b: Temporal.PlainDate): Temporal.PlainDate => (isBefore(a, b) ? b : a);
export const earlierDate = (a: Temporal.PlainDate, b: Temporal.PlainDate): Temporal.PlainDate =>
  isBefore(a, b) ? a : b;

export function isDate(value: unknown): boolean {
  try {
    return typeof value === 'string' && requireDate(value) !== undefined;
  } catch {
    return false;
  }
}

/** Throws RangeError when the text is not a date of the form 2026-11-23. */
export function requireDate(text: string): Temporal.PlainDate {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) throw new RangeError(`"${text}" is not a date such as 2026-11-23`);
  return Temporal.PlainDate.from(text, { overflow: 'reject' });
}

/** Shapes that the fields of many families share. Every shape is strict: a field that is not declared here is not understood. */
import { z } from 'zod';
import type { Rational } from '#core/money/fixed.ts';
import { readDecimal, ratio } from '#core/money/rational.ts';
import { dateAt, requireDate } from '#core/time/dates.ts';
import { isTimeZone } from '#core/time/period.ts';
import type { Json } from './vector.ts';

export const decimal = z.string().transform((text, context): Rational => {
  const value = readDecimal(text);
  if (value !== undefined) return value;
  context.addIssue({ code: 'custom', message: `"${text}" is not a decimal number` });
  return z.NEVER;
});

/** Null and absent are the same: not stated. */
export const maybe = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value) => (value === null ? undefined : value) as z.output<Schema> | undefined);

export const integer = decimal.transform((value, context): number => {
  if (value.denominator === 1n) return Number(value.numerator);
  context.addIssue({ code: 'custom', message: 'is not a whole number' });
  return z.NEVER;
});

/** A number that stands in a field; undefined when there is none. */
export const numberIn = (value: Json | undefined): Rational | undefined =>
  typeof value === 'string' ? readDecimal(value) : undefined;

/** Explanations in the source's words: they say what the family means, and change nothing. */
export const words = { rule: z.string().optional(), note: z.string().optional() };

export const timeZone = z.string().refine(isTimeZone, 'is not a time zone');

/** A zone by any of the names that it is given; UTC when absent. */
export const zoneFields = { timezone: maybe(timeZone), timeZone: maybe(timeZone), zone: maybe(timeZone) };
export const zoneOf = (fields: {
  readonly timezone?: string | undefined;
  readonly timeZone?: string | undefined;
  readonly zone?: string | undefined;
}): string => fields.timezone ?? fields.timeZone ?? fields.zone ?? 'UTC';

/** A date, or an instant with its offset. */
export const moment = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/, 'is not a date or an instant');

/** The instant; a date or a time without an offset is one of the zone. */
export function instantMs(text: string, zone: string): number {
  if (!text.includes('T')) return requireDate(text).toZonedDateTime({ timeZone: zone }).epochMilliseconds;
  if (/(Z|[+-]\d{2}:\d{2})$/.test(text.slice(10))) return Temporal.Instant.from(text).epochMilliseconds;
  return Temporal.PlainDateTime.from(text).toZonedDateTime(zone).epochMilliseconds;
}

export const dateOf = (text: string, zone: string): Temporal.PlainDate =>
  text.includes('T') ? dateAt(instantMs(text, zone), zone) : requireDate(text);

/** A range of dates that both count, as instants of the zone: from the first day's beginning to the end of the last. */
export const inclusiveDays = ({ from, to }: { readonly from: string; readonly to: string }, zone: string) => ({
  startMs: instantMs(from, zone),
  endMs: to.includes('T')
    ? instantMs(to, zone)
    : requireDate(to).add({ days: 1 }).toZonedDateTime({ timeZone: zone }).epochMilliseconds,
});

export const hundred = ratio(100n);

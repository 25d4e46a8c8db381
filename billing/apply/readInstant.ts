import type { Faults } from './faults.ts';
import type { Fields } from './fields.ts';
import { matching } from './shapes.ts';

const expected = 'a date such as 2026-12-01, or an instant such as 2026-12-01T08:00:00Z';

/** A date is its first moment in the time zone; an instant is itself. UTC ms, or undefined with the fault told. */
export function readInstant(fields: Fields, key: string, timeZone: string, faults: Faults): number | undefined {
  const text = fields.text(key, matching(/^\d{4}-\d{2}-\d{2}/, expected));
  if (text === undefined) return undefined;
  const ms = instantOf(text, timeZone);
  if (ms === undefined) faults.add('VALUE_INVALID', fields.atOf(key), text, expected);
  return ms;
}

/** UTC ms from 1970 on; undefined for what is neither a date nor an instant. */
export function instantOf(text: string, timeZone: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  try {
    const ms = text.includes('T')
      ? Temporal.Instant.from(text).epochMilliseconds
      : Temporal.PlainDate.from(text, { overflow: 'reject' }).toZonedDateTime({ timeZone }).epochMilliseconds;
    return ms >= 0 ? ms : undefined;
  } catch {
    // Not a date of the calendar, or an instant without its offset.
    return undefined;
  }
}

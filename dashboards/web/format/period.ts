/**
 * Spans as the pages' addresses name them, in the tenant's zone: "2026-11" a month, "2026-11-23" a day,
 * "2026-11-23T14" an hour. Computed with `Intl`, because not every browser has `Temporal` yet.
 */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

const spanPattern = /^(\d{4})-(\d{2})(?:-(\d{2})(?:T(\d{2}))?)?$/;
export const isSpanKey = (key: string): boolean => spanPattern.test(key) && spanOf(key, 'UTC') !== undefined;

/** `[startMs, endMs)` of a key, or undefined when it names none. */
export function spanOf(key: string, timeZone: string): Span | undefined {
  const match = spanPattern.exec(key);
  if (match === null) return undefined;
  const [year, month, day, hour] = match.slice(1).map((part) => (part === undefined ? undefined : Number(part)));
  if (year === undefined || month === undefined || month < 1 || month > 12) return undefined;
  if (day === undefined) return { startMs: at(timeZone, year, month, 1), endMs: at(timeZone, year, month + 1, 1) };
  if (day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return undefined;
  if (hour === undefined) {
    return { startMs: at(timeZone, year, month, day), endMs: at(timeZone, year, month, day + 1) };
  }
  if (hour > 23) return undefined;
  const startMs = at(timeZone, year, month, day, hour);
  return { startMs, endMs: startMs + 3_600_000 };
}

/** The wall clock's time in `timeZone` as an instant; two rounds settle it across a change of offset. */
function at(timeZone: string, year: number, month: number, day: number, hour = 0): number {
  const wall = Date.UTC(year, month - 1, day, hour);
  const first = wall - offsetMs(wall, timeZone);
  return wall - offsetMs(first, timeZone);
}

function offsetMs(instantMs: number, timeZone: string): number {
  const [year, month, day, hour, minute, second] = wallClock(instantMs, timeZone);
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instantMs / 1000) * 1000;
}

const parts = new Map<string, Intl.DateTimeFormat>();

function wallClock(instantMs: number, timeZone: string): [number, number, number, number, number, number] {
  let format = parts.get(timeZone);
  if (format === undefined) {
    const two = '2-digit';
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone, hourCycle: 'h23', year: 'numeric', month: two, day: two, hour: two, minute: two, second: two,
    }); // prettier-ignore
    parts.set(timeZone, format);
  }
  const of: Record<string, number> = {};
  for (const part of format.formatToParts(instantMs)) of[part.type] = Number(part.value);
  return [of['year']!, of['month']!, of['day']!, of['hour']!, of['minute']!, of['second']!];
}

/** "2026-11-23T14:05", or with seconds, as the zone's clocks show it; undefined for anything else. */
export function wallClockMs(text: string, timeZone: string): number | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second = '0'] = match;
  const seconds = Number(minute) * 60 + Number(second);
  return at(timeZone, Number(year), Number(month), Number(day), Number(hour)) + seconds * 1000;
}

const pad = (value: number): string => String(value).padStart(2, '0');

/** Key of the month, day or hour that holds an instant. */
export function spanKey(instantMs: number, timeZone: string, kind: SpanKind): string {
  const [year, month, day, hour] = wallClock(instantMs, timeZone);
  const date = `${year}-${pad(month)}`;
  return kind === 'month' ? date : kind === 'day' ? `${date}-${pad(day)}` : `${date}-${pad(day)}T${pad(hour)}`;
}

/** "November 2026", "23 November 2026", "23 November 2026, 14:00–15:00". */
export function formatSpanKey(key: string): string {
  const match = spanPattern.exec(key);
  if (match === null) return key;
  const [, year, month, day, hour] = match;
  const name = new Intl.DateTimeFormat('en-GB', { month: 'long', timeZone: 'UTC' }).format(
    Date.UTC(Number(year), Number(month) - 1, 1),
  );
  const date = day === undefined ? `${name} ${year}` : `${Number(day)} ${name} ${year}`;
  return hour === undefined ? date : `${date}, ${hour}:00–${pad(Number(hour) + 1)}:00`;
}

/** Keys of the days of a month or the hours of a day, for an axis without holes. */
export function partsOf(key: string, timeZone: string): string[] {
  const span = spanOf(key, timeZone);
  if (span === undefined) return [];
  const kind = key.length === 7 ? 'day' : 'hour';
  const keys: string[] = [];
  for (let at = span.startMs; at < span.endMs; at += 3_600_000) {
    const part = spanKey(at, timeZone, kind);
    if (keys.at(-1) !== part) keys.push(part);
  }
  return keys;
}

type SpanKind = 'month' | 'day' | 'hour';

export const spanKind = (key: string): SpanKind => (key.length === 7 ? 'month' : key.length === 10 ? 'day' : 'hour');

/** The span of the same kind before (-1) or after (1). */
export function neighbour(key: string, timeZone: string, step: -1 | 1): string {
  const span = spanOf(key, timeZone);
  return span === undefined ? key : spanKey(step < 0 ? span.startMs - 1 : span.endMs, timeZone, spanKind(key));
}

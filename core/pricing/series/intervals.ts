/** The intervals of a reference series: which one holds an instant. */
import type { SeriesInterval, SeriesRecord } from '../../messages/series.ts';
import { periodAt, withinTime, type Period } from '../../time/period.ts';

const minuteMs = 60_000;
const lengthMs: Readonly<Record<Exclude<SeriesInterval, 'day' | 'month'>, number>> = {
  '5min': 5 * minuteMs,
  '15min': 15 * minuteMs,
  '30min': 30 * minuteMs,
  hour: 60 * minuteMs,
};

/**
 * Days and months of the zone; what is shorter is counted in elapsed time from the beginning of the day, so that a day has 23
 * or 25 hours where the clock jumps. The last one of a day ends with it, where the jump is no whole number of them.
 */
export function intervalAt({ interval, timeZone }: Pick<SeriesRecord, 'interval' | 'timeZone'>, atMs: number): Period {
  if (interval === 'day' || interval === 'month') return withinTime(periodAt(atMs, timeZone, interval));
  const day = periodAt(atMs, timeZone, 'day');
  const length = lengthMs[interval];
  const startMs = day.startMs + Math.floor((atMs - day.startMs) / length) * length;
  return withinTime({ startMs, endMs: Math.min(startMs + length, day.endMs) });
}

/** An interval as the key of a cell: the instant of its beginning, "2026-03-29T01:00:00Z". */
export const keyOf = (startMs: number): string => Temporal.Instant.fromEpochMilliseconds(startMs).toString();

/** The other way; undefined for what is no such key. */
export function startOf(key: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/.test(key)) return undefined;
  try {
    const { epochMilliseconds } = Temporal.Instant.from(key);
    return keyOf(epochMilliseconds) === key ? epochMilliseconds : undefined;
  } catch {
    return undefined;
  }
}

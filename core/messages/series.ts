/**
 * Reference series: what something costs on a market, interval by interval. Points come as they are known, each revision is
 * published once, and the newest one counts; the control log keeps them all.
 */

/** Lengths of the intervals; all but months are cut from the beginning of each day of the series' zone. */
export const seriesIntervals = ['5min', '15min', '30min', 'hour', 'day', 'month'] as const;
export type SeriesInterval = (typeof seriesIntervals)[number];

/** Only its name may change once it is published. */
export interface SeriesRecord {
  readonly id: string;
  readonly name: string;
  /** ISO 4217; a price by the series is in the same. */
  readonly currency: string;
  /** Name of the unit that a point prices one of, e.g. "MWh"; a price by the series is per the same. */
  readonly unit: string;
  readonly interval: SeriesInterval;
  /** IANA. A day there may have 23 or 25 hours. */
  readonly timeZone: string;
  /** How far before an interval the last known point may begin, in ms, to stand in for a missing one; absent: any time. */
  readonly maxAgeMs?: number;
}

export interface SeriesPoint {
  /** Beginning of its interval. */
  readonly fromMs: number;
  /** Currency units per unit, decimal text with at most 12 decimals; may be negative. */
  readonly value: string;
  /** From 1; the highest counts, in whatever order they come. */
  readonly revision: number;
  /** Who says so, for people. */
  readonly source: string;
}

export interface SeriesPoints {
  readonly series: string;
  /** At most `seriesLimits.pointsPerChangeMax`. */
  readonly points: readonly SeriesPoint[];
}

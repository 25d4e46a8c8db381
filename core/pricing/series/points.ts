/** A reference series with its points: which one is in force, and how new ones come to them (SPEC §8.8). */
import type { SeriesPoint, SeriesRecord } from '../../messages/series.ts';
import { seriesLimits } from '../limits.ts';
import { intervalAt, keyOf } from './intervals.ts';

export interface PriceSeries {
  readonly record: SeriesRecord;
  /** Ascending, the newest revision of each; never changed, but replaced. */
  readonly points: readonly SeriesPoint[];
}

/** What prices an interval: its own point, or the last one known before, which is provisional. */
export interface InForce {
  readonly point: SeriesPoint;
  readonly isProvisional: boolean;
}

/** Undefined where no point was known before, or only one that is too old. */
export function pointAt({ record, points }: PriceSeries, startMs: number): InForce | undefined {
  const point = points[positionOf(points, startMs + 1) - 1];
  if (point === undefined) return undefined;
  if (point.fromMs === startMs) return { point, isProvisional: false };
  return startMs - point.fromMs > (record.maxAgeMs ?? Infinity) ? undefined : { point, isProvisional: true };
}

/** How many points begin before the instant. */
function positionOf(points: readonly SeriesPoint[], beforeMs: number): number {
  let low = 0;
  for (let high = points.length; low < high;) {
    const middle = (low + high) >> 1;
    if (points[middle]!.fromMs < beforeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The series with these points as well, in whatever order they come: of one interval the highest revision counts. The same
 * again changes nothing. Throws RangeError for a point that cannot be, and for more intervals than a series keeps.
 */
export function withPoints(series: PriceSeries, added: readonly SeriesPoint[]): PriceSeries {
  const newest = new Map<number, SeriesPoint>();
  for (const point of added) {
    const known = newest.get(point.fromMs) ?? exactly(series.points, point.fromMs);
    const fault = pointFault(series.record, known, point);
    if (fault !== undefined) throw new RangeError(fault);
    if (known === undefined || known.revision < point.revision) newest.set(point.fromMs, point);
  }
  if (newest.size === 0) return series;
  const points = [...series.points.filter(({ fromMs }) => !newest.has(fromMs)), ...newest.values()];
  if (points.length > seriesLimits.pointsMax)
    throw new RangeError(`${series.record.id} has its ${seriesLimits.pointsMax} points; go on in another series`);
  return { ...series, points: points.sort((a, b) => a.fromMs - b.fromMs) };
}

/** Why a point cannot be: it begins no interval, or its revision is known with another value. `known` is the newest of its interval. */
export function pointFault(
  record: SeriesRecord,
  known: SeriesPoint | undefined,
  { fromMs, revision, value, source }: SeriesPoint,
): string | undefined {
  const { startMs } = intervalAt(record, fromMs);
  if (startMs !== fromMs)
    return `${keyOf(fromMs)} is inside an interval of ${record.id}, which begins at ${keyOf(startMs)}`;
  if (known?.revision !== revision || (known.value === value && known.source === source)) return undefined;
  return `revision ${revision} of ${keyOf(fromMs)} is ${known.value} (${known.source}); a correction is revision ${revision + 1}`;
}

function exactly(points: readonly SeriesPoint[], startMs: number): SeriesPoint | undefined {
  const point = points[positionOf(points, startMs)];
  return point?.fromMs === startMs ? point : undefined;
}

/** Reference series of the file: added or renamed; their points: added, revised or known. */
import type { SeriesPoint, SeriesRecord } from '#core/messages/series.ts';
import { nextPoint } from '../catalogue/series.ts';
import type { Faults } from './faults.ts';
import { compare, keeps, type Item } from './item.ts';
import type { Organisation } from './organisation.ts';
import type { Present } from './present.ts';

export type PublishedPoint = SeriesPoint & { readonly series: string };

export function planSeries(wanted: Organisation, present: Present, faults: Faults): Item<SeriesRecord>[] {
  const published = new Map(present.series.map((series) => [series.id, series]));
  return wanted.series.map(({ at, points: _, ...series }) => {
    const after = { ...series, currency: wanted.tenant.currency };
    const before = published.get(after.id);
    const fixed = ['unit', 'interval', 'timeZone', 'maxAgeMs'] as const;
    if (before !== undefined) keeps(before, after, fixed, { code: 'SERIES_FIXED', at, faults });
    return compare(after.id, before, after);
  });
}

/** Points of a series come one after the other, as the file says them; one may revise another of the file. */
export function planPoints(wanted: Organisation, present: Present, faults: Faults): Item<PublishedPoint>[] {
  return wanted.series.flatMap(({ at: _, points, ...series }) => {
    const record = { ...series, currency: wanted.tenant.currency };
    const newest = new Map((present.points.get(series.id) ?? []).map((point) => [point.fromMs, plain(point)]));
    return points.flatMap(({ at, ...point }): Item<PublishedPoint>[] => {
      const before = newest.get(point.fromMs);
      const next = nextPoint(record, before, point);
      if (typeof next === 'string') {
        faults.add('POINT_INVALID', at, point.value, next);
        return [];
      }
      const after = next ?? before!;
      newest.set(after.fromMs, after);
      const id = `${series.id} ${new Date(after.fromMs).toISOString()}`;
      const known = before && { series: series.id, ...before };
      return [compare<PublishedPoint>(id, known, { series: series.id, ...after })];
    });
  });
}

const plain = ({ fromMs, value, revision, source }: SeriesPoint): SeriesPoint => ({ fromMs, value, revision, source });

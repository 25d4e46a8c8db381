import type { PriceRecord } from '#core/messages/price.ts';
import type { SeriesPoint } from '#core/messages/series.ts';
import type { CommitHeader } from '#core/messages/rated.ts';
import { withPoints, type PriceSeries } from '#core/pricing/series/points.ts';
import type { Log } from '#platform/log.ts';
import { dashboardsError } from '../../errors.ts';
import { changesUntil } from './controlLog.ts';

export interface SeriesQuestion {
  readonly log: Log;
  readonly tenant: string;
  readonly commit: CommitHeader;
}

/** What the rater has rejected is in the log of what billing said, and changes nothing. */
function taken(series: PriceSeries, points: readonly SeriesPoint[]): PriceSeries {
  try {
    return withPoints(series, points);
  } catch {
    return series;
  }
}

/** The reference series that a price follows, with the points that were known at the end of a commit; none for other prices. */
export async function seriesAt(
  { log, tenant, commit }: SeriesQuestion,
  { model }: PriceRecord,
): Promise<(id: string) => PriceSeries | undefined> {
  if (model.kind !== 'spot') return () => undefined;
  let series: PriceSeries | undefined;
  const { partition, inputs } = commit;
  for await (const change of changesUntil(log, { partition, tenant, controlSeq: inputs.control.seq })) {
    if (change.kind === 'series' && change.id === model.series) {
      const { kind: _, ...record } = change;
      series = { record, points: series?.points ?? [] };
    } else if (change.kind === 'seriesPoints' && change.series === model.series && series !== undefined)
      series = taken(series, change.points);
  }
  if (series === undefined)
    throw dashboardsError('PROOF_UNAVAILABLE', `Series ${model.series} is further back in the log than is looked.`);
  return (id) => (id === model.series ? series : undefined);
}

/** Reference series and their points: read by everyone, published by files and by the API (core/SPEC.md §8.8). */
import { formatDecimal, parseDecimal } from '#core/money/fixed.ts';
import type { ControlChange } from '#core/messages/control.ts';
import type { SeriesPoint, SeriesRecord } from '#core/messages/series.ts';
import { priceLimits, seriesLimits } from '#core/pricing/limits.ts';
import { pointFault } from '#core/pricing/series/points.ts';
import type { Insertable, Selectable } from 'kysely';
import type { Author, Done, Office } from '../change.ts';
import { billingError } from '../errors.ts';
import { changeOnce } from '../idempotency.ts';
import type { JsonValue, Reader, SeriesPointTable, SeriesTable, Tx } from '../schema.ts';

export type ApprovedPoint = SeriesPoint & { readonly publishedBy: string; readonly publishedAtMs: number };

/** A point as it is asked for: without a revision, another value than the known one is the next. */
export interface WantedPoint extends Omit<SeriesPoint, 'revision'> {
  readonly revision?: number | undefined;
}

/** Intervals that begin from one instant until before another. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Every series of the tenant, by id. */
export async function seriesOf(db: Reader, tenant: string): Promise<SeriesRecord[]> {
  const rows = await db.selectFrom('series').selectAll().where('tenant', '=', tenant).orderBy('id').execute();
  return rows.map(toSeries);
}

const toSeries = (row: Selectable<SeriesTable>): SeriesRecord => ({
  id: row.id,
  name: row.name,
  currency: row.currency,
  unit: row.unit,
  interval: row.interval,
  timeZone: row.time_zone,
  ...(row.max_age_ms === null ? {} : { maxAgeMs: row.max_age_ms }),
});

export const seriesRow = (
  tenant: string,
  { timeZone, maxAgeMs, ...series }: SeriesRecord,
): Insertable<SeriesTable> => ({
  tenant,
  ...series,
  time_zone: timeZone,
  max_age_ms: maxAgeMs ?? null,
});

export async function oneSeries(db: Reader, tenant: string, id: string): Promise<SeriesRecord | undefined> {
  const row = await db.selectFrom('series').selectAll().where('tenant', '=', tenant).where('id', '=', id).executeTakeFirst(); // prettier-ignore
  return row && toSeries(row);
}

/** The newest revision of each interval in the span, oldest first; with `all` every revision, newest first. */
export async function pointsOf(
  db: Reader,
  tenant: string,
  series: string,
  { fromMs, toMs }: Span,
  { all = false, most = seriesLimits.pointsMax }: { readonly all?: boolean; readonly most?: number } = {},
): Promise<ApprovedPoint[]> {
  const rows = await db
    .selectFrom('series_point')
    .selectAll()
    .$if(!all, (query) => query.distinctOn('from_ms'))
    .where('tenant', '=', tenant)
    .where('series', '=', series)
    .where('from_ms', '>=', fromMs)
    .where('from_ms', '<', toMs)
    .orderBy('from_ms')
    .orderBy('revision', 'desc')
    .limit(most)
    .execute();
  return rows.map(toPoint);
}

/** The newest revision of the last interval that begins at the instant or before. */
export async function lastPoint(db: Reader, tenant: string, series: string, atMs: number): Promise<SeriesPoint[]> {
  const row = await db
    .selectFrom('series_point')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('series', '=', series)
    .where('from_ms', '<=', atMs)
    .orderBy('from_ms', 'desc')
    .orderBy('revision', 'desc')
    .executeTakeFirst();
  if (row === undefined) return [];
  const { publishedBy: _, publishedAtMs: __, ...point } = toPoint(row);
  return [point];
}

const toPoint = (row: Selectable<SeriesPointTable>): ApprovedPoint => ({
  fromMs: row.from_ms,
  value: row.value,
  revision: row.revision,
  source: row.source,
  publishedBy: row.published_by,
  publishedAtMs: row.published_at_ms,
});

const scale = priceLimits.decimalsMax;
const most = parseDecimal(priceLimits.unitPriceMax, scale)!;
export const pointValueExpected = `a decimal of either sign, with at most ${scale} decimals, up to ${priceLimits.unitPriceMax}`;

/** The canonical text of a point's value, or undefined. */
export function pointValue(text: string): string | undefined {
  const value = text.length > 60 ? undefined : parseDecimal(text, scale);
  return value === undefined || value > most || value < -most ? undefined : formatDecimal(value, scale);
}

/** The point as it would be published after the newest of its interval; a text says why it cannot be, undefined that there is nothing to do. */
export function nextPoint(
  record: SeriesRecord,
  known: SeriesPoint | undefined,
  { revision: asked, ...wanted }: WantedPoint,
): SeriesPoint | string | undefined {
  const isSame = known?.value === wanted.value && known.source === wanted.source;
  const revision = asked ?? (known === undefined ? 1 : known.revision + (isSame ? 0 : 1));
  const point = { ...wanted, revision };
  const fault = pointFault(record, known, point);
  if (fault !== undefined) return fault;
  return known !== undefined && known.revision >= revision ? undefined : point;
}

const rowsAtOnce = 1000;

/** Writes points and gives the changes that tell the rater. */
export async function savePoints(
  tx: Tx,
  author: Pick<Author, 'tenant' | 'actor'>,
  nowMs: number,
  series: string,
  points: readonly SeriesPoint[],
): Promise<void> {
  for (let from = 0; from < points.length; from += rowsAtOnce) {
    const rows = points.slice(from, from + rowsAtOnce).map(({ fromMs, ...point }): Insertable<SeriesPointTable> => ({
      tenant: author.tenant,
      series,
      from_ms: fromMs,
      ...point,
      published_by: author.actor,
      published_at_ms: nowMs,
    }));
    await tx.insertInto('series_point').values(rows).execute();
  }
}

/** As many changes as the points need. */
export const pointChanges = (series: string, points: readonly SeriesPoint[]): ControlChange[] =>
  Array.from({ length: Math.ceil(points.length / seriesLimits.pointsPerChangeMax) }, (_, i) => ({
    kind: 'seriesPoints',
    series,
    points: points.slice(i * seriesLimits.pointsPerChangeMax, (i + 1) * seriesLimits.pointsPerChangeMax),
  }));

export interface PublishedPoints {
  readonly series: string;
  /** Intervals that had no point; those whose point is revised; what was so already. */
  readonly added: number;
  readonly revised: number;
  readonly unchanged: number;
}

/** Publishes points, all of them or, when one cannot be, none. The same again changes nothing. */
export function publishPoints(
  office: Office,
  author: Author,
  id: string,
  asked: {
    readonly points: readonly WantedPoint[];
    readonly reason: string;
    readonly idempotencyKey?: string | undefined;
  },
): Promise<Done<PublishedPoints>> {
  const { points, reason } = asked;
  const content = ['series.points', id, reason, points as unknown as JsonValue] as const;
  return changeOnce(office, author, { key: asked.idempotencyKey, content }, async (tx) => {
    const record = await oneSeries(tx, author.tenant, id);
    if (record === undefined) throw billingError('SERIES_UNKNOWN', id, { series: id });
    const begins = points.map(({ fromMs }) => fromMs);
    const span = { fromMs: Math.min(...begins), toMs: Math.max(...begins) + 1 };
    const newest = new Map((await pointsOf(tx, author.tenant, id, span)).map((point) => [point.fromMs, point]));
    const before = new Set(newest.keys());
    const faults: { readonly index: number; readonly fault: string }[] = [];
    const fresh: SeriesPoint[] = [];
    points.forEach((wanted, index) => {
      const value = pointValue(wanted.value);
      const next = value === undefined ? `the value "${wanted.value}" is not ${pointValueExpected}` : nextPoint(record, newest.get(wanted.fromMs), { ...wanted, value }); // prettier-ignore
      if (typeof next === 'string') faults.push({ index, fault: next });
      else if (next !== undefined) {
        fresh.push(next);
        newest.set(next.fromMs, { ...next, publishedBy: author.actor, publishedAtMs: 0 });
      }
    });
    if (faults.length > 0) throw billingError('POINTS_INVALID', faults[0]!.fault, { faults });
    const revised = fresh.filter(({ fromMs }) => before.has(fromMs)).length;
    const result = { series: id, added: fresh.length - revised, revised, unchanged: points.length - fresh.length };
    if (fresh.length === 0) return { result };
    await savePoints(tx, author, office.now(), id, fresh);
    const recorded = {
      action: 'series.points',
      subject: `series/${id}`,
      before: {},
      after: { points: fresh as unknown as JsonValue },
      why: reason,
      changes: pointChanges(id, fresh),
    };
    return { result, recorded };
  });
}

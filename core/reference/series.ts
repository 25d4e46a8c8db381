/** SPEC §8.8: reference series: their intervals, which point is in force, and what it makes of a spot price. */
import type { PriceRecord, SpotModel } from '../messages/price.ts';
import type { SeriesPoint, SeriesRecord } from '../messages/series.ts';
import { monthAt } from './month.ts';
import { decimal, Exact } from './number.ts';
import type { Tenant } from './state.ts';

export interface Interval {
  readonly startMs: number;
  readonly endMs: number;
}

const minutes = { '5min': 5, '15min': 15, '30min': 30, hour: 60 } as const;

/** The interval that holds an instant; what is shorter than a day is laid out from its beginning, one after the other. */
export function intervalOf(series: SeriesRecord, atMs: number): Interval {
  const { startMs, endMs } = wholeInterval(series, atMs);
  return { startMs: Math.max(0, startMs), endMs: Math.min(endMs, 9_999_999_999_999) };
}

/** Not cut to the instants that there are (3.6). */
function wholeInterval({ interval, timeZone }: SeriesRecord, atMs: number): Interval {
  if (interval === 'month') return monthAt(atMs, timeZone);
  const day = new Temporal.ZonedDateTime(BigInt(atMs) * 1_000_000n, timeZone).startOfDay();
  const [first, next] = [day.epochMilliseconds, day.add({ days: 1 }).startOfDay().epochMilliseconds];
  if (interval === 'day') return { startMs: first, endMs: next };
  for (let startMs = first; ;) {
    const endMs = Math.min(startMs + minutes[interval] * 60_000, next);
    if (atMs < endMs) return { startMs, endMs };
    startMs = endMs;
  }
}

export const cellOf = (startMs: number): string => new Temporal.Instant(BigInt(startMs) * 1_000_000n).toString();

/** The points with others that come; `undefined` when one of them cannot be (8.8.2). */
export function revised(
  series: SeriesRecord,
  known: ReadonlyMap<number, SeriesPoint>,
  added: readonly SeriesPoint[],
): Map<number, SeriesPoint> | undefined {
  const points = new Map(known);
  for (const point of added) {
    if (intervalOf(series, point.fromMs).startMs !== point.fromMs) return undefined;
    const before = points.get(point.fromMs);
    const isSame = before?.value === point.value && before.source === point.source;
    if (before?.revision === point.revision && !isSame) return undefined;
    if (before === undefined || before.revision < point.revision) points.set(point.fromMs, point);
  }
  return points.size > 1_000_000 ? undefined : points;
}

/** The price as it stands in an interval: at a figure per unit, which may be negative. Any other price is what it is. */
export function priceIn(tenant: Tenant, price: PriceRecord, cell: string): PriceRecord {
  if (price.model.kind !== 'spot') return price;
  return { ...price, model: { kind: 'perUnit', unitPrice: unitPriceIn(tenant, price.model, cell) } };
}

function unitPriceIn(tenant: Tenant, model: SpotModel, cell: string): string {
  const { record, points } = tenant.series.get(model.series)!;
  const known = asked.get(points) ?? new Map<string, string | undefined>();
  asked.set(points, known);
  if (!known.has(cell)) known.set(cell, valueIn(record, points, Temporal.Instant.from(cell).epochMilliseconds));
  const value = known.get(cell);
  if (value === undefined) return '0';
  const listed = decimal(value)
    .times(model.multiplier ?? '1')
    .plus(model.adder ?? '0');
  const raised = model.minimum === undefined ? listed : Exact.max(listed, model.minimum);
  return (model.maximum === undefined ? raised : Exact.min(raised, model.maximum)).toFixed();
}

/** Answers given before, by points and interval; points are never changed. */
const asked = new WeakMap<ReadonlyMap<number, SeriesPoint>, Map<string, string | undefined>>();

/** Of the points that begin with the interval or before, the last; one before is too old at some age. */
function valueIn(
  { maxAgeMs }: SeriesRecord,
  points: ReadonlyMap<number, SeriesPoint>,
  startMs: number,
): string | undefined {
  const own = points.get(startMs);
  if (own !== undefined) return own.value;
  let fromMs = -1;
  for (const begin of points.keys()) if (begin < startMs && begin > fromMs) fromMs = begin;
  const isTooOld = maxAgeMs !== undefined && startMs - fromMs > maxAgeMs;
  return isTooOld ? undefined : points.get(fromMs)?.value;
}

/** SPEC §3: a fault refuses its sample alone; a good sample becomes its rows, all of them or none. */
import { batchLimits, type BatchBody } from '../metering/batch.ts';
import type { MeterRecord } from '../messages/control.ts';
import { metricPattern, resourcePattern } from '../messages/names.ts';
import type { RefusalReason } from '../messages/rated.ts';
import { metersOf } from './attribution.ts';
import { addToBalances } from './balances.ts';
import { partsOf } from './cutting.ts';
import { Exact } from './number.ts';
import { holdLevels, levelFault } from './levels.ts';
import { rowsOf, type Sample } from './rows.ts';
import { seriesText } from './seriesText.ts';
import type { Row, Source, State, Tenant } from './state.ts';
import { takeBack, TooLarge, type Journal } from './tallies.ts';

/** The last instant that every store can write (3.6). */
const instantMsMax = 9_999_999_999_999;

/** Judges sample `index` of a batch that was taken, in the order of 3.7, and applies it. */
export function takeSample(
  state: State,
  tenant: Tenant,
  body: BatchBody,
  index: number,
  source: Source,
): Row[] | RefusalReason {
  const sample = readSample(body, index);
  if (sample === undefined) return 'out_of_range';
  if (sample.startMs < 0 || sample.endMs > instantMsMax) return 'out_of_range';
  if (sample.startMs > state.logTimeMs + batchLimits.aheadMsMax) return 'in_the_future';
  const meters = metersOf(tenant, sample.metric.name, sample.dims);
  if (!meters.every((meter) => fits(meter, sample.metric))) return 'unit_mismatch';
  const counter = counterOf(tenant, source.producer, sample);
  if (counter !== undefined && sample.startMs < (state.ends.get(counter) ?? 0)) return 'overlap';
  const parts = partsOf(tenant, sample, meters);
  if (parts === undefined) return 'unowned';
  const fault = levelFault(state, tenant, sample, meters);
  if (fault !== undefined) return fault;
  const journal: Journal = [];
  try {
    const rows = rowsOf(state, tenant, sample, parts, meters, index, source, journal);
    rows.push(...holdLevels(state, tenant, sample, meters, parts[0]!.account, { source, index }, journal));
    for (const row of rows) {
      if (row.price !== 0) addToBalances(state, tenant, row.account, row.startMs, row.currency, row.amount);
    }
    if (counter !== undefined) state.ends.set(counter, sample.endMs);
    return rows;
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error;
    takeBack(journal);
    return 'out_of_range';
  }
}

/** 3.1: what the columns and dictionaries say of one sample, or `undefined` when a bound is broken. */
function readSample(body: BatchBody, index: number): Sample | undefined {
  const series = entry(body.series, body.s[index]);
  const tick = entry(body.ticks, body.k[index]);
  if (series === undefined || tick === undefined) return undefined;
  const resource = body.resources[series[0]]!;
  const metric = body.metrics[series[1]]!;
  const dims = series[2] === -1 ? {} : body.dims[series[2]]!;
  if (!resourcePattern.test(resource) || !metricPattern.test(metric.name)) return undefined;
  if (JSON.stringify(Object.entries(dims)).length > batchLimits.dimsTextMax) return undefined;
  const quantity = readQuantity(body.q[index]);
  const [offsetMs, durationMs] = tick;
  if (quantity === undefined || durationMs < 0 || durationMs > batchLimits.durationMsMax) return undefined;
  const startMs = body.baseMs + offsetMs;
  return { resource, metric, dims, startMs, endMs: startMs + durationMs, quantity };
}

function entry<T>(list: readonly T[], index: unknown): T | undefined {
  return Number.isInteger(index) ? list[index as number] : undefined;
}

/** A whole number from 0 to `quantityMax`: a JSON number as far as those are exact, else text. */
function readQuantity(value: unknown): Exact | undefined {
  const isNumber = Number.isSafeInteger(value) && (value as number) >= 0;
  const isText = typeof value === 'string' && /^\d{1,25}$/.test(value);
  if (!isNumber && !isText) return undefined;
  const quantity = new Exact(value as number | string);
  return quantity.lte(batchLimits.quantityMax.toString()) ? quantity : undefined;
}

/** 3.3: only what an agent counts can overlap; `undefined` for everything else. */
function counterOf(tenant: Tenant, producer: string, { resource, metric, dims }: Sample): string | undefined {
  if (tenant.producers.get(producer)!.type !== 'agent' || metric.kind !== 'delta') return undefined;
  return counterKey(tenant.record.id, producer, resource, seriesText('delta', metric.name, dims));
}

/** `series` is the metric and its dimensions as a commit writes them. */
export function counterKey(tenant: string, producer: string, resource: string, series: string): string {
  return `${tenant} ${producer} ${resource} ${series}`;
}

/** 3.4: a meter must count in the metric's own unit, scale and manner; what counts samples or values takes any. */
export function fits(
  { unit, scale, aggregation }: MeterRecord,
  metric: Pick<BatchBody['metrics'][number], 'unit' | 'scale' | 'kind'>,
): boolean {
  if (aggregation === 'count' || aggregation === 'unique') return true;
  if (unit !== metric.unit || scale !== metric.scale) return false;
  return aggregation === 'sum' || aggregation === 'percentile'
    ? metric.kind === 'delta'
    : (aggregation !== 'timeWeighted' && aggregation !== 'recurring') || metric.kind === 'level';
}

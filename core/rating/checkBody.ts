/** Shape and limits of a batch's dictionaries and columns (SPEC §2.11, §2.12). Samples are judged one by one later. */
import { instantMsMax } from './batch.ts';
import { batchLimits, type BatchBody, type Coalescing } from '../metering/batch.ts';

export interface BodyFault {
  readonly reason: 'malformed' | 'oversized';
  readonly detail: string;
}

const noteKinds: ReadonlySet<unknown> = new Set(['reset', 'gap', 'lost', 'clock', 'coalesced']);
const isText = (value: unknown): value is string => typeof value === 'string';
const isInteger = (value: unknown): value is number => Number.isSafeInteger(value);

export function checkBody(body: BatchBody): BodyFault | undefined {
  return shapeFault(body) ?? sizeFault(body);
}

function shapeFault(body: BatchBody): BodyFault | undefined {
  const malformed = (detail: string): BodyFault => ({ reason: 'malformed', detail });
  for (const name of ['resources', 'metrics', 'dims', 'ticks', 'series', 's', 'k', 'q', 'raw'] as const) {
    if (!Array.isArray(body[name])) return malformed(`${name} is not a list`);
  }
  if (!isText(body.trace)) return malformed('trace is not text');
  if (!isInteger(body.baseMs) || body.baseMs < 0) return malformed('baseMs is not an integer from 0');
  if (!body.resources.every(isText)) return malformed('a resource is not text');
  if (!body.metrics.every(isMetric)) return malformed('a metric is not {name, unit, scale, kind}');
  if (!body.dims.every(isDims)) return malformed('a set of dimensions is not an object of texts');
  if (!body.ticks.every((tick) => Array.isArray(tick) && tick.length === 3 && tick.every(isInteger)))
    return malformed('a tick is not three integers');
  const isIndex = (value: unknown, length: number, least = 0): boolean =>
    isInteger(value) && value >= least && value < length;
  const seriesFit = body.series.every(
    (entry) =>
      Array.isArray(entry) && entry.length === 3 &&
      isIndex(entry[0], body.resources.length) && isIndex(entry[1], body.metrics.length) && isIndex(entry[2], body.dims.length, -1),
  ); // prettier-ignore
  if (!seriesFit) return malformed('a series does not index its dictionaries');
  if (body.s.length !== body.q.length || body.k.length !== body.q.length || body.raw.length !== body.q.length) {
    return malformed('the columns s, k, q, raw differ in length');
  }
  if (
    body.notes !== undefined &&
    !(Array.isArray(body.notes) && body.notes.every((note) => noteKinds.has(note?.kind) && isText(note.detail)))
  ) {
    return malformed('a note is not {kind, series, detail}');
  }
  if (body.notes?.some((note) => note.kind === 'coalesced' && !isCoalescing(note.coalesced)) === true)
    return malformed('a note of coalesced samples is not {fromMs, toMs, readings, sliceMs}');
  if (body.spool !== undefined && !(isInteger(body.spool?.batches) && isInteger(body.spool.bytes)))
    return malformed('spool is not {batches, bytes}');
  const { completeUntilMs: until } = body;
  if (until !== undefined && !(isInteger(until) && until >= 0 && until <= instantMsMax))
    return malformed(`completeUntilMs is not an integer from 0 to ${instantMsMax}`);
  return undefined;
}

function isMetric(metric: BatchBody['metrics'][number] | null): boolean {
  if (typeof metric !== 'object' || metric === null) return false;
  return (
    isText(metric.name) &&
    isText(metric.unit) &&
    metric.unit.length <= batchLimits.unitTextMax &&
    isInteger(metric.scale) &&
    metric.scale >= 0 &&
    metric.scale <= 12 &&
    (metric.kind === 'delta' || metric.kind === 'level')
  );
}

function isCoalescing(fact: Coalescing | null | undefined): boolean {
  if (typeof fact !== 'object' || fact === null) return false;
  const figures = [fact.fromMs, fact.toMs, fact.readings, fact.sliceMs];
  return figures.every((value) => isInteger(value) && value >= 0) && fact.fromMs <= fact.toMs;
}

function isDims(dims: unknown): boolean {
  return typeof dims === 'object' && dims !== null && !Array.isArray(dims) && Object.values(dims).every(isText);
}

function sizeFault(body: BatchBody): BodyFault | undefined {
  const sizes = [
    ['samples', body.q.length, batchLimits.samplesMax],
    ['series', body.series.length, batchLimits.seriesMax],
    ['ticks', body.ticks.length, batchLimits.ticksMax],
    ['resources', body.resources.length, batchLimits.resourcesMax],
    ['metrics', body.metrics.length, batchLimits.metricsMax],
    ['dims', body.dims.length, batchLimits.dimsMax],
    ['notes', body.notes?.length ?? 0, batchLimits.notesMax],
  ] as const;
  for (const [name, size, most] of sizes) {
    if (size > most) return { reason: 'oversized', detail: `${size} ${name}, at most ${most}` };
  }
  return undefined;
}

/** Samples → columns and dictionaries of batches, split so that none exceeds a limit of the format. */
import { batchLimits, type BatchBody, type BatchMetric, type BatchNote } from '#core/metering/batch.ts';
import type { MeterNote, Sample } from '../counters/measure.ts';
import type { Series } from '../sources/source.ts';

/** The part of a batch that samples decide; who sends it and its place in the sequence come with the seal. */
export type BatchContent = Pick<
  BatchBody,
  | 'resources'
  | 'metrics'
  | 'dims'
  | 'ticks'
  | 'baseMs'
  | 'series'
  | 's'
  | 'k'
  | 'q'
  | 'raw'
  | 'notes'
  | 'completeUntilMs'
>;

/** Room kept for signature, identity, chain and spool figures within `batchLimits.bytesMax`. */
const headBytesMax = 2048;
/** Longest note kept; notes are for people, the figures are in the samples. */
const noteCharactersMax = 300;

/** Batches of samples and notes, in order; none when there is nothing to say. */
export function encodeBatches(samples: readonly Sample[], notes: readonly MeterNote[]): BatchContent[] {
  if (samples.length === 0 && notes.length === 0) return [];
  return split(samples, boundedNotes(notes));
}

/** A batch that only says that the producer lives. */
export const emptyContent = (baseMs: number): BatchContent => ({
  resources: [],
  metrics: [],
  dims: [],
  ticks: [],
  baseMs,
  series: [],
  s: [],
  k: [],
  q: [],
  raw: [],
});

function split(samples: readonly Sample[], notes: readonly MeterNote[]): BatchContent[] {
  if (samples.length <= batchLimits.samplesMax) {
    const content = encode(samples, notes);
    const fits =
      content.metrics.length <= batchLimits.metricsMax &&
      (samples.length < 200 || Buffer.byteLength(JSON.stringify(content)) <= batchLimits.bytesMax - headBytesMax);
    if (fits || samples.length <= 1) return [content];
  }
  const half = samples.length >> 1;
  return [...split(samples.slice(0, half), notes), ...split(samples.slice(half), [])];
}

function encode(samples: readonly Sample[], notes: readonly MeterNote[]): BatchContent {
  const resources = new Dictionary<string>((name) => name);
  const metrics = new Dictionary<BatchMetric>((metric) => metric.name);
  const dims = new Dictionary<Readonly<Record<string, string>>>((set) => JSON.stringify(set));
  const ticks = new Dictionary<readonly [number, number, number]>((tick) => tick.join());
  const series = new Dictionary<readonly [number, number, number]>((entry) => entry.join());
  const baseMs = samples.reduce((least, sample) => Math.min(least, sample.startMs), samples[0]?.startMs ?? 0);
  const seriesIndex = ({ resource, metric, dims: set }: Series) =>
    series.indexOf([resources.indexOf(resource), metrics.indexOf(metric), set === undefined ? -1 : dims.indexOf(set)]);

  const s: number[] = [];
  const k: number[] = [];
  const q: (number | string)[] = [];
  const raw: (number | string | null)[] = [];
  for (const sample of samples) {
    s.push(seriesIndex(sample.series));
    k.push(ticks.indexOf([sample.startMs - baseMs, sample.durationMs, sample.monotonicUs]));
    q.push(integer(sample.quantity));
    raw.push(sample.raw === null ? null : integer(sample.raw));
  }
  const batchNotes: BatchNote[] = notes.map((note) => ({
    kind: note.kind,
    series: note.series === undefined ? -1 : seriesIndex(note.series),
    detail: note.detail.slice(0, noteCharactersMax),
    ...(note.coalesced === undefined ? {} : { coalesced: note.coalesced }),
  }));
  return {
    resources: resources.values,
    metrics: metrics.values,
    dims: dims.values,
    ticks: ticks.values,
    baseMs,
    series: series.values,
    s,
    k,
    q,
    raw,
    ...(batchNotes.length === 0 ? {} : { notes: batchNotes }),
  };
}

/** Too many notes become as many as fit and one that counts the rest. */
function boundedNotes(notes: readonly MeterNote[]): readonly MeterNote[] {
  if (notes.length <= batchLimits.notesMax) return notes;
  const kept = notes.slice(0, batchLimits.notesMax - 1);
  return [...kept, { kind: 'gap', detail: `${notes.length - kept.length} more notes of this reading left out` }];
}

/** A JSON number while it is exact, decimal text beyond. */
const integer = (value: bigint): number | string =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value);

class Dictionary<T> {
  readonly values: T[] = [];
  readonly #keyOf: (value: T) => string;
  readonly #index = new Map<string, number>();
  constructor(keyOf: (value: T) => string) {
    this.#keyOf = keyOf;
  }
  indexOf(value: T): number {
    const key = this.#keyOf(value);
    let index = this.#index.get(key);
    if (index === undefined) {
      index = this.values.push(value) - 1;
      this.#index.set(key, index);
    }
    return index;
  }
}

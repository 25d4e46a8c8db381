/**
 * What the spool has no room for: the samples since then, in longer slices, and the counters that they came from. Both lie
 * beside the spool in one file, so that a crash costs no usage; it holds as long as the spool stands where it stood.
 */
import { crc32 } from 'node:zlib';
import { join } from 'node:path';
import { batchLimits, type BatchMetric, type BatchNote, type Coalescing } from '#core/metering/batch.ts';
import type { Disk } from '#platform/disk.ts';
import { Coalesced, type Slice } from '../counters/coalesce.ts';
import type { Measurement, MeterNote, Sample } from '../counters/measure.ts';
import { applyChange, changeFromText, stateToText, type SourceState, type StateChange, type StateText } from '../counters/state.ts'; // prettier-ignore
import { limits } from '../limits.ts';
import { zeroAtBirth, type Series } from '../sources/source.ts';
import type { Spool } from './spool.ts';

interface HeldText {
  readonly v: 1;
  /** Place in the sequence of the first batch that is to carry it. */
  readonly epoch: string;
  readonly nextSeq: number;
  readonly fact: Coalescing;
  readonly notes: readonly Pick<BatchNote, 'kind' | 'detail'>[];
  readonly states: readonly StateText[];
  readonly series: readonly (readonly [key: string, resource: string, BatchMetric, Series['dims'] | null])[];
  /** [series, start, end, monotonic µs, sum, raw] */
  readonly slices: readonly (readonly [number, number, number, number, string, string | null])[];
}

export interface HeldContents {
  readonly samples: readonly Sample[];
  readonly notes: readonly MeterNote[];
  readonly changes: readonly StateChange[];
}

export class Held {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #spool: Spool;
  #coalesced = new Coalesced();
  #states = new Map<string, SourceState>();
  #notes: MeterNote[] = [];
  #fact: Coalescing | undefined;
  #bytes = 0;
  #triedAtMs = -Infinity;

  /** Takes up what an earlier run left, if the spool still stands there. */
  constructor(disk: Disk, dir: string, spool: Spool) {
    this.#disk = disk;
    this.#path = join(dir, 'held');
    this.#spool = spool;
    spool.onForget = () => this.#drop();
    if (disk.list(dir).includes('held')) this.#restore();
  }

  get isEmpty(): boolean {
    return this.#fact === undefined;
  }

  /** Slices that wait for room. */
  get size(): number {
    return this.#coalesced.size;
  }

  /** Where a source's counters stand. */
  stateOf(source: string): SourceState | undefined {
    return this.#states.get(source) ?? this.#spool.states.get(source);
  }

  /** Adds what was measured; false when it is more than can be held: then the counters stay where they are. */
  take(measured: readonly Measurement[], wallMs: number): boolean {
    const samples = measured.flatMap((each) => each.samples);
    if (!this.#coalesced.add(samples)) return false;
    const { fromMs = wallMs, readings = 0 } = this.#fact ?? {};
    const first = samples.reduce((least, { startMs }) => Math.min(least, startMs), fromMs);
    const last = samples.reduce((most, { startMs, durationMs }) => Math.max(most, startMs + durationMs), first);
    this.#fact = {
      fromMs: first,
      toMs: Math.max(last, this.#fact?.toMs ?? 0),
      readings: readings + 1,
      sliceMs: this.#coalesced.intervalMs,
    };
    for (const { change, notes } of measured) {
      const { source } = change;
      this.#states.set(source, applyChange(this.#states.get(source) ?? copyOf(this.#spool.states.get(source)), change));
      this.#notes.push(...notes.slice(0, batchLimits.notesMax - this.#notes.length));
    }
    return true;
  }

  /** All of it, for one record of the spool; the fact of it comes first. */
  contents(): HeldContents {
    const fact = this.#fact!;
    const detail = `${fact.readings} readings from ${fact.fromMs} to ${fact.toMs} are in slices of ${fact.sliceMs} ms, for the spool had no room; totals are whole`;
    return {
      samples: this.#coalesced.samples(),
      notes: [{ kind: 'coalesced', detail, coalesced: fact }, ...this.#notes],
      changes: [...this.#states].map(([source, { boot, wallMs, monotonicUs, series }]) => ({ source, boot, wallMs, monotonicUs, set: series })), // prettier-ignore
    };
  }

  /** Whether the spool may have room by now; a disk that failed is not asked at every turn. */
  mayMove(nowMs: number): boolean {
    return nowMs - this.#triedAtMs >= limits.heldWriteMs && this.#spool.hasRoom(this.#bytes);
  }

  /** It is in the spool. */
  moved(): void {
    this.#clear();
    this.#triedAtMs = -Infinity;
    this.#remove();
  }

  /** Writes it beside the spool, now and then; throws what the disk says. */
  save(nowMs: number, isLast = false): void {
    if (this.#fact === undefined || (!isLast && nowMs - this.#triedAtMs < limits.heldWriteMs)) return;
    this.#triedAtMs = nowMs;
    const bytes = Buffer.from(JSON.stringify(this.#text(this.#fact)));
    this.#bytes = bytes.length;
    this.#disk.replace(this.#path, Buffer.concat([Buffer.from(`${crc32(bytes)}\n`), bytes]));
  }

  #text(fact: Coalescing): HeldText {
    const { epoch, nextSeq } = this.#spool.head;
    const slices = this.#coalesced.slices();
    const series = [...new Set(slices.map((slice) => slice.series))];
    const index = new Map(series.map((each, at) => [each, at]));
    return {
      v: 1,
      epoch: epoch.nonce,
      nextSeq,
      fact,
      notes: this.#notes.map(({ kind, detail }) => ({ kind, detail })),
      states: [...this.#states].map(([source, state]) => stateToText(source, state)),
      series: series.map(({ key, resource, metric, dims }) => [key, resource, metric, dims ?? null]),
      slices: slices.map((slice) => [
        index.get(slice.series)!,
        slice.startMs,
        slice.endMs,
        slice.monotonicUs,
        String(slice.sum),
        slice.raw === null ? null : String(slice.raw),
      ]),
    };
  }

  #restore(): void {
    const { head } = this.#spool;
    const held = this.#read();
    if (held === undefined)
      this.#spool.noteLoss('what waited beside the spool is damaged; counters go on from the spool');
    // It has moved into the spool, or belongs to one that is gone.
    if (held?.epoch !== head.epoch.nonce || held.nextSeq !== head.nextSeq) return this.#remove();
    const series = held.series.map(([key, resource, metric, dims]): Series => ({ key, resource, metric, dims: dims ?? undefined, counter: zeroAtBirth })); // prettier-ignore
    const slices = held.slices.map(([index, startMs, endMs, monotonicUs, sum, raw]): Slice => ({ series: series[index]!, startMs, endMs, monotonicUs, sum: BigInt(sum), raw: raw === null ? null : BigInt(raw) })); // prettier-ignore
    this.#coalesced = new Coalesced(slices, held.fact.sliceMs);
    this.#fact = held.fact;
    this.#notes = [...held.notes];
    for (const state of held.states) this.#states.set(state.source, applyChange(undefined, changeFromText(state)));
    this.#bytes = this.#disk.size(this.#path);
  }

  #read(): HeldText | undefined {
    try {
      const text = Buffer.from(this.#disk.read(this.#path)).toString();
      const newline = text.indexOf('\n');
      const json = text.slice(newline + 1);
      return crc32(json) === Number(text.slice(0, newline)) ? (JSON.parse(json) as HeldText) : undefined;
    } catch {
      return undefined;
    }
  }

  /** The spool turned out to be an old copy: what was counted on from it would count twice. */
  #drop(): void {
    if (this.#fact === undefined) return;
    this.#spool.noteLoss(`what waited beside it from ${this.#fact.fromMs} to ${this.#fact.toMs} went with it`);
    this.#clear();
    this.#remove();
  }

  #clear(): void {
    this.#coalesced = new Coalesced();
    this.#states = new Map();
    this.#notes = [];
    this.#fact = undefined;
    this.#bytes = 0;
  }

  /** A file that stays belongs to a place that the spool has left, and is passed over. */
  #remove(): void {
    try {
      this.#disk.remove(this.#path);
    } catch {
      // It was never written, or goes when it is next replaced.
    }
  }
}

const copyOf = (state: SourceState | undefined): SourceState | undefined =>
  state === undefined ? undefined : { ...state, series: new Map(state.series) };

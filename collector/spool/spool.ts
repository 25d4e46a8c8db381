/**
 * The agent's memory on disk: signed batches in sequence until the rater has taken them, and the counters they were
 * computed from. A batch exists once its record is synced; nothing is published, and no counter moves on, before.
 */
import { join } from 'node:path';
import type { Epoch } from '#core/metering/batch.ts';
import type { AppendFile, Disk } from '#platform/disk.ts';
import type { ChainHead, SealedBatch } from '../batches/seal.ts';
import { applyChange, changeToText, stateToText, type SourceState, type StateChange } from '../counters/state.ts';
import { collectorError } from '../errors.ts';
import { limits as defaultLimits } from '../limits.ts';
import { encodeRecord, type BatchesRecord, type HeadRecord, type StoredBatch } from './record.ts';
import { recover, type Position, type Recovered, type Segment } from './recover.ts';
import { quarantine, repairSegment, type Fill } from './repair.ts';
import { compareEpochs, missingSeqs, scanSegment, segmentFile } from './segment.ts';
import { trimmable } from './trim.ts';

export type { Position } from './recover.ts';
export type { StoredBatch } from './record.ts';

export interface SpoolLimits {
  readonly spoolBytesMax: number;
  readonly segmentBytesMax: number;
  readonly keepAcknowledgedMs: number;
  readonly keepAcknowledgedBytesMax: number;
  readonly lostBatchesMax: number;
  readonly windowBatchesMax: number;
  readonly windowBytesMax: number;
}

export interface SpoolOptions {
  readonly disk: Disk;
  readonly dir: string;
  /** Identity of this machine; a spool that another one wrote is not continued. */
  readonly machine: string;
  readonly nowMs: () => number;
  /** 16 random hexadecimal digits for a new epoch. */
  readonly nonce: () => string;
  readonly fill: Fill;
  /** Sequence numbers were filled or a part of the spool was set aside. */
  readonly onLoss: (batches: number, detail: string) => void;
  readonly limits?: SpoolLimits;
}

export class Spool {
  readonly states: Map<string, SourceState>;
  readonly tornBytes: number;
  readonly #options: SpoolOptions;
  readonly #limits: SpoolLimits;
  readonly #segments: Segment[];
  #head: ChainHead;
  #acknowledged: Position | null;
  #losses: string[] = [];
  #file: AppendFile | undefined;
  /** A write failed and may have left bytes behind; they are cut before the next one. */
  #dirty = false;
  /** The newest batches, so that publishing what was just written reads no file. */
  #recent: StoredBatch[] = [];
  #loaded: { readonly file: string; readonly batches: readonly StoredBatch[] } | undefined;

  private constructor(options: SpoolOptions, recovered: Recovered) {
    this.#options = options;
    this.#limits = options.limits ?? defaultLimits;
    this.#segments = recovered.segments;
    this.states = recovered.states;
    this.tornBytes = recovered.tornBytes;
    this.#acknowledged = recovered.acknowledged;
    this.#head = recovered.head ?? this.#newEpoch(recovered.last);
    if (recovered.loss !== '') this.#lose(0, `new epoch: ${recovered.loss}`);
    if (recovered.lostBatches > 0) this.#options.onLoss(recovered.lostBatches, 'damaged segment');
  }

  /** Throws SPOOL_UNUSABLE when the directory cannot be read or mended. */
  static open(options: SpoolOptions): Spool {
    try {
      return new Spool(options, recover(options.disk, options.dir, options.machine, options.fill));
    } catch (cause) {
      throw collectorError(
        'SPOOL_UNUSABLE',
        `${options.dir}: ${(cause as Error).message}.`,
        { dir: options.dir },
        cause,
      );
    }
  }

  get head(): ChainHead {
    return this.#head;
  }

  get acknowledged(): Position | null {
    return this.#acknowledged;
  }

  /** What was lost and has not yet been told in a batch. */
  get losses(): readonly string[] {
    return this.#losses;
  }

  /** Nothing was ever written here. */
  get empty(): boolean {
    return this.#segments.length === 0;
  }

  /** Leaves the sequence for a new one, above `above` too; `forget` when the counters' states cannot be trusted either. */
  beginEpoch(reason: string, options: { readonly above?: Epoch; readonly forget?: boolean } = {}): void {
    const known = { epoch: this.#head.epoch, hash: this.#head.prev };
    const above =
      options.above !== undefined && compareEpochs(options.above, known.epoch) > 0 ? options.above : known.epoch;
    this.#head = this.#newEpoch({ epoch: above, hash: known.hash });
    if (options.forget === true) this.states.clear();
    this.#recent = [];
    this.#lose(0, `new epoch: ${reason}`);
  }

  #newEpoch(last: Recovered['last']): ChainHead {
    const startedAtMs = Math.max(this.#options.nowMs(), (last?.epoch.startedAtMs ?? 0) + 1);
    return { epoch: { startedAtMs, nonce: this.#options.nonce() }, nextSeq: 1, prev: last?.hash ?? '' };
  }

  /** Takes a change of counters that no batch goes with; kept in memory, the next record of the source covers it. */
  remember(change: StateChange): void {
    this.states.set(change.source, applyChange(this.states.get(change.source), change));
  }

  /**
   * Writes batches and the change of counters they come from in one record and syncs it. False when the spool is full;
   * throws SPOOL_WRITE_FAILED when the disk fails. In both cases nothing has happened.
   */
  append(batches: readonly SealedBatch[], change: StateChange | undefined): boolean {
    const atMs = this.#options.nowMs();
    const record: BatchesRecord = {
      t: 'batches',
      atMs,
      firstSeq: this.#head.nextSeq,
      batches: batches.map((batch) => [batch.hash, batch.envelope.length]),
      state: change === undefined ? null : changeToText(change),
    };
    const bytes = encodeRecord(record, batches.map((batch) => batch.envelope)); // prettier-ignore
    try {
      if (this.#bytes() + bytes.length > this.#limits.spoolBytesMax) this.trim(true);
      if (this.#bytes() + bytes.length > this.#limits.spoolBytesMax) return false;
      const segment = this.#current();
      this.#open(segment);
      this.#dirty = true;
      this.#file!.write(bytes);
      this.#file!.sync();
      this.#dirty = false;
      segment.bytes += bytes.length;
      segment.lastSeq += batches.length;
      segment.newestMs = atMs;
    } catch (cause) {
      throw collectorError('SPOOL_WRITE_FAILED', `${this.#options.dir}: ${(cause as Error).message}.`, {}, cause);
    }
    const last = batches.at(-1);
    if (last !== undefined) {
      this.#head = { epoch: this.#head.epoch, nextSeq: last.seq + 1, prev: last.hash };
      this.#recent.push(...batches);
      this.#recent.splice(0, this.#recent.length - this.#limits.windowBatchesMax);
      this.#losses = [];
    }
    if (change !== undefined) this.remember(change);
    return true;
  }

  /** The segment to write to, begun anew when the last one is full or of another epoch. */
  #current(): Segment {
    const last = this.#segments.at(-1);
    const { epoch, nextSeq, prev } = this.#head;
    if (last !== undefined && last.bytes < this.#limits.segmentBytesMax && compareEpochs(last.epoch, epoch) === 0)
      return last;
    const head: HeadRecord = {
      t: 'head',
      epoch,
      nextSeq,
      prev,
      machine: this.#options.machine,
      acknowledged: this.#acknowledged,
      states: [...this.states].map(([source, state]) => stateToText(source, state)),
    };
    // Whatever a failed write left behind must not come back as a batch of the old segment.
    if (last !== undefined && this.#dirty) this.#open(last);
    const bytes = encodeRecord(head);
    const createdMs = this.#options.nowMs();
    const file = segmentFile({ epoch, firstSeq: nextSeq, createdMs });
    this.#close();
    this.#options.disk.replace(join(this.#options.dir, file), bytes);
    const segment = { file, epoch, firstSeq: nextSeq, lastSeq: nextSeq - 1, bytes: bytes.length, newestMs: createdMs };
    this.#segments.push(segment);
    return segment;
  }

  #open(segment: Segment): void {
    if (this.#dirty) this.#close();
    this.#file ??= this.#options.disk.append(join(this.#options.dir, segment.file));
    if (!this.#dirty) return;
    this.#file.truncate(segment.bytes);
    this.#dirty = false;
  }

  #close(): void {
    const file = this.#file;
    this.#file = undefined;
    file?.close();
  }

  /** The oldest batches that the rater has not taken: their epoch and range; undefined when there are none. */
  pending(): { readonly epoch: Epoch; readonly firstSeq: number; readonly lastSeq: number } | undefined {
    for (let index = 0; index < this.#segments.length; index++) {
      const segment = this.#segments[index]!;
      const firstSeq = this.#acknowledged === null ? segment.firstSeq : this.#firstUnacknowledged(segment.epoch);
      if (segment.lastSeq < firstSeq) continue;
      const lastSeq = this.#segments.findLast((other) => compareEpochs(other.epoch, segment.epoch) === 0)!.lastSeq;
      return { epoch: segment.epoch, firstSeq, lastSeq };
    }
    return undefined;
  }

  #firstUnacknowledged(epoch: Epoch): number {
    const order = this.#acknowledged === null ? -1 : compareEpochs(this.#acknowledged.epoch, epoch);
    return order < 0 ? 1 : order > 0 ? Infinity : this.#acknowledged!.seq + 1;
  }

  /** Batches of an epoch from `fromSeq` on, at least one when there is one, at most a window. */
  read(epoch: Epoch, fromSeq: number): readonly StoredBatch[] {
    const first = this.#recent[0];
    if (compareEpochs(epoch, this.#head.epoch) === 0 && first !== undefined && fromSeq >= first.seq) {
      this.#loaded = undefined;
      return this.#window(this.#recent, fromSeq);
    }
    const segments = this.#segments.filter((segment) => compareEpochs(segment.epoch, epoch) === 0);
    const oldest = segments[0];
    if (oldest !== undefined && fromSeq < oldest.firstSeq) {
      if (!this.#fillBefore(oldest, fromSeq)) return [];
      return this.read(epoch, fromSeq);
    }
    const segment = segments.find(({ lastSeq }) => fromSeq <= lastSeq);
    return segment === undefined ? [] : this.#window(this.#load(segment), fromSeq);
  }

  #window(batches: readonly StoredBatch[], fromSeq: number): readonly StoredBatch[] {
    const from = batches.findIndex((batch) => batch.seq >= fromSeq);
    if (from < 0) return [];
    let to = from;
    for (let bytes = 0; to < batches.length && to - from < this.#limits.windowBatchesMax; to++) {
      bytes += batches[to]!.envelope.length;
      if (to > from && bytes > this.#limits.windowBytesMax) break;
    }
    return batches.slice(from, to);
  }

  /** All batches of a segment, mended first when some of them cannot be read. */
  #load(segment: Segment): readonly StoredBatch[] {
    if (this.#loaded?.file === segment.file && this.#loaded.batches.at(-1)?.seq === segment.lastSeq)
      return this.#loaded.batches;
    const { disk, dir, machine, fill } = this.#options;
    const path = join(dir, segment.file);
    const bytes = Buffer.from(disk.read(path)).subarray(0, segment.bytes);
    const scan = scanSegment(bytes);
    let batches: readonly StoredBatch[] = scan.batches.filter(({ seq }) => seq <= segment.lastSeq);
    if (missingSeqs(batches, segment.firstSeq, segment.lastSeq).length > 0) {
      if (segment === this.#segments.at(-1)) this.#close();
      quarantine(disk, dir, segment.file, bytes);
      const repaired = repairSegment({ ...segment, scan, machine, why: 'damaged segment', fill });
      disk.replace(path, repaired.bytes);
      segment.bytes = repaired.bytes.length;
      batches = repaired.batches;
      this.#options.onLoss(repaired.lost.length, `damaged segment ${segment.file}`);
    }
    this.#loaded = { file: segment.file, batches };
    return batches;
  }

  /** Batches before the oldest segment are asked for but gone: fills them, or sets the epoch aside when they are too many. */
  #fillBefore(oldest: Segment, fromSeq: number): boolean {
    const { disk, dir, machine, fill } = this.#options;
    const { epoch, firstSeq } = oldest;
    if (firstSeq - fromSeq > this.#limits.lostBatchesMax) {
      const why = `batches ${fromSeq} to ${firstSeq - 1} are asked for but no longer kept`;
      for (const segment of this.#segments.filter((other) => compareEpochs(other.epoch, epoch) === 0))
        this.#setAside(segment);
      if (compareEpochs(epoch, this.#head.epoch) === 0) this.beginEpoch(why);
      else this.#lose(0, why);
      return false;
    }
    const scan = { head: undefined, batches: [], states: [], newestMs: oldest.newestMs, end: 0, damaged: true };
    const repaired = repairSegment({
      epoch,
      firstSeq: fromSeq,
      lastSeq: firstSeq - 1,
      scan,
      machine,
      why: 'no longer kept',
      fill,
    });
    const file = segmentFile({ epoch, firstSeq: fromSeq, createdMs: oldest.newestMs });
    disk.replace(join(dir, file), repaired.bytes);
    const { bytes, lost } = repaired;
    this.#segments.splice(this.#segments.indexOf(oldest), 0, {
      file,
      epoch,
      firstSeq: fromSeq,
      lastSeq: firstSeq - 1,
      bytes: bytes.length,
      newestMs: oldest.newestMs,
    });
    this.#options.onLoss(lost.length, 'asked for again but no longer kept');
    return true;
  }

  #setAside(segment: Segment): void {
    const { disk, dir } = this.#options;
    if (segment === this.#segments.at(-1)) this.#close();
    quarantine(disk, dir, segment.file, disk.read(join(dir, segment.file)));
    disk.remove(join(dir, segment.file));
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    this.#options.onLoss(segment.lastSeq - segment.firstSeq + 1, `segment ${segment.file} set aside`);
  }

  /** Something was lost that the next batch has to tell. */
  noteLoss(detail: string): void {
    this.#lose(0, detail);
  }

  #lose(batches: number, detail: string): void {
    this.#losses.push(detail);
    this.#options.onLoss(batches, detail);
  }

  /** The rater has taken everything up to here. It may go back when the log lost its tail. */
  acknowledge(position: Position): void {
    this.#acknowledged = position;
    this.trim(false);
  }

  /** Removes acknowledged segments whose time is over, all of them when `force`. */
  trim(force: boolean): void {
    const count = trimmable(this.#segments, this.#acknowledged, this.#options.nowMs(), this.#limits, force);
    for (const segment of this.#segments.splice(0, count))
      this.#options.disk.remove(join(this.#options.dir, segment.file));
  }

  #bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** What the rater has not taken yet; bytes are those of the segments that hold it. */
  size(): { readonly batches: number; readonly bytes: number } {
    let batches = 0;
    let bytes = 0;
    for (const segment of this.#segments) {
      const from = Math.max(segment.firstSeq, this.#firstUnacknowledged(segment.epoch));
      if (from > segment.lastSeq) continue;
      batches += segment.lastSeq - from + 1;
      bytes += segment.bytes;
    }
    return { batches, bytes };
  }

  close(): void {
    this.#close();
  }
}

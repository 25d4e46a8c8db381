/**
 * The agent's memory on disk: signed batches in sequence until the rater has taken them, and the counters they were
 * computed from. A batch exists once its record is synced; nothing is published, and no counter moves on, before.
 */
import type { Epoch } from '#core/metering/batch.ts';
import type { AppendFile, Disk } from '#platform/disk.ts';
import type { ChainHead, SealedBatch } from '../batches/seal.ts';
import { applyChange, changeToText, stateToText, type SourceState, type StateChange } from '../counters/state.ts';
import { collectorError } from '../errors.ts';
import { limits as defaultLimits } from '../limits.ts';
import { Reader } from './reader.ts';
import { encodeRecord, type BatchesRecord, type HeadRecord, type StoredBatch } from './record.ts';
import { recover, type Position, type Recovered, type Segment } from './recover.ts';
import type { Fill } from './repair.ts';
import { compareEpochs, segmentFile } from './segment.ts';
import { Segments, type Pending } from './segments.ts';

export type { Position } from './recover.ts';
export type { StoredBatch } from './record.ts';

export type SpoolLimits = Readonly<
  Record<
    | 'spoolBytesMax'
    | 'segmentBytesMax'
    | 'keepAcknowledgedMs'
    | 'keepAcknowledgedBytesMax'
    | 'lostBatchesMax'
    | 'windowBatchesMax'
    | 'windowBytesMax',
    number
  >
>;

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
  /** The counters of every source as of what is on disk. */
  readonly states: Map<string, SourceState>;
  readonly tornBytes: number;
  readonly #options: SpoolOptions;
  readonly #limits: SpoolLimits;
  readonly #segments: Segments;
  readonly #reader: Reader;
  #head: ChainHead;
  #losses: string[] = [];
  #file: AppendFile | undefined;
  /** Called when the counters' states are given up. */
  onForget: (() => void) | undefined;
  /** A write failed and may have left bytes behind; they are cut before the next one. */
  #dirty = false;

  private constructor(options: SpoolOptions, recovered: Recovered) {
    const { disk, dir, machine, fill, onLoss } = options;
    this.#options = options;
    const limits = (this.#limits = options.limits ?? defaultLimits);
    const segments = (this.#segments = new Segments(disk, dir, recovered.segments, recovered.acknowledged));
    this.#reader = new Reader({
      ...{ disk, dir, machine, fill, onLoss, limits, segments },
      release: (segment) => (segment === segments.all.at(-1) ? this.close() : undefined),
      abandoned: (epoch, why) =>
        compareEpochs(epoch, this.#head.epoch) === 0 ? this.beginEpoch(why) : this.noteLoss(why),
    });
    this.states = recovered.states;
    this.tornBytes = recovered.tornBytes;
    this.#head = recovered.head ?? this.#newEpoch(recovered.last);
    if (recovered.loss !== '') this.noteLoss(`new epoch: ${recovered.loss}`);
    if (recovered.lostBatches > 0) onLoss(recovered.lostBatches, 'damaged segment');
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
    return this.#segments.acknowledged;
  }

  /** What was lost and has not yet been told in a batch. */
  get losses(): readonly string[] {
    return this.#losses;
  }

  /** Nothing was ever written here. */
  get empty(): boolean {
    return this.#segments.all.length === 0;
  }

  /** Something was lost that the next batch has to tell. */
  noteLoss(detail: string): void {
    this.#losses.push(detail);
    this.#options.onLoss(0, detail);
  }

  /** Leaves the sequence for a new one, above `above` too; `forget` when the counters' states cannot be trusted either. */
  beginEpoch(reason: string, options: { readonly above?: Epoch; readonly forget?: boolean } = {}): void {
    const known = { epoch: this.#head.epoch, hash: this.#head.prev };
    const above =
      options.above !== undefined && compareEpochs(options.above, known.epoch) > 0 ? options.above : known.epoch;
    this.#head = this.#newEpoch({ epoch: above, hash: known.hash });
    if (options.forget === true) {
      this.states.clear();
      this.onForget?.();
    }
    this.noteLoss(`new epoch: ${reason}`);
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
   * Writes batches and the changes of counters they come from in one record and syncs it. False when the spool is full;
   * throws SPOOL_WRITE_FAILED when the disk fails. In both cases nothing has happened.
   */
  append(batches: readonly SealedBatch[], changes: readonly StateChange[]): boolean {
    const { epoch, nextSeq } = this.#head;
    const record: BatchesRecord = {
      t: 'batches',
      atMs: this.#options.nowMs(),
      firstSeq: nextSeq,
      batches: batches.map((batch) => [batch.hash, batch.envelope.length]),
      states: changes.map(changeToText),
    };
    const bytes = encodeRecord(record, batches.map((batch) => batch.envelope)); // prettier-ignore
    try {
      if (!this.hasRoom(bytes.length)) return false;
      this.#write(this.#current(), bytes, record);
    } catch (cause) {
      throw collectorError('SPOOL_WRITE_FAILED', `${this.#options.dir}: ${(cause as Error).message}.`, {}, cause);
    }
    const last = batches.at(-1);
    if (last !== undefined) {
      this.#head = { epoch, nextSeq: last.seq + 1, prev: last.hash };
      this.#reader.written(epoch, batches);
      this.#losses = [];
    }
    for (const change of changes) this.remember(change);
    return true;
  }

  /** Whether so many bytes fit; acknowledged segments go before their time if need be. */
  hasRoom(bytes: number): boolean {
    if (this.#segments.bytes + bytes <= this.#limits.spoolBytesMax) return true;
    this.#segments.trim(this.#options.nowMs(), this.#limits, true);
    return this.#segments.bytes + bytes <= this.#limits.spoolBytesMax;
  }

  #write(segment: Segment, bytes: Uint8Array, record: BatchesRecord): void {
    const file = this.#open(segment);
    this.#dirty = true;
    file.write(bytes);
    file.sync();
    this.#dirty = false;
    segment.bytes += bytes.length;
    segment.lastSeq += record.batches.length;
    segment.newestMs = record.atMs;
  }

  /** The segment to write to, begun anew when the last one is full or of another epoch. */
  #current(): Segment {
    const last = this.#segments.all.at(-1);
    const { epoch, nextSeq, prev } = this.#head;
    if (last !== undefined && last.bytes < this.#limits.segmentBytesMax && compareEpochs(last.epoch, epoch) === 0)
      return last;
    const { machine, disk } = this.#options;
    const states = [...this.states].map(([source, state]) => stateToText(source, state));
    const head: HeadRecord = { t: 'head', epoch, nextSeq, prev, machine, acknowledged: this.acknowledged, states };
    // Whatever a failed write left behind must not come back as a batch of the old segment.
    if (last !== undefined && this.#dirty) this.#open(last);
    const bytes = encodeRecord(head);
    const newestMs = this.#options.nowMs();
    const file = segmentFile({ epoch, firstSeq: nextSeq, createdMs: newestMs });
    const segment: Segment = { file, epoch, firstSeq: nextSeq, lastSeq: nextSeq - 1, bytes: bytes.length, newestMs };
    this.close();
    disk.replace(this.#segments.pathOf(segment), bytes);
    this.#segments.all.push(segment);
    return segment;
  }

  #open(segment: Segment): AppendFile {
    if (this.#dirty) this.close();
    const file = (this.#file ??= this.#options.disk.append(this.#segments.pathOf(segment)));
    if (this.#dirty) file.truncate(segment.bytes);
    this.#dirty = false;
    return file;
  }

  pending(): Pending | undefined {
    return this.#segments.pending();
  }

  /** Batches of an epoch from `fromSeq` on, at least one when there is one, at most a window. */
  read(epoch: Epoch, fromSeq: number): readonly StoredBatch[] {
    return this.#reader.read(epoch, fromSeq);
  }

  /** The rater has taken everything up to here. It may go back when the log lost its tail. */
  acknowledge(position: Position): void {
    this.#segments.acknowledged = position;
    this.#segments.trim(this.#options.nowMs(), this.#limits, false);
  }

  /** What the rater has not taken yet; bytes are those of the segments that hold it. */
  size(): { readonly batches: number; readonly bytes: number } {
    return this.#segments.unacknowledged();
  }

  close(): void {
    const file = this.#file;
    this.#file = undefined;
    file?.close();
  }
}

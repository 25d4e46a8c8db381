/** Reads batches back for sending, and mends what cannot be read so that every sequence number has a batch. */
import type { Epoch } from '#core/metering/batch.ts';
import type { Disk } from '#platform/disk.ts';
import type { SealedBatch } from '../batches/seal.ts';
import type { StoredBatch } from './record.ts';
import type { Segment } from './recover.ts';
import { quarantine, repairSegment, type Fill } from './repair.ts';
import { compareEpochs, missingSeqs, scanSegment, segmentFile } from './segment.ts';
import type { Segments } from './segments.ts';

export interface ReaderOptions {
  readonly disk: Disk;
  readonly dir: string;
  readonly machine: string;
  readonly fill: Fill;
  readonly limits: {
    readonly lostBatchesMax: number;
    readonly windowBatchesMax: number;
    readonly windowBytesMax: number;
  };
  readonly segments: Segments;
  readonly onLoss: (batches: number, detail: string) => void;
  /** A segment was replaced or removed: nobody may go on writing to it. */
  readonly release: (segment: Segment) => void;
  /** The rest of an epoch was set aside. */
  readonly abandoned: (epoch: Epoch, why: string) => void;
}

export class Reader {
  readonly #options: ReaderOptions;
  /** The newest batches, so that publishing what was just written reads no file. */
  #recent: { readonly epoch: Epoch; readonly batches: SealedBatch[] } | undefined;
  #loaded: { readonly file: string; readonly batches: readonly StoredBatch[] } | undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  written(epoch: Epoch, batches: readonly SealedBatch[]): void {
    if (this.#recent === undefined || compareEpochs(this.#recent.epoch, epoch) !== 0)
      this.#recent = { epoch, batches: [] };
    const recent = this.#recent.batches;
    recent.push(...batches);
    recent.splice(0, recent.length - this.#options.limits.windowBatchesMax);
  }

  /** Batches of an epoch from `fromSeq` on, at least one when there is one, at most a window. */
  read(epoch: Epoch, fromSeq: number): readonly StoredBatch[] {
    const recent = this.#recent;
    if (
      recent !== undefined &&
      compareEpochs(epoch, recent.epoch) === 0 &&
      fromSeq >= (recent.batches[0]?.seq ?? Infinity)
    ) {
      this.#loaded = undefined;
      return this.#window(recent.batches, fromSeq);
    }
    const oldest = this.#options.segments.of(epoch)[0];
    if (oldest === undefined || (fromSeq < oldest.firstSeq && !this.#fillBefore(oldest, fromSeq))) return [];
    const segment = this.#options.segments.of(epoch).find(({ lastSeq }) => fromSeq <= lastSeq);
    return segment === undefined ? [] : this.#window(this.#load(segment), fromSeq);
  }

  #window(batches: readonly StoredBatch[], fromSeq: number): readonly StoredBatch[] {
    const { windowBatchesMax, windowBytesMax } = this.#options.limits;
    const from = batches.findIndex((batch) => batch.seq >= fromSeq);
    if (from < 0) return [];
    let to = from;
    for (let bytes = 0; to < batches.length && to - from < windowBatchesMax; to++) {
      bytes += batches[to]!.envelope.length;
      if (to > from && bytes > windowBytesMax) break;
    }
    return batches.slice(from, to);
  }

  /** All batches of a segment, mended first when some of them cannot be read. */
  #load(segment: Segment): readonly StoredBatch[] {
    if (this.#loaded?.file === segment.file && this.#loaded.batches.at(-1)?.seq === segment.lastSeq)
      return this.#loaded.batches;
    const { disk, dir, machine, fill, segments, release, onLoss } = this.#options;
    const path = segments.pathOf(segment);
    const bytes = Buffer.from(disk.read(path)).subarray(0, segment.bytes);
    const scan = scanSegment(bytes);
    let batches: readonly StoredBatch[] = scan.batches.filter(({ seq }) => seq <= segment.lastSeq);
    if (missingSeqs(batches, segment.firstSeq, segment.lastSeq).length > 0) {
      release(segment);
      quarantine(disk, dir, segment.file, bytes);
      const repaired = repairSegment({ ...segment, scan, machine, why: 'damaged segment', fill });
      disk.replace(path, repaired.bytes);
      segment.bytes = repaired.bytes.length;
      batches = repaired.batches;
      onLoss(repaired.lost.length, `damaged segment ${segment.file}`);
    }
    this.#loaded = { file: segment.file, batches };
    return batches;
  }

  /** Batches before the oldest segment are asked for but gone: fills them, or sets the epoch aside when they are too many. */
  #fillBefore(oldest: Segment, fromSeq: number): boolean {
    const { disk, machine, fill, limits, segments, onLoss, abandoned } = this.#options;
    const { epoch, firstSeq, newestMs } = oldest;
    if (firstSeq - fromSeq > limits.lostBatchesMax) {
      for (const segment of segments.of(epoch)) this.#setAside(segment);
      this.#recent = undefined;
      abandoned(epoch, `batches ${fromSeq} to ${firstSeq - 1} are asked for but no longer kept`);
      return false;
    }
    const scan = { head: undefined, batches: [], states: [], newestMs, end: 0, damaged: true };
    const hole = { epoch, firstSeq: fromSeq, lastSeq: firstSeq - 1 };
    const { bytes, lost } = repairSegment({ ...hole, scan, machine, why: 'no longer kept', fill });
    const segment: Segment = {
      ...hole,
      file: segmentFile({ ...hole, createdMs: newestMs }),
      bytes: bytes.length,
      newestMs,
    };
    disk.replace(segments.pathOf(segment), bytes);
    segments.all.splice(segments.all.indexOf(oldest), 0, segment);
    onLoss(lost.length, 'asked for again but no longer kept');
    return true;
  }

  #setAside(segment: Segment): void {
    const { disk, dir, segments, release, onLoss } = this.#options;
    release(segment);
    const path = segments.pathOf(segment);
    quarantine(disk, dir, segment.file, disk.read(path));
    disk.remove(path);
    segments.all.splice(segments.all.indexOf(segment), 1);
    onLoss(segment.lastSeq - segment.firstSeq + 1, `segment ${segment.file} set aside`);
  }
}

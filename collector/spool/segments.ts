/** The segments of a spool in order, and how far the rater is in them. */
import { join } from 'node:path';
import type { Epoch } from '#core/metering/batch.ts';
import type { Disk } from '#platform/disk.ts';
import type { Position, Segment } from './recover.ts';
import { compareEpochs } from './segment.ts';
import { trimmable, type TrimLimits } from './trim.ts';

export interface Pending {
  readonly epoch: Epoch;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

export class Segments {
  readonly all: Segment[];
  /** Null until the rater has been heard of. */
  acknowledged: Position | null;
  readonly #disk: Disk;
  readonly #dir: string;

  constructor(disk: Disk, dir: string, all: Segment[], acknowledged: Position | null) {
    this.#disk = disk;
    this.#dir = dir;
    this.all = all;
    this.acknowledged = acknowledged;
  }

  pathOf(segment: { readonly file: string }): string {
    return join(this.#dir, segment.file);
  }

  of(epoch: Epoch): Segment[] {
    return this.all.filter((segment) => compareEpochs(segment.epoch, epoch) === 0);
  }

  /** The oldest batches that the rater has not taken: their epoch and range; undefined when there are none. */
  pending(): Pending | undefined {
    for (const segment of this.all) {
      const firstSeq = this.acknowledged === null ? segment.firstSeq : this.#firstUnacknowledged(segment.epoch);
      if (segment.lastSeq < firstSeq) continue;
      const newest = this.all.findLast((other) => compareEpochs(other.epoch, segment.epoch) === 0)!;
      return { epoch: segment.epoch, firstSeq, lastSeq: newest.lastSeq };
    }
    return undefined;
  }

  #firstUnacknowledged(epoch: Epoch): number {
    const order = this.acknowledged === null ? -1 : compareEpochs(this.acknowledged.epoch, epoch);
    return order < 0 ? 1 : order > 0 ? Infinity : this.acknowledged!.seq + 1;
  }

  /** What the rater has not taken yet; bytes are those of the segments that hold it. */
  unacknowledged(): { readonly batches: number; readonly bytes: number } {
    let batches = 0;
    let bytes = 0;
    for (const segment of this.all) {
      const from = Math.max(segment.firstSeq, this.#firstUnacknowledged(segment.epoch));
      if (from > segment.lastSeq) continue;
      batches += segment.lastSeq - from + 1;
      bytes += segment.bytes;
    }
    return { batches, bytes };
  }

  get bytes(): number {
    return this.all.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** Removes acknowledged segments whose time is over, all of them when `force`. One that cannot be removed is tried again. */
  trim(nowMs: number, limits: TrimLimits, force: boolean): void {
    for (let count = trimmable(this.all, this.acknowledged, nowMs, limits, force); count > 0; count--) {
      try {
        this.#disk.remove(this.pathOf(this.all[0]!));
      } catch {
        return;
      }
      this.all.shift();
    }
  }
}

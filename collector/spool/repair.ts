/** Puts a damaged segment aside and writes it anew, each lost sequence number filled with a signed batch that says so. */
import { join } from 'node:path';
import type { Epoch } from '#core/metering/batch.ts';
import type { Disk } from '#platform/disk.ts';
import type { ChainHead, SealedBatch } from '../batches/seal.ts';
import { encodeRecord, type HeadRecord, type StoredBatch } from './record.ts';
import { missingSeqs, type Scan } from './segment.ts';

/** Makes the batch without samples that stands in for a lost one. */
export type Fill = (head: ChainHead, detail: string) => SealedBatch;

/** Damaged files kept for inspection; beyond it the oldest go. */
const quarantineFilesMax = 20;

/** Keeps a copy of a file that cannot be trusted. */
export function quarantine(disk: Disk, dir: string, file: string, bytes: Uint8Array): void {
  const folder = join(dir, 'quarantine');
  disk.makeDir(folder);
  const present = disk.list(folder);
  for (const old of present.slice(0, Math.max(0, present.length - quarantineFilesMax + 1)))
    disk.remove(join(folder, old));
  disk.replace(join(folder, file), bytes);
}

export interface Repair {
  readonly epoch: Epoch;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly scan: Scan;
  readonly machine: string;
  readonly why: string;
  readonly fill: Fill;
}

export interface Repaired {
  readonly bytes: Uint8Array;
  readonly batches: readonly StoredBatch[];
  /** Sequence numbers that had to be filled. */
  readonly lost: readonly number[];
}

/** The content of the segment as it must be: gapless, with the counters' states that survived. */
export function repairSegment({ epoch, firstSeq, lastSeq, scan, machine, why, fill }: Repair): Repaired {
  const lost = missingSeqs(scan.batches, firstSeq, lastSeq);
  const present = new Map(scan.batches.map((batch) => [batch.seq, batch]));
  const head: HeadRecord = scan.head ?? {
    t: 'head',
    epoch,
    nextSeq: firstSeq,
    prev: '',
    machine,
    acknowledged: null,
    states: [],
  };
  const detail = `lost [${lost[0]},${lost.at(-1)}]: ${why}`;
  const batches: StoredBatch[] = [];
  let prev = head.prev;
  for (let seq = firstSeq; seq <= lastSeq; seq++) {
    const batch = present.get(seq) ?? fill({ epoch, nextSeq: seq, prev }, detail);
    batches.push(batch);
    prev = batch.hash;
  }
  const parts = [encodeRecord(head)];
  for (const batch of batches) {
    const record = {
      t: 'batches',
      atMs: scan.newestMs,
      firstSeq: batch.seq,
      batches: [[batch.hash, batch.envelope.length]],
      states: [],
    } as const;
    parts.push(encodeRecord(record, [batch.envelope]));
  }
  for (const state of scan.states) {
    parts.push(
      encodeRecord({ t: 'batches', atMs: scan.newestMs, firstSeq: lastSeq + 1, batches: [], states: [state] }),
    );
  }
  return { bytes: Buffer.concat(parts), batches, lost };
}

/** Segment files: their names, and what can be read of one. */
import type { Epoch } from '#core/metering/batch.ts';
import { decodeRecord, findRecord, type HeadRecord, type StoredBatch } from './record.ts';
import type { StateText } from '../counters/state.ts';

export interface SegmentName {
  readonly epoch: Epoch;
  readonly firstSeq: number;
  readonly createdMs: number;
}

const pattern = /^(\d{15})-([0-9a-f]{16})-(\d{12})-(\d{15})\.seg$/;

/** Sorts by epoch, then sequence. */
export const segmentFile = ({ epoch, firstSeq, createdMs }: SegmentName): string =>
  `${pad(epoch.startedAtMs, 15)}-${epoch.nonce}-${pad(firstSeq, 12)}-${pad(createdMs, 15)}.seg`;

export function parseSegmentFile(file: string): SegmentName | undefined {
  const match = pattern.exec(file);
  if (match === null) return undefined;
  return {
    epoch: { startedAtMs: Number(match[1]), nonce: match[2]! },
    firstSeq: Number(match[3]),
    createdMs: Number(match[4]),
  };
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

export interface Scan {
  /** Undefined when the head is damaged. */
  readonly head: HeadRecord | undefined;
  /** Intact batches, ascending. */
  readonly batches: readonly StoredBatch[];
  /** Changes of counters in the order written. */
  readonly states: readonly StateText[];
  readonly newestMs: number;
  /** Where the last intact record ends; what lies behind is a torn tail. */
  readonly end: number;
  /** Bytes between intact records could not be read. */
  readonly damaged: boolean;
}

export function scanSegment(bytes: Buffer): Scan {
  let head: HeadRecord | undefined;
  const batches: StoredBatch[] = [];
  const states: StateText[] = [];
  let newestMs = 0;
  let damaged = false;
  let end = 0;
  for (let at = 0; at < bytes.length;) {
    const decoded = decodeRecord(bytes, at);
    if (decoded === undefined) {
      const next = findRecord(bytes, at + 1);
      if (next < 0) break;
      damaged = true;
      at = next;
      continue;
    }
    const { stored } = decoded;
    if (stored.head !== undefined) head = stored.head;
    else {
      batches.push(...stored.batches);
      states.push(...stored.record.states);
      newestMs = Math.max(newestMs, stored.record.atMs);
    }
    at = end = decoded.end;
  }
  return { head, batches, states, newestMs, end, damaged: damaged || head === undefined };
}

/** Sequence numbers from `from` to `to` that `batches` lacks. */
export function missingSeqs(batches: readonly StoredBatch[], from: number, to: number): number[] {
  const present = new Set(batches.map((batch) => batch.seq));
  const missing: number[] = [];
  for (let seq = from; seq <= to; seq++) if (!present.has(seq)) missing.push(seq);
  return missing;
}

/** Epochs are ordered by start, then nonce, as the rater orders them. */
export function compareEpochs(a: Epoch, b: Epoch): number {
  return a.startedAtMs - b.startedAtMs || (a.nonce < b.nonce ? -1 : a.nonce > b.nonce ? 1 : 0);
}

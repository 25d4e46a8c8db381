/**
 * Records of a segment: `MLS1`, length of the payload (u32, big endian), CRC-32 of the payload (zlib's, u32), payload.
 * The payload is one line of JSON and, for batches, their messages one after the other. The mark at the front of each
 * record lets a reader find the next intact one behind damage.
 */
import { crc32 } from 'node:zlib';
import type { Epoch } from '#core/metering/batch.ts';
import type { StateText } from '../counters/state.ts';
import { limits } from '../limits.ts';

/** First record of every segment: all that is needed to go on without the segments before it. */
export interface HeadRecord {
  readonly t: 'head';
  readonly epoch: Epoch;
  /** Sequence number and predecessor's hash of the first batch to come. */
  readonly nextSeq: number;
  readonly prev: string;
  /** Identity of the machine that writes; another one must not go on with the sequence. */
  readonly machine: string;
  /** Known acknowledged position when the segment began. */
  readonly acknowledged: { readonly epoch: Epoch; readonly seq: number } | null;
  readonly states: readonly StateText[];
}

/** The batches of one turn and what they did to the counters: both are there or neither is. */
export interface BatchesRecord {
  readonly t: 'batches';
  readonly atMs: number;
  readonly firstSeq: number;
  /** Hash and length in bytes per batch. */
  readonly batches: readonly (readonly [string, number])[];
  readonly states: readonly StateText[];
}

export interface StoredBatch {
  readonly seq: number;
  readonly hash: string;
  readonly envelope: Uint8Array;
}

export type StoredRecord =
  | { readonly head: HeadRecord; readonly record?: undefined; readonly batches?: undefined }
  | { readonly head?: undefined; readonly record: BatchesRecord; readonly batches: readonly StoredBatch[] };

const magic = Buffer.from('MLS1');
export const frameBytes = 12;

export function encodeRecord(json: HeadRecord | BatchesRecord, messages: readonly Uint8Array[] = []): Uint8Array {
  const line = Buffer.from(`${JSON.stringify(json)}\n`);
  const payloadBytes = messages.reduce((sum, message) => sum + message.length, line.length);
  const bytes = Buffer.allocUnsafe(frameBytes + payloadBytes);
  magic.copy(bytes);
  bytes.writeUInt32BE(payloadBytes, 4);
  line.copy(bytes, frameBytes);
  let at = frameBytes + line.length;
  for (const message of messages) {
    bytes.set(message, at);
    at += message.length;
  }
  bytes.writeUInt32BE(crc32(bytes.subarray(frameBytes)), 8);
  return bytes;
}

/** The record at `offset` and where the next one starts; undefined when no intact record lies there. */
export function decodeRecord(bytes: Buffer, offset: number): { stored: StoredRecord; end: number } | undefined {
  if (bytes.length - offset < frameBytes || magic.compare(bytes, offset, offset + 4) !== 0) return undefined;
  const length = bytes.readUInt32BE(offset + 4);
  const start = offset + frameBytes;
  if (length > limits.recordBytesMax || start + length > bytes.length) return undefined;
  const payload = bytes.subarray(start, start + length);
  if (crc32(payload) !== bytes.readUInt32BE(offset + 8)) return undefined;
  const newline = payload.indexOf(10);
  const json = JSON.parse(payload.toString('utf8', 0, newline)) as HeadRecord | BatchesRecord;
  const end = start + length;
  if (json.t === 'head') return { stored: { head: json }, end };
  let at = newline + 1;
  const batches = json.batches.map(([hash, size], index) => {
    const envelope = payload.subarray(at, at + size);
    at += size;
    return { seq: json.firstSeq + index, hash, envelope };
  });
  return { stored: { record: json, batches }, end };
}

/** Start of the next intact record at or behind `offset`, -1 when there is none. */
export function findRecord(bytes: Buffer, offset: number): number {
  for (let at = bytes.indexOf(magic, offset); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    if (decodeRecord(bytes, at) !== undefined) return at;
  }
  return -1;
}

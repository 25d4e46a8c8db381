/**
 * Snapshots of a partition's state in the object store (architecture §3.2, §3.7): checksummed, forward only, two kept. One is the
 * SHA-256 of what follows, a newline, and frames: four bytes of length, then pieces of the text, compressed.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { Objm, setSha256Backend } from '@nats-io/obj';
import { buckets, streams } from '#core/messages/names.ts';
import { snapshotPieces, SnapshotReader } from '#core/rating/snapshot.ts';
import type { PartitionState } from '#core/rating/state.ts';
import { sha256 } from '#platform/crypto.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import { patiently, type NatsConnection } from '#platform/nats/index.ts';
import { raterLimits } from './limits.ts';

export interface Snapshots {
  /** Newest snapshot that the log confirms: its outSeq exists there with the same hash. */
  newest(partition: number, passedOver?: PassedOver): Promise<PartitionState | undefined>;
  /** The commit of the newest snapshot that is not of a later one than `outSeq`; 0 for none. */
  newestSeq(partition: number, outSeq: number): Promise<number>;
  /** Of a state that is level with the log, nothing in it speculative; the bytes stored. */
  save(state: PartitionState): Promise<number>;
}

/** `unreadable`: torn, altered, or of a shape that this program does not read. `unconfirmed`: the log has lost its last commit, or never had it. */
export type PassedOver = (name: string, why: 'unreadable' | 'unconfirmed') => void;

/** `isIndexed`: of the states that `newest` gives; not for those that are only written again. */
export async function openSnapshots(
  connection: NatsConnection,
  log: Log,
  replicas: number,
  isIndexed = true,
): Promise<Snapshots> {
  setSha256Backend('native');
  const store = await patiently(() => new Objm(connection).create(buckets.snapshots, { replicas }));
  return snapshotsIn(store, log, isIndexed);
}

/** What is asked of an object store. */
export interface Blobs {
  list(): Promise<readonly { readonly name: string; readonly deleted: boolean }[]>;
  getBlob(name: string): Promise<Uint8Array | null>;
  putBlob(about: { readonly name: string }, bytes: Uint8Array): Promise<unknown>;
  delete(name: string): Promise<unknown>;
}

export function snapshotsIn(store: Blobs, log: Log, isIndexed = true): Snapshots {
  return {
    async newest(partition, passedOver) {
      for (const { name } of await namesOf(store, partition)) {
        const state = await decode(await store.getBlob(name).catch(() => null), isIndexed);
        if (state !== undefined && (await isConfirmed(log, state))) return state;
        passedOver?.(name, state === undefined ? 'unreadable' : 'unconfirmed');
      }
      return undefined;
    },
    async newestSeq(partition, outSeq) {
      const newest = (await namesOf(store, partition)).find(({ name }) => name <= nameOf(partition, outSeq));
      return Number(newest?.name.split('/')[1] ?? 0);
    },
    async save(state) {
      const name = nameOf(state.partition, state.outSeq);
      const bytes = encode(state);
      await store.putBlob({ name }, bytes);
      // One that is newer was drawn from a log that has since lost its tail: it is evidence, and counts as none of ours.
      const ours = (await namesOf(store, state.partition)).filter((entry) => entry.name <= name);
      for (const old of ours.slice(raterLimits.snapshotsKept)) await store.delete(old.name);
      return bytes.length;
    },
  };
}

const nameOf = (partition: number, outSeq: number): string => `${partition}/${String(outSeq).padStart(16, '0')}`;

async function namesOf(store: Blobs, partition: number): Promise<{ name: string }[]> {
  const all = await store.list();
  return all
    .filter((entry) => !entry.deleted && entry.name.startsWith(`${partition}/`))
    .sort((a, b) => (a.name < b.name ? 1 : -1));
}

const params = { [constants.ZSTD_c_compressionLevel]: 1 };

function encode(state: PartitionState): Uint8Array {
  const frames: Buffer[] = [];
  let pieces: string[] = [];
  let length = 0;
  const close = (): void => {
    const frame = zstdCompressSync(Buffer.from(pieces.join('\n')), { params });
    const head = Buffer.alloc(4);
    head.writeUInt32LE(frame.length);
    frames.push(head, frame);
    pieces = [];
    length = 0;
  };
  for (const piece of snapshotPieces(state)) {
    pieces.push(piece);
    length += piece.length;
    if (length >= raterLimits.snapshotFrameCharacters) close();
  }
  if (length > 0) close();
  const body = Buffer.concat(frames);
  return Buffer.concat([Buffer.from(`${sha256(body)}\n`), body]);
}

/**
 * What is torn, altered, or of a shape that this program does not read is passed over: the log has all of it. Between two frames
 * others have their turn, so that leases are renewed meanwhile.
 */
async function decode(bytes: Uint8Array | null, isIndexed: boolean): Promise<PartitionState | undefined> {
  if (bytes === null) return undefined;
  const blob = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const newline = blob.indexOf(10);
  const body = blob.subarray(newline + 1);
  if (newline < 1 || blob.toString('latin1', 0, newline) !== sha256(body)) return undefined;
  try {
    const reader = new SnapshotReader(isIndexed);
    for (let at = 0; at < body.length;) {
      if (at > 0) await sleep(0);
      const end = at + 4 + body.readUInt32LE(at);
      for (const piece of zstdDecompressSync(body.subarray(at + 4, end))
        .toString('utf8')
        .split('\n'))
        reader.take(piece);
      at = end;
    }
    return reader.end();
  } catch {
    return undefined;
  }
}

/** Whether the log holds the state's last commit. */
export async function isConfirmed(log: Log, state: PartitionState): Promise<boolean> {
  const message = await log.get(streams.rated(state.partition), state.outSeq);
  return message !== undefined && sha256(message.data) === state.outHash;
}

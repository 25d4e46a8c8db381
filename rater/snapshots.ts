/** Snapshots of a partition's state in the object store (architecture §3.2, §3.7): checksummed, forward only, two kept. */
import { Objm } from '@nats-io/obj';
import { buckets, streams } from '#core/messages/names.ts';
import { decodeState, encodeState } from '#core/rating/snapshot.ts';
import type { PartitionState } from '#core/rating/state.ts';
import { sha256 } from '#platform/crypto.ts';
import type { Log } from '#platform/log.ts';
import type { NatsConnection } from '#platform/nats/index.ts';
import { raterLimits } from './limits.ts';

export interface Snapshots {
  /** Newest snapshot that the log confirms: its outSeq exists there with the same hash. */
  newest(partition: number): Promise<PartitionState | undefined>;
  save(text: string, partition: number, outSeq: number): Promise<void>;
}

export async function openSnapshots(connection: NatsConnection, log: Log, replicas: number): Promise<Snapshots> {
  return snapshotsIn(await new Objm(connection).create(buckets.snapshots, { replicas }), log);
}

/** What is asked of an object store. */
export interface Blobs {
  list(): Promise<readonly { readonly name: string; readonly deleted: boolean }[]>;
  getBlob(name: string): Promise<Uint8Array | null>;
  putBlob(about: { readonly name: string }, bytes: Uint8Array): Promise<unknown>;
  delete(name: string): Promise<unknown>;
}

export function snapshotsIn(store: Blobs, log: Log): Snapshots {
  return {
    async newest(partition) {
      for (const { name } of await namesOf(store, partition)) {
        const text = await read(store, name);
        const state = text === undefined ? undefined : decode(text);
        if (state !== undefined && (await isConfirmed(log, state))) return state;
      }
      return undefined;
    },
    async save(text, partition, outSeq) {
      const name = `${partition}/${String(outSeq).padStart(16, '0')}`;
      const bytes = Buffer.from(`${sha256(Buffer.from(text))}\n${text}`);
      await store.putBlob({ name }, bytes);
      // One that is newer was drawn from a log that has since lost its tail: it is evidence, and counts as none of ours.
      const ours = (await namesOf(store, partition)).filter((entry) => entry.name <= name);
      for (const old of ours.slice(raterLimits.snapshotsKept)) await store.delete(old.name);
    },
  };
}

/** The snapshot's text; taken only when state and log are level, that is, nothing is speculative. */
export const snapshotText = (state: PartitionState): string => encodeState(state);

async function namesOf(store: Blobs, partition: number): Promise<{ name: string }[]> {
  const all = await store.list();
  return all
    .filter((entry) => !entry.deleted && entry.name.startsWith(`${partition}/`))
    .sort((a, b) => (a.name < b.name ? 1 : -1));
}

async function read(store: Blobs, name: string): Promise<string | undefined> {
  try {
    const bytes = await store.getBlob(name);
    return bytes === null ? undefined : Buffer.from(bytes).toString('utf8');
  } catch {
    return undefined;
  }
}

/** What is torn, altered, or of a shape that this program does not read is passed over: the log has all of it. */
function decode(text: string): PartitionState | undefined {
  const newline = text.indexOf('\n');
  const body = text.slice(newline + 1);
  if (newline < 1 || text.slice(0, newline) !== sha256(Buffer.from(body))) return undefined;
  try {
    return decodeState(body);
  } catch {
    return undefined;
  }
}

/** Whether the log holds the state's last commit. */
export async function isConfirmed(log: Log, state: PartitionState): Promise<boolean> {
  const message = await log.get(streams.rated(state.partition), state.outSeq);
  return message !== undefined && sha256(message.data) === state.outHash;
}

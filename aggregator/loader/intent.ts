import { randomBytes } from 'node:crypto';
import { JetStreamApiError } from '@nats-io/jetstream';
import { Kvm, type KV } from '@nats-io/kv';
import { buckets } from '#core/messages/names.ts';
import { patiently, type NatsConnection } from '#platform/nats/index.ts';
import { aggregatorError } from '../errors.ts';
import type { Head } from './chain.ts';

/** What the loader of one partition means to load, or has loaded; recorded before the first row is written. */
export interface LoadRecord {
  readonly v: 1;
  readonly state: 'intent' | 'done';
  /** Last commit before the range, and last of the range; the range is `base.seq + 1` to `end.seq`. */
  readonly base: Head;
  readonly end: Head;
  /**
   * Deduplication token of the range's inserts. Whoever takes up the record uses it again, so that an insert of unknown
   * fate and its repetition store one set of rows; a range that is written anew, after its rows were deleted, gets another.
   */
  readonly token: string;
  /** Last commit of the last load that wrote rows: a store that knows less has lost some. */
  readonly storedSeq: number;
}

/** A new token: its end is random, for ClickHouse remembers tokens of rows that are long deleted, and drops the insert. */
export const newToken = (partition: number, base: Head, end: Head): string =>
  `rated:${partition}:${end.incarnation}:${base.seq + 1}-${end.seq}:${randomBytes(9).toString('base64url')}`;

/** The record of each partition, changed by compare-and-set only. */
export interface Intents {
  read(partition: number): Promise<{ readonly record: LoadRecord; readonly revision: number } | undefined>;
  /** Puts the record in the place of that of `revision` (0: there is none) and returns its own; else LOAD_CONTESTED. */
  write(partition: number, record: LoadRecord, revision: number): Promise<number>;
}

const wrongLastSequence = 10071;

/** Intents in the bucket LOAD, which is made when missing. */
export async function natsIntents(connection: NatsConnection, replicas: number): Promise<Intents> {
  const bucket: KV = await patiently(() => new Kvm(connection).create(buckets.load, { history: 1, replicas }));
  return {
    async read(partition) {
      const entry = await bucket.get(String(partition));
      return entry === null ? undefined : { record: entry.json<LoadRecord>(), revision: entry.revision };
    },
    async write(partition, record, revision) {
      try {
        return await bucket.put(String(partition), JSON.stringify(record), { previousSeq: revision });
      } catch (cause) {
        if (!(cause instanceof JetStreamApiError) || cause.code !== wrongLastSequence) throw cause;
        throw aggregatorError('LOAD_CONTESTED', `Partition ${partition}.`, { partition }, cause);
      }
    },
  };
}

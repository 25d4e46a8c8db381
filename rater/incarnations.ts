/**
 * Highest number that a take-over of each partition was given, kept apart from the log: one that has lost its tail, take-overs and
 * all, does not give a number out again. Rows of the lost one may come to the store late, and only by that number are they told
 * from those in their place. Whose a commit is the nonce says: two who take over at once may have written down the same number.
 */
import { Kvm } from '@nats-io/kv';
import { buckets } from '#core/messages/names.ts';
import type { NatsConnection } from '#platform/nats/index.ts';

export interface Incarnations {
  /** 0 before the first. */
  read(partition: number): Promise<number>;
  write(partition: number, incarnation: number): Promise<unknown>;
}

export async function openIncarnations(connection: NatsConnection, replicas: number): Promise<Incarnations> {
  const bucket = await new Kvm(connection).create(buckets.incarnations, { history: 1, replicas });
  return {
    read: async (partition) => Number((await bucket.get(String(partition)))?.string() ?? 0),
    write: (partition, incarnation) => bucket.put(String(partition), String(incarnation)),
  };
}

/** The number of the next take-over behind `known`, which is the log's last; written down before it is used. */
export async function nextIncarnation(incarnations: Incarnations, partition: number, known: number): Promise<number> {
  const next = Math.max(known, await incarnations.read(partition)) + 1;
  await incarnations.write(partition, next);
  return next;
}

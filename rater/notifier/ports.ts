/** What the notifier needs of the world around it besides the log: buckets, the key of secrets, a way to call receivers. */
import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { dataPaths, type Config } from '#platform/config.ts';
import type { NatsConnection } from '#platform/nats/index.ts';
import { loadSealingKey } from '#platform/sealing.ts';
import type { createSender } from './sender.ts';

export interface NotifierPorts {
  /** Makes the bucket where it is missing. */
  openBucket(name: string): Promise<Bucket>;
  sealingKey(): Uint8Array;
  readonly webhooks: Config['webhooks'];
  /** Removes every message of a stream before a sequence; nothing is ever removed without it. */
  readonly purge?: (stream: string, beforeSeq: number) => Promise<void>;
  /** HTTP, unless it is simulated. */
  readonly createSender?: typeof createSender;
}

/** Keys with values that are changed by who knows the last revision. Whatever fails throws. */
export interface Bucket {
  keys(): Promise<AsyncIterable<string>>;
  /** Null where there is none, or not of that revision any more. */
  get(key: string, options?: { readonly revision: number }): Promise<BucketEntry | null>;
  put(key: string, text: string): Promise<number>;
  update(key: string, text: string, revision: number): Promise<number>;
  /** Every entry there is, then every change. */
  watch(): Promise<AsyncIterable<BucketEntry> & { stop(): void }>;
}

export interface BucketEntry {
  readonly key: string;
  readonly revision: number;
  readonly operation: 'PUT' | 'DEL' | 'PURGE';
  json<T>(): T;
}

/** `connection` is of role `rater`. */
export const notifierPorts = (config: Config, connection: NatsConnection): NotifierPorts => ({
  openBucket: (name) => new Kvm(connection).create(name, { replicas: config.nats.replicas }),
  sealingKey: () => loadSealingKey(dataPaths(config.dataDir).sealingKey),
  webhooks: config.webhooks,
  async purge(stream, beforeSeq) {
    await (await jetstreamManager(connection, { checkAPI: false })).streams.purge(stream, { seq: beforeSeq });
  },
});

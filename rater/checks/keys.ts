/** Keys for checks as billing keeps them in a bucket, hashed: verified without asking anybody, gone as soon as the bucket says so. */
import { Kvm, type KV, type KvEntry } from '@nats-io/kv';
import type { CheckKeyRecord } from '#core/messages/checks.ts';
import { buckets } from '#core/messages/names.ts';
import { sha256 } from '#platform/crypto.ts';
import { sleep } from '#platform/lifecycle.ts';
import { patiently, type NatsConnection } from '#platform/nats/index.ts';
import type { CheckEvents } from './events.ts';
import { checkLimits } from './limits.ts';

export class CheckKeys {
  readonly #bucket: KV;
  readonly #events: CheckEvents;
  readonly #keys = new Map<string, CheckKeyRecord>();

  private constructor(bucket: KV, events: CheckEvents) {
    this.#bucket = bucket;
    this.#events = events;
  }

  /** Reads every key there is. */
  static async open(connection: NatsConnection, replicas: number, events: CheckEvents): Promise<CheckKeys> {
    const bucket = await patiently(() => new Kvm(connection).create(buckets.checkKeys, { replicas }));
    const keys = new CheckKeys(bucket, events);
    for await (const key of await bucket.keys()) {
      const entry = await bucket.get(key);
      if (entry !== null) keys.#take(entry);
    }
    return keys;
  }

  /** Whose the credential is; undefined for nobody's. */
  verify(credential: string): CheckKeyRecord | undefined {
    return this.#keys.get(sha256(Buffer.from(credential)));
  }

  /** Follows the bucket until the signal aborts; a key is known a moment after it was written. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const entries = await this.#bucket.watch();
        const stop = () => entries.stop();
        signal.addEventListener('abort', stop, { once: true });
        if (signal.aborted) stop();
        for await (const entry of entries) this.#take(entry);
        signal.removeEventListener('abort', stop);
      } catch (error) {
        this.#events.keysLost(error);
      }
      await sleep(checkLimits.keysRetryMs, signal);
    }
  }

  #take(entry: KvEntry): void {
    if (entry.operation === 'PUT') this.#keys.set(entry.key, entry.json<CheckKeyRecord>());
    else this.#keys.delete(entry.key);
  }
}

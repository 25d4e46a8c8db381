/** Who may work on a partition (architecture §3.0). The lease gives liveness only; the stream's fence gives safety. */
import { randomUUID } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { buckets } from '#core/messages/names.ts';
import { patiently, type NatsConnection } from '#platform/nats/index.ts';
import { sleep } from '#platform/lifecycle.ts';
import { raterLimits } from './limits.ts';

/** Keys that run out: made only where there is none, changed only by who knows the last revision. All else throws. */
export interface LeaseKeys {
  create(key: string, owner: string): Promise<number>;
  update(key: string, owner: string, revision: number): Promise<number>;
  delete(key: string, options: { readonly previousSeq: number }): Promise<void>;
}

export async function openLeases(connection: NatsConnection, replicas: number): Promise<LeaseKeys> {
  // An answer that comes later than the lease runs out is of no use, and whoever waits for it does not see that it is lost.
  const client = jetstream(connection, { timeout: raterLimits.leaseTtlMs });
  return patiently(() => new Kvm(client).create(buckets.lease, { history: 1, ttl: raterLimits.leaseTtlMs, replicas }));
}

/** When to ask for a lease. */
export interface Turn {
  mayAsk(): boolean;
  /** For so long, until the signal aborts, or until the answer to `mayAsk` may be another. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

const always: Turn = { mayAsk: () => true, wait: sleep };

export class Lease implements AsyncDisposable {
  readonly #kv: LeaseKeys;
  readonly #key: string;
  readonly #owner: string;
  readonly #lost = new AbortController();
  #revision: number;
  /** Monotonic ms until which the lease certainly holds. */
  #holdsUntil: number;

  private constructor(kv: LeaseKeys, key: string, owner: string, revision: number, holdsUntil: number) {
    this.#kv = kv;
    this.#key = key;
    this.#owner = owner;
    this.#revision = revision;
    this.#holdsUntil = holdsUntil;
    void this.#renew();
  }

  /** Waits for the lease of a partition, or of the notifier; undefined when the signal aborts first. */
  static async acquire(
    kv: LeaseKeys,
    what: number | 'notifier',
    signal: AbortSignal,
    turn: Turn = always,
  ): Promise<Lease | undefined> {
    const owner = randomUUID();
    while (!signal.aborted) {
      if (turn.mayAsk()) {
        const askedAt = performance.now();
        // Where this fails another holds it, or the broker is away: ask again.
        const revision = await kv.create(String(what), owner).catch(() => undefined);
        if (revision !== undefined)
          return new Lease(kv, String(what), owner, revision, askedAt + raterLimits.leaseTtlMs);
      }
      await turn.wait(raterLimits.leasePollMs, signal);
    }
    return undefined;
  }

  /** Aborts when the lease can no longer be renewed. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  isValid(): boolean {
    return !this.#lost.signal.aborted && performance.now() < this.#holdsUntil;
  }

  async #renew(): Promise<void> {
    while (!this.#lost.signal.aborted) {
      await sleep(raterLimits.leaseRenewMs, this.#lost.signal);
      if (this.#lost.signal.aborted) return;
      const askedAt = performance.now();
      try {
        this.#revision = await this.#kv.update(this.#key, this.#owner, this.#revision);
        this.#holdsUntil = askedAt + raterLimits.leaseTtlMs;
      } catch {
        // A time-out may pass; once the lease has run out another may hold it.
        if (performance.now() >= this.#holdsUntil) this.#lost.abort();
      }
    }
  }

  /** Gives the lease back, so that the next owner need not wait for it to run out. */
  async [Symbol.asyncDispose](): Promise<void> {
    const wasHeld = this.isValid();
    this.#lost.abort();
    if (wasHeld) await this.#kv.delete(this.#key, { previousSeq: this.#revision }).catch(() => undefined);
  }
}

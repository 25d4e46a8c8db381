/** The broker's keys and objects: leases that run out, load records changed by compare-and-set, snapshots. */
import type { Blobs } from '#rater/snapshots.ts';
import type { Incarnations } from '#rater/incarnations.ts';
import type { LeaseKeys } from '#rater/lease.ts';
import { raterLimits } from '#rater/limits.ts';
import type { Intents, LoadRecord } from '#aggregator/loader/intent.ts';
import { aggregatorError } from '#aggregator/errors.ts';
import type { Process } from '../schedule.ts';
import type { Wire } from './wire.ts';

const timeoutMs = 2500;

/** Hears of leases given and of load records stored. */
export interface KeysWatcher {
  leased(process: Process, partition: number, step: number): void;
  recorded(token: string): void;
}

export class Keys {
  readonly #wire: Wire;
  readonly #watcher: KeysWatcher;
  readonly #leases = new Map<string, { revision: number; untilMs: number }>();
  readonly #records = new Map<number, { record: LoadRecord; revision: number }>();
  readonly #incarnations = new Map<number, number>();
  readonly #blobs = new Map<string, Uint8Array>();
  #revision = 0;

  constructor(wire: Wire, watcher: KeysWatcher) {
    this.#wire = wire;
    this.#watcher = watcher;
  }

  leasesFor(process: Process): LeaseKeys {
    const { schedule } = this.#wire;
    const held = (key: string) => {
      const lease = this.#leases.get(key);
      return lease !== undefined && lease.untilMs > schedule.nowMs ? lease : undefined;
    };
    const put = (key: string): number => {
      this.#revision += 1;
      this.#leases.set(key, { revision: this.#revision, untilMs: schedule.nowMs + raterLimits.leaseTtlMs });
      return this.#revision;
    };
    const changed = () => new Error('wrong last sequence');
    return {
      create: (key) =>
        this.#wire.ask(process, timeoutMs, () => {
          // A bucket that forgot, or a replica that is behind: safety is the stream's, never the lease's.
          if (held(key) !== undefined && !this.#wire.faults.strikes('leaseForgotten')) throw changed();
          this.#watcher.leased(process, Number(key), schedule.steps);
          return put(key);
        }),
      update: (key, _, revision) =>
        this.#wire.ask(process, timeoutMs, () => {
          if (held(key)?.revision !== revision) throw changed();
          return put(key);
        }),
      delete: (key, { previousSeq }) =>
        this.#wire.ask(process, timeoutMs, () => {
          if (held(key)?.revision !== previousSeq) throw changed();
          this.#leases.delete(key);
        }),
    };
  }

  incarnationsFor(process: Process): Incarnations {
    const { faults } = this.#wire;
    return {
      read: (partition) =>
        this.#wire.ask(process, timeoutMs, () =>
          faults.strikes('numbersForgotten') ? 0 : (this.#incarnations.get(partition) ?? 0),
        ),
      write: (partition, incarnation) =>
        this.#wire.ask(process, timeoutMs, () => void this.#incarnations.set(partition, incarnation)),
    };
  }

  intentsFor(process: Process): Intents {
    return {
      read: (partition) =>
        this.#wire.ask(process, timeoutMs, () => {
          const known = this.#records.get(partition);
          return known === undefined ? undefined : { ...known };
        }),
      write: (partition, record, revision) =>
        this.#wire.ask(process, timeoutMs, () => {
          if ((this.#records.get(partition)?.revision ?? 0) !== revision) throw aggregatorError('LOAD_CONTESTED');
          this.#revision += 1;
          this.#records.set(partition, { record, revision: this.#revision });
          this.#watcher.recorded(record.token);
          return this.#revision;
        }),
    };
  }

  blobsFor(process: Process): Blobs {
    const ask = <T>(effect: () => T) => this.#wire.ask(process, timeoutMs, effect);
    return {
      list: () => ask(() => [...this.#blobs.keys()].map((name) => ({ name, deleted: false }))),
      getBlob: (name) => ask(() => this.#blobs.get(name) ?? null),
      putBlob: ({ name }, bytes) => ask(() => void this.#blobs.set(name, bytes)),
      delete: (name) => ask(() => void this.#blobs.delete(name)),
    };
  }
}

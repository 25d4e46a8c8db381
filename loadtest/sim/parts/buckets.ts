/** The broker's buckets as the notifier knows them: how far it has copied, and the targets, which it watches. */
import type { Bucket, BucketEntry } from '#rater/notifier/ports.ts';
import type { Process } from '../schedule.ts';
import type { Wire } from './wire.ts';

const timeoutMs = 2500;

interface Watcher {
  readonly bucket: string;
  readonly process: Process;
  readonly queue: BucketEntry[];
  /** When the newest that is on its way arrives: entries keep their order. */
  arrivesMs: number;
  wake: (() => void) | undefined;
}

export class Buckets {
  readonly #wire: Wire;
  readonly #entries = new Map<string, Map<string, BucketEntry>>();
  readonly #watchers = new Set<Watcher>();
  #revision = 0;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  get<T>(bucket: string, key: string): T | undefined {
    return this.#of(bucket).get(key)?.json<T>();
  }

  put(bucket: string, key: string, text: string): number {
    const entry: BucketEntry = {
      key, revision: (this.#revision += 1), operation: 'PUT', json: <T>() => JSON.parse(text) as T,
    }; // prettier-ignore
    this.#of(bucket).set(key, entry);
    for (const watcher of this.#watchers) if (watcher.bucket === bucket) this.#tell(watcher, entry);
    return entry.revision;
  }

  /** A bucket as one process reaches it. */
  for(process: Process, name: string): Bucket {
    const ask = <T>(effect: () => T) => this.#wire.ask(process, timeoutMs, effect);
    const bucket = this.#of(name);
    return {
      keys: async () => listed(await ask(() => [...bucket.keys()])),
      get: (key, options) =>
        ask(() => {
          const entry = bucket.get(key);
          return entry === undefined || (options !== undefined && options.revision !== entry.revision) ? null : entry;
        }),
      put: (key, text) => ask(() => this.put(name, key, text)),
      update: (key, text, revision) =>
        ask(() => {
          if (bucket.get(key)?.revision !== revision) throw new Error('wrong last sequence');
          return this.put(name, key, text);
        }),
      watch: async () => this.#watch(process, name),
    };
  }

  #of(name: string): Map<string, BucketEntry> {
    let bucket = this.#entries.get(name);
    if (bucket === undefined) this.#entries.set(name, (bucket = new Map()));
    return bucket;
  }

  #watch(process: Process, bucket: string): AsyncIterable<BucketEntry> & { stop(): void } {
    const watcher: Watcher = { bucket, process, queue: [], arrivesMs: 0, wake: undefined };
    const watchers = this.#watchers.add(watcher);
    process.onEnd(() => watchers.delete(watcher));
    for (const entry of this.#of(bucket).values()) this.#tell(watcher, entry);
    return {
      async *[Symbol.asyncIterator]() {
        while (watchers.has(watcher)) {
          const entry = watcher.queue.shift();
          if (entry !== undefined) yield entry;
          else await new Promise<void>((resolve) => (watcher.wake = resolve));
        }
      },
      stop() {
        watchers.delete(watcher);
        watcher.wake?.();
      },
    };
  }

  #tell(watcher: Watcher, entry: BucketEntry): void {
    const { schedule } = this.#wire;
    watcher.arrivesMs = Math.max(watcher.arrivesMs, schedule.nowMs + this.#wire.delayMs());
    schedule.after(watcher.arrivesMs - schedule.nowMs, watcher.process, () => {
      watcher.queue.push(entry);
      watcher.wake?.();
    });
  }
}

async function* listed(keys: readonly string[]): AsyncIterable<string> {
  yield* keys;
}

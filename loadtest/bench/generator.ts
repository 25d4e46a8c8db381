/**
 * The load generator, a process of its own: signs batches ahead of the measurement and then publishes them as fast as they are
 * taken, or at a rate. What it costs is told apart and never counted as the product's. Speaks with its parent by `GeneratorOrder`.
 */
import { encodeEnvelope } from '#core/metering/batch.ts';
import { subjects } from '#core/messages/names.ts';
import { sha256, signingKey } from '#platform/crypto.ts';
import { sleep } from '#platform/lifecycle.ts';
import { append, connectNats } from '#platform/nats/index.ts';
import { WorkloadProducer, type WorkloadSize } from '../workload.ts';

export interface GeneratorConfig {
  readonly nats: { readonly url: string; readonly credentials: string };
  readonly seed: string;
  /** One a partition, in the order of partitions. */
  readonly tenants: readonly string[];
  /** Of one tenant. */
  readonly size: WorkloadSize;
  readonly startMs: number;
}

export type GeneratorOrder =
  | { readonly kind: 'start'; readonly config: GeneratorConfig }
  /** Signs the next batches of all producers in turn, each with `ticks` samples of every counter. */
  | { readonly kind: 'sign'; readonly batches: number; readonly ticks: number }
  /** Publishes what is signed, until it ends or the time is over, with at most `windowSamples` that are not loaded. */
  | { readonly kind: 'publish'; readonly rate: number; readonly seconds: number; readonly windowSamples: number }
  /** Ends publishing. */
  | { readonly kind: 'stop' }
  /** So many samples have arrived at the end of the path since the start. */
  | { readonly kind: 'loaded'; readonly samples: number };

export interface Published {
  readonly batches: number;
  readonly samples: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Signed, but not asked for. */
  readonly left: number;
}

/** Appends that wait for the broker's answer at once; what a few hundred agents would have in flight. */
const appendsMax = 64;

interface Signed {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly samples: number;
}

class Generator {
  readonly #config: GeneratorConfig;
  readonly #connection: Awaited<ReturnType<typeof connectNats>>;
  readonly #key;
  readonly #producers: { readonly partition: number; readonly source: WorkloadProducer; prev: string }[];
  #turn = 0;
  #signed: Signed[] = [];
  #published = 0;
  #loaded = 0;
  #isStopped = false;
  #room: (() => void) | undefined;

  constructor(config: GeneratorConfig, connection: Awaited<ReturnType<typeof connectNats>>) {
    this.#config = config;
    this.#connection = connection;
    this.#key = signingKey(config.seed);
    const { size, tenants, startMs } = config;
    // Neighbours in turn are of different partitions.
    this.#producers = Array.from({ length: size.producers }, (_, index) => index).flatMap((index) =>
      tenants.map((tenant, partition) => ({
        partition,
        source: new WorkloadProducer(tenant, index, size, startMs),
        prev: '',
      })),
    );
  }

  sign(batches: number, ticks: number): void {
    const { resourcesPerProducer, metrics } = this.#config.size;
    for (let i = 0; i < batches; i++) {
      const producer = this.#producers[this.#turn++ % this.#producers.length]!;
      const { tenant, id } = producer.source;
      const body = Buffer.from(JSON.stringify(producer.source.next(producer.prev, ticks)));
      producer.prev = sha256(body);
      this.#signed.push({
        subject: subjects.usage(producer.partition, tenant, id),
        data: encodeEnvelope({ signature: this.#key.sign(body), keyId: this.#key.keyId, body }),
        samples: resourcesPerProducer * metrics * ticks,
      });
    }
  }

  loaded(samples: number): void {
    this.#loaded = samples;
    this.#room?.();
  }

  stop(): void {
    this.#isStopped = true;
    this.#room?.();
  }

  async publish(rate: number, seconds: number, windowSamples: number): Promise<Published> {
    this.#isStopped = false;
    const pending = new Set<Promise<void>>();
    const startedMs = performance.now();
    const startedCpu = process.cpuUsage();
    let [batches, samples, bytes] = [0, 0, 0];
    for (const batch of this.#signed) {
      if (this.#isStopped || performance.now() - startedMs >= seconds * 1000) break;
      if (rate > 0) {
        const earlyMs = startedMs + (samples / rate) * 1000 - performance.now();
        if (earlyMs > 1) await sleep(earlyMs);
      }
      while (this.#published + batch.samples - this.#loaded > windowSamples && !this.#isStopped)
        await new Promise<void>((resolve) => (this.#room = resolve));
      const appended: Promise<void> = this.#append(batch).finally(() => pending.delete(appended));
      pending.add(appended);
      batches += 1;
      samples += batch.samples;
      bytes += batch.data.length;
      this.#published += batch.samples;
      if (pending.size >= appendsMax) await Promise.race(pending);
    }
    await Promise.all(pending);
    this.#signed = this.#signed.slice(batches);
    const { user, system } = process.cpuUsage(startedCpu);
    return {
      batches, samples, bytes, seconds: (performance.now() - startedMs) / 1000, cpuSeconds: (user + system) / 1e6,
      left: this.#signed.length,
    }; // prettier-ignore
  }

  /** Publishes durably; whatever else comes of it ends the measurement, for the batches after it would be refused. */
  async #append({ subject, data }: Signed): Promise<void> {
    const result = await append(this.#connection, subject, data);
    if (result.kind !== 'stored') throw new Error(`the broker answered an append with "${result.kind}"`);
  }
}

let generator: Generator | undefined;

async function obey(order: GeneratorOrder): Promise<unknown> {
  switch (order.kind) {
    case 'start':
      generator = new Generator(order.config, await connectNats({ ...order.config.nats, role: 'gateway' }));
      return {};
    case 'sign':
      return generator!.sign(order.batches, order.ticks);
    case 'publish':
      return generator!.publish(order.rate, order.seconds, order.windowSamples);
    case 'stop':
      return generator?.stop();
    case 'loaded':
      return generator?.loaded(order.samples);
  }
}

process.on('message', (order: GeneratorOrder) => {
  void obey(order).then((answer) => {
    if (order.kind !== 'loaded' && order.kind !== 'stop') process.send!(answer ?? {});
  });
});
process.on('disconnect', () => process.exit(0));

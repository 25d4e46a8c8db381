/** The rater's own port: health, metrics, and `/status` with what it owns and how quick it is. */
import type { Registry } from 'prom-client';
import type { Config } from '#platform/config.ts';
import { serveHealth, type HealthOptions, type HealthServer } from '#platform/health.ts';
import { raterLimits } from './limits.ts';
import type { Partitions } from './partitions.ts';

/** The latest latencies, for percentiles. */
export class Latencies {
  readonly #values: number[] = [];
  #next = 0;

  add(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % raterLimits.latencySamples;
  }

  percentiles(): { readonly p50: number; readonly p99: number } {
    const sorted = this.#values.toSorted((a, b) => a - b);
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return { p50: at(0.5), p99: at(0.99) };
  }
}

export interface StatusDeps {
  readonly partitions: () => Partitions;
  readonly latencies: Latencies;
  readonly notifier: { latency(): { p50: number; p99: number }; counts(): object };
  readonly registry: Registry;
  /** One life of this process. */
  readonly rater: string;
  /** Checks and holds. */
  readonly api: NonNullable<HealthOptions['api']>;
}

export async function serveRater(config: Config, deps: StatusDeps): Promise<HealthServer> {
  return serveHealth({
    host: config.rater.host,
    port: config.rater.port,
    registry: deps.registry,
    api: deps.api,
    ready() {
      const waiting = deps.partitions().waiting();
      const detail = `${deps.partitions().owned.size} of ${config.partitions} partitions`;
      return waiting.length === 0
        ? { ready: true, detail }
        : { ready: false, detail: `${detail}; nobody owns ${waiting.join(', ')}` };
    },
    pages: {
      '/status': () => ({
        instance: deps.rater,
        partitions: [...deps.partitions().owned].map(([partition, view]) => ({
          partition,
          incarnation: view.incarnation,
          outSeq: view.outSeq,
          logTimeMs: view.logTimeMs,
          totals: view.totals,
        })),
        standbys: deps.partitions().standbys.follows(),
        latencyMs: { commit: deps.latencies.percentiles(), alert: deps.notifier.latency() },
        alerts: deps.notifier.counts(),
      }),
    },
  });
}

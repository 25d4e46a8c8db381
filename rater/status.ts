/** The rater's own port: health, metrics, and `/status` with what it owns and how quick it is. */
import type { Registry } from 'prom-client';
import type { Config } from '#platform/config.ts';
import { serveHealth, type HealthServer } from '#platform/health.ts';
import type { CommittedView } from './committedView.ts';
import { raterLimits } from './limits.ts';

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
  readonly views: ReadonlyMap<number, CommittedView>;
  readonly latencies: Latencies;
  readonly notifier: { latency(): { p50: number; p99: number }; counts(): object };
  readonly registry: Registry;
  readonly instance: string;
}

export async function serveRater(config: Config, deps: StatusDeps): Promise<HealthServer> {
  return serveHealth({
    host: config.rater.host,
    port: config.rater.port,
    registry: deps.registry,
    ready: () => ({
      ready: deps.views.size === config.partitions,
      detail: `${deps.views.size} of ${config.partitions} partitions`,
    }),
    pages: {
      '/status': () => ({
        instance: deps.instance,
        partitions: [...deps.views.entries()].map(([partition, view]) => ({
          partition,
          incarnation: view.incarnation,
          outSeq: view.outSeq,
          logTimeMs: view.logTimeMs,
          totals: view.totals,
        })),
        latencyMs: { commit: deps.latencies.percentiles(), alert: deps.notifier.latency() },
        alerts: deps.notifier.counts(),
      }),
    },
  });
}

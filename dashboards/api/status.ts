import type { Status } from '#core/messages/api.ts';
import type { Mirror } from '../mirror/index.ts';
import type { Ports } from '../ports.ts';

interface StatusDeps {
  readonly mirror: Mirror;
  readonly ports: Pick<Ports, 'store' | 'raterLatency' | 'pressure'>;
  readonly version: string;
  readonly startedAtMs: number;
}

/** Figures of the whole instance, of no tenant in particular. */
export async function readStatus({ mirror, ports, version, startedAtMs }: StatusDeps): Promise<Status> {
  const raters = mirror.raters.living();
  const [rowsInClickHouse, commit, loaded] = await Promise.all([
    ports.store.rowCount(),
    ports.raterLatency(raters.map(({ url }) => url)),
    Promise.all(mirror.partitions.map(({ partition }) => ports.store.loadedSeq(partition))),
  ]);
  return {
    version,
    startedAtMs,
    partitions: mirror.partitions.map(({ partition, owner, incarnation, outSeq, logTimeMs, totals }, index) => ({
      partition,
      owner,
      rater: raters.find(({ owns }) => owns.some((one) => one.partition === partition))?.rater ?? null,
      standbys: raters.flatMap(({ rater, follows }) =>
        follows
          .filter((one) => one.partition === partition)
          .map((one) => ({ rater, behind: Math.max(0, outSeq - one.outSeq) })),
      ),
      incarnation,
      outSeq,
      loadedSeq: loaded[index]!,
      logTimeMs,
      totals: { samples: totals.samples, batches: totals.batches },
    })),
    raters: raters.map(({ rater, url, owns, follows }) => ({ rater, url, owns: owns.length, follows: follows.length })),
    rowsInClickHouse,
    alerts: mirror.partitions.reduce((sum, { totals }) => sum + totals.alerts, 0),
    webhooksDelivered: mirror.deliveries.delivered,
    pressure: ports.pressure(),
    latencyMs: { commit, alert: mirror.deliveries.latency() },
  };
}

import type { Status } from '#core/messages/api.ts';
import { streams } from '#core/messages/names.ts';
import type { Log } from '#platform/log.ts';
import type { Mirror } from '../mirror/index.ts';
import type { Ports } from '../ports.ts';
import { readCommit } from './why/commitBlocks.ts';

interface StatusDeps {
  readonly mirror: Mirror;
  readonly ports: Pick<Ports, 'store' | 'raterLatency' | 'pressure'>;
  readonly version: string;
  readonly startedAtMs: number;
  readonly log: Pick<Log, 'last'>;
  /** How many partitions, from 0 on, are retired. */
  readonly retired: number;
}

/** Figures of the whole instance, of no tenant in particular. */
export async function readStatus(deps: StatusDeps): Promise<Status> {
  const { mirror, ports, version, startedAtMs, log } = deps;
  const raters = mirror.raters.living();
  const [retired, rowsInClickHouse, commit, loaded] = await Promise.all([
    Promise.all(Array.from({ length: deps.retired }, (_, partition) => retiredStatus(partition, log, ports))),
    ports.store.rowCount(),
    ports.raterLatency(raters.map(({ url }) => url)),
    Promise.all(mirror.partitions.map(({ partition }) => ports.store.loadedSeq(partition))),
  ]);
  return {
    version,
    startedAtMs,
    partitions: [
      ...retired.map(({ alerts: _, ...partition }) => partition),
      ...mirror.partitions.map(({ partition, owner, incarnation, outSeq, logTimeMs, totals }, index) => ({
        partition,
        owner,
        retired: false,
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
    ],
    raters: raters.map(({ rater, url, owns, follows }) => ({ rater, url, owns: owns.length, follows: follows.length })),
    rowsInClickHouse,
    alerts: [...retired, ...mirror.partitions.map(({ totals }) => totals)].reduce((sum, { alerts }) => sum + alerts, 0),
    webhooksDelivered: mirror.deliveries.delivered,
    pressure: ports.pressure(),
    latencyMs: { commit, alert: mirror.deliveries.latency() },
  };
}

/** As its last message says. */
async function retiredStatus(partition: number, log: Pick<Log, 'last'>, ports: StatusDeps['ports']) {
  const last = await log.last(streams.rated(partition));
  if (last === undefined) throw new Error(`partition ${partition} is retired, and its log is empty`);
  const { incarnation, logTimeMs, totals } = readCommit(last.data).header;
  const { samples, batches, alerts } = totals;
  const loadedSeq = await ports.store.loadedSeq(partition);
  return {
    partition, owner: false, rater: null, standbys: [], retired: true, incarnation, outSeq: last.seq, loadedSeq, logTimeMs, totals: { samples, batches }, alerts,
  }; // prettier-ignore
}

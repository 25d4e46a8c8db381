/** The rater's process: owns what partitions it can lease, answers from committed state, delivers alerts. */
import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import type { Life } from '#platform/lifecycle.ts';
import type { Config } from '#platform/config.ts';
import { connectNats, jetstreamLog, requireSafeBroker } from '#platform/nats/index.ts';
import { subjects } from '#core/messages/names.ts';
import { answerRequests } from './answers.ts';
import type { CommittedView } from './committedView.ts';
import { raterEvents } from './events.ts';
import { keepPartition, type KeepDeps } from './keep.ts';
import { openLeases, type Lease } from './lease.ts';
import { Latencies, serveRater } from './status.ts';
import { createNotifier } from './notifier/index.ts';
import { drawApart } from './snapshotProcess.ts';
import { openSnapshots } from './snapshots.ts';

export async function main(config: Config, life: Life): Promise<void> {
  const registry = new Registry();
  const connection = await connectNats({ ...config.nats, role: 'rater' });
  await requireSafeBroker(connection, config.nats.replicas);
  const log = await jetstreamLog(connection);
  const snapshots = await openSnapshots(connection, log, config.nats.replicas);
  const leases = await openLeases(connection, config.nats.replicas);
  const views = new Map<number, CommittedView>();
  const held = new Map<number, Lease>();
  const events = raterEvents(registry, life.logger, () => views.size);
  const latencies = new Latencies();
  const notifier = createNotifier({ config, connection, log, partitions: config.partitions, registry, leases }, life);
  await using _health = await serveRater(config, { views, latencies, notifier, registry, instance: randomUUID() });

  const drawSnapshot = drawApart(config.nats, life.signal);
  const deps = (partition: number): KeepDeps => ({
    log,
    snapshots,
    drawSnapshot,
    leases,
    events,
    nowMs: () => Date.now(),
    leased: (lease) => held.set(partition, lease),
    owned: (view) => views.set(partition, view),
    left: () => views.delete(partition),
    tellMark: (mark) => connection.publish(subjects.mark(mark.tenant, mark.producer), JSON.stringify(mark)),
    offerAlerts: (p, outSeq, alerts) => notifier.offer(p, outSeq, alerts),
    committed: (latencyMs) => latencies.add(latencyMs),
  });

  // A process that was stopped for longer than its lease must not answer with what may be old.
  const viewOf = (partition: number): CommittedView | undefined =>
    held.get(partition)?.isValid() === true ? views.get(partition) : undefined;
  answerRequests(connection, viewOf, config.partitions);
  await Promise.all([
    notifier.run(),
    ...Array.from({ length: config.partitions }, (_, partition) =>
      keepPartition(partition, deps(partition), life.signal),
    ),
  ]);
  await connection.drain();
}

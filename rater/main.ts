/** The rater's process: owns its share of the partitions, follows what it would own next, answers from committed state, delivers alerts. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Registry } from 'prom-client';
import { parseRaterAlive } from '#core/messages/raterAlive.ts';
import type { Life } from '#platform/lifecycle.ts';
import type { Config } from '#platform/config.ts';
import { connectNats, jetstreamLog, requireSafeBroker } from '#platform/nats/index.ts';
import { allPartitions, subjects } from '#core/messages/names.ts';
import { answerRequests } from './answers.ts';
import { Checks } from './checks/checks.ts';
import { checkEvents } from './checks/events.ts';
import { checksOverHttp } from './checks/http.ts';
import { CheckKeys } from './checks/keys.ts';
import { answerChecks, askOwner } from './checks/nats.ts';
import { raterEvents } from './events.ts';
import { openIncarnations } from './incarnations.ts';
import { openLeases } from './lease.ts';
import { createNotifier } from './notifier/index.ts';
import { notifierPorts } from './notifier/ports.ts';
import { Partitions } from './partitions.ts';
import { drawApart } from './snapshotProcess.ts';
import { openSnapshots } from './snapshots.ts';
import { spreadEvents } from './spread/events.ts';
import { Latencies, serveRater } from './status.ts';

export async function main(config: Config, life: Life): Promise<void> {
  const registry = new Registry();
  const connection = await connectNats({ ...config.nats, role: 'rater' });
  await requireSafeBroker(connection, config.nats.replicas);
  const log = await jetstreamLog(connection);
  const leases = await openLeases(connection, config.nats.replicas);
  const snapshots = await openSnapshots(connection, log, config.nats.replicas);
  const incarnations = await openIncarnations(connection, config.nats.replicas);
  const latencies = new Latencies();
  const notifier = createNotifier(
    { ...notifierPorts(config, connection), log, partitions: allPartitions(config).length, registry, leases },
    life,
  );
  const rater = randomUUID();
  const ofChecks = checkEvents(registry, life.logger);
  const keys = await CheckKeys.open(connection, config.nats.replicas, ofChecks);
  const checks = new Checks({
    placement: config,
    deskOf: (partition) => partitions.deskOf(partition),
    askOwner: async (partition, asker, verb, body) =>
      partitions.spread.isElsewhere(partition) ? askOwner(connection, partition, { asker, verb, body }) : undefined,
    events: ofChecks,
  });
  // Nothing is waited for between these two: the one answers for the other.
  const api = checksOverHttp(checks, keys);
  await using health = await serveRater(config, {
    rater,
    partitions: () => partitions,
    latencies,
    notifier,
    registry,
    api,
  });
  const partitions: Partitions = new Partitions({
    rater,
    url: `http://${reachable(config.rater.host)}:${health.port}`,
    firstPartition: config.firstPartition,
    partitions: config.partitions,
    standbysMax: config.rater.standbysMax,
    log,
    snapshots,
    drawSnapshot: drawApart(config.nats, life.signal),
    incarnations,
    leases,
    events: raterEvents(registry, life.logger, () => partitions.owned.size),
    spreadEvents: spreadEvents(registry, life.logger, () => partitions.standbys.follows()),
    nowMs: () => Date.now(),
    tell: (message) => connection.publish(subjects.raterAlive, JSON.stringify(message)),
    tellMark: (mark) => connection.publish(subjects.mark(mark.tenant, mark.producer), JSON.stringify(mark)),
    offerAlerts: (partition, outSeq, alerts, link) => notifier.offer(partition, outSeq, alerts, link),
    committed: (latencyMs) => latencies.add(latencyMs),
  });
  connection.subscribe(subjects.raterAlive, {
    callback(error, message) {
      const alive = error === null ? parseRaterAlive(message.string()) : undefined;
      if (alive !== undefined) partitions.spread.hear(alive);
    },
  });
  answerRequests(connection, (partition) => partitions.viewOf(partition), config);
  answerChecks(connection, checks, config);
  await Promise.all([notifier.run(), partitions.run(life.signal), keys.watch(life.signal)]);
  await connection.drain();
}

/** A host that listens on every address is reached by its name. */
const reachable = (host: string): string => (['0.0.0.0', '::'].includes(host) ? hostname() : host);

/** A process that rates: it seeks its share of the partitions, and follows what it would own next. */
import { Registry } from 'prom-client';
import { Checks } from '#rater/checks/checks.ts';
import { checkEvents } from '#rater/checks/events.ts';
import { raterEvents } from '#rater/events.ts';
import { createNotifier } from '#rater/notifier/index.ts';
import { Partitions } from '#rater/partitions.ts';
import { drawSnapshot } from '#rater/snapshotDraw.ts';
import { snapshotsIn } from '#rater/snapshots.ts';
import { spreadEvents } from '#rater/spread/events.ts';
import { Process } from '../schedule.ts';
import type { World } from '../world.ts';

export function startRater(world: World, name: string): Process {
  const process = new Process(name);
  world.schedule.after(0, process, () => run(world, process));
  return process;
}

function run(world: World, process: Process): void {
  const { streams, keys, marks, raters, questions, schedule, logger } = world;
  const log = streams.for(process);
  const snapshots = snapshotsIn(keys.blobsFor(process), log);
  const registry = new Registry();
  const signal = new AbortController().signal;
  const leases = keys.leasesFor(process);
  const { partitions: count, targets } = world;
  const notifier =
    targets &&
    createNotifier({ ...targets.portsFor(process), log, partitions: count, registry, leases }, { signal, logger });
  const partitions: Partitions = new Partitions({
    rater: `${process.name} ${world.nonce()}`,
    url: '',
    firstPartition: 0,
    partitions: world.partitions,
    standbysMax: world.partitions,
    log,
    snapshots,
    drawSnapshot: (of) => drawSnapshot(of, log, snapshots),
    incarnations: keys.incarnationsFor(process),
    leases,
    events: raterEvents(registry, logger, () => partitions.owned.size),
    spreadEvents: spreadEvents(registry, logger, () => partitions.standbys.follows()),
    nowMs: () => schedule.wallMs(process),
    tell: (message) => raters.tell(process, message),
    tellMark: (mark) => marks.push(mark),
    offerAlerts: (partition, outSeq, alerts, link) => notifier?.offer(partition, outSeq, alerts, link),
    committed: () => undefined,
  });
  world.views.set(process, partitions.owned);
  world.desks.set(process, (partition) => partitions.deskOf(partition));
  process.onEnd(() => world.views.delete(process));
  process.onEnd(() => world.desks.delete(process));
  const checks = new Checks({
    placement: { firstPartition: 0, partitions: world.partitions },
    deskOf: (partition) => partitions.deskOf(partition),
    askOwner: async (partition, asker, verb, body) =>
      partitions.spread.isElsewhere(partition) ? questions.handOn(process, partition, asker, verb, body) : undefined,
    events: checkEvents(registry, logger),
  });
  questions.answer(process, checks);
  raters.listen(process, (message) => partitions.spread.hear(message));
  marks.answer(process, (partition, tenant, producer) => partitions.viewOf(partition)?.mark(tenant, producer));
  void notifier?.run();
  void partitions.run(signal);
}

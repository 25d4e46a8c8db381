/** The notifier: copies every committed alert to `ALERTS` once and delivers it to its targets as a signed webhook. */
import type { Alert } from '#core/messages/rated.ts';
import { dataPaths, type Config } from '#platform/config.ts';
import { sleep, type Life } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import type { NatsConnection } from '#platform/nats/index.ts';
import { loadSealingKey } from '#platform/sealing.ts';
import { systemResolve, type Resolve } from './addresses.ts';
import { AlertCopies } from './alertCopies.ts';
import { systemClock, type Clock } from './clock.ts';
import { Courier } from './courier.ts';
import { DeliveryRecords } from './deliveryRecords.ts';
import { notifierEvents } from './events.ts';
import { Follower } from './follower.ts';
import { notifierLimits } from './limits.ts';
import { Positions } from './positions.ts';
import { Targets } from './targets.ts';

export interface NotifierDeps {
  readonly config: Config;
  /** Of role `rater`. */
  readonly connection: NatsConnection;
  readonly log: Log;
  readonly partitions: number;
  readonly clock?: Clock;
  readonly resolve?: Resolve;
}

export interface NotifierCounts {
  /** Alerts in `ALERTS`. */
  readonly alerts: number;
  /** Attempts of all runs so far, by what came of them. */
  readonly delivered: number;
  readonly failed: number;
  readonly givenUp: number;
  /** Deliveries that wait. */
  readonly pending: number;
}

export interface Notifier {
  /** Runs until the life's signal aborts, then waits for requests under way and their records. */
  run(): Promise<void>;
  /**
   * The fast path: call it after every acknowledged commit and takeover, with the commit's sequence and its alerts,
   * none included. Never waits, never throws; what it does not take the follower brings.
   */
  offer(partition: number, outSeq: number, alerts: readonly Alert[]): void;
  /** Commit acknowledged → webhook answered, ms, over the newest deliveries that succeeded at once. */
  latency(): { readonly p50: number; readonly p99: number };
  counts(): NotifierCounts;
}

export const runNotifier = (deps: NotifierDeps, life: Life): Promise<void> => createNotifier(deps, life).run();

export function createNotifier(deps: NotifierDeps, life: Life): Notifier {
  const clock = deps.clock ?? systemClock;
  const events = notifierEvents(life.logger);
  const stopping = new AbortController();
  const copies = new AlertCopies(deps.log, stopping.signal, events);
  const records = new DeliveryRecords(deps.log, stopping.signal, events);
  const followers = new Map<number, Follower>();
  let courier: Courier | undefined;

  async function run(): Promise<void> {
    const stop = () => stopping.abort();
    life.signal.addEventListener('abort', stop, { once: true });
    if (life.signal.aborted) stop();
    try {
      await work(stopping.signal);
    } catch (error) {
      if (!life.signal.aborted) throw error;
    } finally {
      stop();
      followers.clear();
      life.signal.removeEventListener('abort', stop);
    }
  }

  async function work(signal: AbortSignal): Promise<void> {
    const { config, connection, log, partitions } = deps;
    const targets = await openTargets();
    const positions = await Positions.open(connection, config.nats.replicas, events);
    const opened = await Promise.all(
      Array.from({ length: partitions }, (_, partition) =>
        Follower.at({ partition, log, copies, courier: courier!, positions, events, signal }),
      ),
    );
    opened.forEach((follower, partition) => followers.set(partition, follower));
    events.started(courier!.pending, copies.count);
    try {
      await Promise.all([
        ...opened.map((follower) => follower.run()),
        targets.watch(signal),
        writePositions(positions, signal),
      ]);
    } finally {
      stopping.abort();
      await drain(positions, targets);
    }
  }

  async function openTargets(): Promise<Targets> {
    const { config, connection } = deps;
    const earlier = await records.load();
    const turnOff = (key: string, revision: number) => void targets.turnOff(key, revision, clock.nowMs());
    const started = new Courier({ clock, records, events, turnOff }, earlier);
    const sender = { allowLoopback: config.webhooks.allowLoopback, resolve: deps.resolve ?? systemResolve, clock };
    const sealingKey = loadSealingKey(dataPaths(config.dataDir).sealingKey);
    const targets = await Targets.load(
      { connection, replicas: config.nats.replicas, sealingKey, sender, events },
      (key, state) => started.setTarget(key, state),
    );
    await copies.load((record) => started.restore(record));
    courier = started;
    return targets;
  }

  /** What is under way is answered or times out with this process; a record that is lost means one more attempt. */
  async function drain(positions: Positions, targets: Targets): Promise<void> {
    await Promise.race([courier!.close(), sleep(notifierLimits.drainMsMax)]);
    await Promise.race([Promise.all([records.flush(), positions.write()]), sleep(notifierLimits.drainMsMax)]);
    targets.close();
  }

  return {
    run,
    offer(partition, outSeq, alerts) {
      followers.get(partition)?.offer({ outSeq, alerts, atMonotonicMs: clock.monotonicMs() });
    },
    latency: () => courier?.latencies.percentiles() ?? { p50: 0, p99: 0 },
    counts: () => ({ alerts: copies.count, ...records.counts, pending: courier?.pending ?? 0 }),
  };
}

async function writePositions(positions: Positions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(notifierLimits.checkpointIntervalMs, signal);
    await positions.write();
  }
}

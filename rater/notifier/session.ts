/** The notifier while it is the one that delivers: everything read back, then followed until the signal aborts. */
import type { Alert } from '#core/messages/alert.ts';
import { buckets } from '#core/messages/names.ts';
import { sleep } from '#platform/lifecycle.ts';
import { privateLeave } from '#platform/privateLeave.ts';
import { systemResolve } from './addresses.ts';
import { AlertCopies, alertOf } from './alertCopies.ts';
import { systemClock, type Clock } from './clock.ts';
import { Courier } from './courier.ts';
import { DeliveryRecords } from './deliveryRecords.ts';
import type { NotifierEvents } from './events.ts';
import { Follower } from './follower.ts';
import type { NotifierCounts, NotifierDeps } from './index.ts';
import { notifierLimits, trimLimits } from './limits.ts';
import type { CommitLink } from './ownCommits.ts';
import { Positions } from './positions.ts';
import { Requests } from './requests.ts';
import { Targets } from './targets.ts';
import { Trimmer } from './trim.ts';

interface Parts {
  readonly clock: Clock;
  readonly copies: AlertCopies;
  readonly records: DeliveryRecords;
  readonly courier: Courier;
  readonly targets: Targets;
  readonly positions: Positions;
  readonly requests: Requests;
  readonly followers: readonly Follower[];
  readonly trimmer: Trimmer | undefined;
}

export class Session {
  private readonly parts: Parts;
  private readonly stopping: AbortController;

  private constructor(parts: Parts, stopping: AbortController) {
    this.parts = parts;
    this.stopping = stopping;
  }

  /** Reads back what is recorded; what an earlier session left undone is taken up where its schedule stands. */
  static async open(deps: NotifierDeps, events: NotifierEvents, signal: AbortSignal): Promise<Session> {
    const { openBucket, createSender, webhooks, log, clock = systemClock, resolve = systemResolve } = deps;
    const stopping = new AbortController();
    const ending = AbortSignal.any([signal, stopping.signal]);
    const copies = new AlertCopies(log, ending, events);
    const records = new DeliveryRecords(log, ending, events);
    const tests = new Map<string, { readonly alert: Alert; readonly atMs: number; readonly seq: number }>();
    const { index, lastSeq } = await records.load((request, seq) => {
      if (request.kind === 'test') tests.set(request.alert.id, { alert: request.alert, atMs: request.atMs, seq });
    });
    const courier = new Courier(
      { clock, records, events, turnOff: (key, revision) => void targets.turnOff(key, revision, clock.nowMs()) },
      index,
    );
    const allowPrivate = privateLeave(webhooks.allowPrivate);
    const sender = { allowLoopback: webhooks.allowLoopback, allowPrivate, resolve, clock };
    const targets: Targets = await Targets.load(
      { bucket: await openBucket(buckets.targets), sealingKey: deps.sealingKey(), sender, createSender, events },
      (key, state) => courier.setTarget(key, state),
    );
    const positions = new Positions(await openBucket(buckets.notifier), events);
    await positions.readTrimmed();
    const followers = await Promise.all(
      Array.from({ length: deps.partitions }, (_, partition) =>
        Follower.at({ partition, log, copies, courier, positions, events, signal: ending }),
      ),
    );
    await copies.load((record) => courier.restore(alertOf(record), record.committedAtMs));
    for (const { alert, atMs } of tests.values()) courier.restore(alert, atMs);
    const testSeqs = new Map([...tests].map(([id, { seq }]) => [id, seq]));
    const requests = new Requests({ log, copies, courier, events }, lastSeq, testSeqs);
    const { purge, trim } = deps;
    const limits = { ...trimLimits, keepMs: webhooks.keepDays * 86_400_000, ...trim };
    const trimmer = purge && new Trimmer({ log, clock, copies, courier, records, positions, events, limits, purge });
    courier.start();
    events.started(courier.pending, copies.count);
    return new Session({ clock, copies, records, courier, targets, positions, requests, followers, trimmer }, stopping);
  }

  /** Runs until the signal aborts, then waits a while for requests under way and for their records. */
  async run(signal: AbortSignal): Promise<void> {
    const { followers, requests, targets, trimmer } = this.parts;
    try {
      await Promise.all([
        ...followers.map((follower) => follower.run()),
        targets.watch(signal),
        requests.run(signal),
        this.writePositions(signal),
        trimmer?.run(signal),
      ]);
    } finally {
      this.stopping.abort();
      await this.drain();
    }
  }

  offer(partition: number, outSeq: number, alerts: readonly Alert[], link?: CommitLink): void {
    const { followers, clock } = this.parts;
    followers[partition]?.offer({ outSeq, alerts, atMonotonicMs: clock.monotonicMs() }, link);
  }

  latency(): { readonly p50: number; readonly p99: number } {
    return this.parts.courier.latencies.percentiles();
  }

  counts(): NotifierCounts {
    const { copies, records, courier } = this.parts;
    return { alerts: copies.count, ...records.counts, pending: courier.pending };
  }

  private async writePositions(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(notifierLimits.checkpointIntervalMs, signal);
      await this.parts.positions.write();
    }
  }

  /** A request that is not answered in time, or a record that is lost, means one more attempt under the same id. */
  private async drain(): Promise<void> {
    const { courier, records, positions, targets } = this.parts;
    await Promise.race([courier.close(), sleep(notifierLimits.drainMsMax)]);
    await Promise.race([Promise.all([records.flush(), positions.write()]), sleep(notifierLimits.drainMsMax)]);
    targets.close();
  }
}

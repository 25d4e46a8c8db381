/** Takes alerts once per id and puts them into the queues of their targets. */
import type { ReplayedDelivery } from '#core/messages/delivery.ts';
import { idPattern } from '#core/messages/names.ts';
import type { Alert } from '#core/messages/alert.ts';
import type { Clock } from './clock.ts';
import { isFinal, type DeliveryIndex, type DeliveryProgress, type DeliveryRecords } from './deliveryRecords.ts';
import type { NotifierEvents } from './events.ts';
import { Latencies } from '../status.ts';
import type { PendingDelivery } from './due.ts';
import { TargetQueue } from './targetQueue.ts';
import { missingTarget, type TargetState } from './targets.ts';

export interface CourierDeps {
  readonly clock: Clock;
  readonly records: DeliveryRecords;
  readonly events: NotifierEvents;
  turnOff(key: string, revision: number): void;
}

export class Courier {
  readonly latencies = new Latencies();
  private readonly deps: CourierDeps;
  private readonly taken = new Set<string>();
  private readonly states = new Map<string, TargetState>();
  private readonly queues = new Map<string, TargetQueue>();
  /** Deliveries of earlier runs, by alert; an entry goes when its alert is taken. */
  private readonly earlier: DeliveryIndex;
  private started = false;

  constructor(deps: CourierDeps, earlier: DeliveryIndex) {
    this.deps = deps;
    this.earlier = earlier;
  }

  get pending(): number {
    let count = 0;
    for (const queue of this.queues.values()) count += queue.pending;
    return count;
  }

  /** Alerts that a target waits for. */
  unsettled(): Set<string> {
    return new Set([...this.queues.values()].flatMap((queue) => queue.waiting()));
  }

  /** Whether it was taken, and not forgotten since. */
  has(alertId: string): boolean {
    return this.taken.has(alertId);
  }

  forget(alertIds: readonly string[]): void {
    for (const id of alertIds) this.taken.delete(id);
  }

  setTarget(key: string, state: TargetState): void {
    this.states.set(key, state);
    this.queues.get(key)?.setTarget(state);
  }

  /** Everything that is recorded has been read: begins to send. */
  start(): void {
    this.started = true;
    for (const queue of this.queues.values()) queue.start();
  }

  /** Goes on with an alert that an earlier run has recorded, where its schedule stands. */
  restore(alert: Alert, raisedAtMs: number): void {
    this.take(alert, this.toMonotonic(raisedAtMs), false);
  }

  /** Delivers an alert, unless it was taken before under the same id. */
  takeOffered(alert: Alert, atMonotonicMs: number): void {
    this.take(alert, atMonotonicMs, true);
  }

  takeFollowed(alert: Alert, committedAtMs: number): void {
    this.take(alert, this.toMonotonic(committedAtMs), true);
  }

  /** Delivers an alert to a target again, whatever became of it. */
  replay(alert: Alert, target: string, { attempts, replay }: ReplayedDelivery, askedAtMs: number): void {
    const progress = { attempts, replay, firstAttemptAtMs: null };
    this.queueOf(alert.tenant, target).replay(pendingOf(alert, this.toMonotonic(askedAtMs), progress));
    this.deps.events.pending(this.pending);
  }

  /** Starts nothing more; resolves when every request under way has been answered. */
  async close(): Promise<void> {
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
  }

  private take(alert: Alert, committedAtMonotonicMs: number, news: boolean): void {
    if (this.taken.has(alert.id)) return;
    this.taken.add(alert.id);
    const earlier = this.earlier.get(alert.id);
    this.earlier.delete(alert.id);
    for (const target of new Set(alert.targets)) {
      const progress = earlier?.get(target);
      if (isFinal(progress?.last)) continue;
      if (!idPattern.test(target) || !idPattern.test(alert.tenant)) this.deps.events.skipped(alert.id, target);
      else this.queueOf(alert.tenant, target).add(pendingOf(alert, committedAtMonotonicMs, progress), news);
    }
    this.deps.events.pending(this.pending);
  }

  private queueOf(tenant: string, target: string): TargetQueue {
    const key = `${tenant}.${target}`;
    const found = this.queues.get(key);
    if (found !== undefined) return found;
    const { clock, records, events, turnOff } = this.deps;
    const queue = new TargetQueue(
      {
        tenant,
        target,
        clock,
        record: (deliveries) => {
          for (const { status, attempt, latencyMs } of deliveries)
            if (status === 'delivered' && attempt === 1) this.latencies.add(latencyMs);
          records.record(deliveries);
          events.pending(this.pending);
        },
        turnOff: (revision) => turnOff(key, revision),
      },
      this.states.get(key) ?? missingTarget(key),
    );
    if (this.started) queue.start();
    this.queues.set(key, queue);
    return queue;
  }

  private toMonotonic(atMs: number): number {
    const { clock } = this.deps;
    return clock.monotonicMs() - (clock.nowMs() - atMs);
  }
}

function pendingOf(
  alert: Alert,
  committedAtMonotonicMs: number,
  progress: DeliveryProgress | undefined,
): PendingDelivery {
  const last = progress?.last;
  return {
    alert,
    committedAtMonotonicMs,
    attempt: progress?.attempts ?? 0,
    firstAttemptAtMs: progress?.firstAttemptAtMs ?? null,
    dueAtMs: last?.nextAttemptAtMs ?? 0,
    notBeforeMs: 0,
    steppedAside: false,
    alone: false,
    waitsForTarget: last?.status === 'refused' && last.nextAttemptAtMs === null,
    replay: progress?.replay ?? 0,
    place: 0,
  };
}

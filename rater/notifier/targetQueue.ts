/**
 * The deliveries that wait for one target. Alerts of one source form a lane and go strictly one after the other, for a
 * release that overtook its throttle would leave a service throttled for good; lanes go side by side, up to a bound. In
 * an alert storm what could go at once goes as one request. An alert that the receiver rejects (4xx) steps aside so that
 * it cannot hold back what comes after it, and is given up once a later alert of its source is delivered.
 */
import type { Delivery, DeliveryEnd } from '#core/messages/api.ts';
import type { Clock } from './clock.ts';
import { notifierLimits } from './limits.ts';
import { judge, rejectsThisAlert, type Verdict } from './schedule.ts';
import { Begun } from './pace.ts';
import type { Sent } from './channel.ts';
import type { SentOutcome } from './sender.ts';
import { choose, dueInOrder, dueOf, type Chosen, type Lane, type PendingDelivery } from './due.ts';
import { groupId } from './group.ts';
import type { TargetState } from './targets.ts';

export interface TargetQueueDeps {
  readonly tenant: string;
  readonly target: string;
  readonly clock: Clock;
  /** Attempts of one request. */
  record(deliveries: readonly [Delivery, ...Delivery[]]): void;
  turnOff(revision: number): void;
}

type Answer = Pick<SentOutcome, 'httpStatus' | 'detail' | 'answeredAtMonotonicMs' | 'response'>;
type Ready = TargetState & { kind: 'ready' };
type Closed = TargetState & { kind: 'closed' };

export class TargetQueue {
  private readonly deps: TargetQueueDeps;
  private readonly lanes = new Map<string, Lane>();
  private state: TargetState;
  private count = 0;
  private placed = 0;
  private underWay = 0;
  private readonly begun = new Begun();
  private pausedUntilMs = 0;
  private failing = false;
  private pumping = false;
  /** Nothing is sent before everything that is recorded has been read, and nothing after the end. */
  private open = false;
  private idle: (() => void) | undefined;
  private cancelWake: () => void = () => undefined;

  constructor(deps: TargetQueueDeps, state: TargetState) {
    this.deps = deps;
    this.state = state;
  }

  start(): void {
    this.open = true;
    this.pump();
  }

  get pending(): number {
    return this.count;
  }

  /** Ids of the alerts that wait or are under way. */
  waiting(): string[] {
    return [...this.lanes.values()].flatMap((lane) => lane.waiting.map(({ alert }) => alert.id));
  }

  /** `news`: just raised, so worth a try at once of what waits before it; else it is taken up again after a restart. */
  add(pending: PendingDelivery, news: boolean): void {
    if (this.count >= notifierLimits.pendingPerTargetMax) {
      return this.recordWithout(pending, 'given_up', 'crowded', 'Too many alerts wait for this target.');
    }
    this.count++;
    const source = pending.alert.source;
    const lane = this.lanes.get(source) ?? { source, waiting: [], busy: false };
    this.lanes.set(source, lane);
    if (news) for (const earlier of lane.waiting) earlier.dueAtMs = 0;
    pending.place = this.placed++;
    lane.waiting.push(pending);
    this.pumpSoon();
  }

  /** Asked for again: at once, with its hours anew. */
  replay(pending: PendingDelivery): void {
    const { alert, replay, attempt } = pending;
    const waiting = this.lanes.get(alert.source)?.waiting.find((each) => each.alert.id === alert.id);
    if (waiting === undefined) return this.add(pending, false);
    Object.assign(waiting, {
      replay,
      attempt: Math.max(attempt, waiting.attempt),
      firstAttemptAtMs: null,
      dueAtMs: 0,
      notBeforeMs: 0,
    });
    waiting.waitsForTarget = false;
    this.pumpSoon();
  }

  setTarget(state: TargetState): void {
    this.state = state;
    this.pausedUntilMs = 0;
    if (state.kind === 'ready') this.retryAll();
    this.pump();
  }

  /** Starts nothing more; resolves when what is under way has been answered. */
  async close(): Promise<void> {
    this.open = false;
    this.cancelWake();
    if (this.underWay > 0) await new Promise<void>((resolve) => (this.idle = resolve));
  }

  /** Many alerts added in one go are looked through once. */
  private pumpSoon(): void {
    if (this.pumping) return;
    this.pumping = true;
    queueMicrotask(() => {
      this.pumping = false;
      this.pump();
    });
  }

  private pump(): void {
    if (!this.open) return;
    this.cancelWake();
    const nowMs = this.deps.clock.nowMs();
    const wakeAtMs = this.state.kind === 'ready' ? this.startDue(this.state, nowMs) : this.expire(this.state, nowMs);
    if (wakeAtMs === Infinity) return;
    this.cancelWake = this.deps.clock.schedule(Math.max(1, wakeAtMs - nowMs), () => this.pump());
  }

  /** Starts what is due; returns when the next is. */
  private startDue(target: Ready, nowMs: number): number {
    const { pace } = target;
    for (;;) {
      if (this.underWay >= pace.concurrency) return Infinity;
      const { due, acts, nextMs } = (pace.inOrder ? dueInOrder : dueOf)(this.lanes.values(), nowMs, this.pausedUntilMs);
      if (due.length === 0) return nextMs;
      const { fromMs, grouped } = this.begun.next(nowMs, pace, due.length, acts);
      if (fromMs > nowMs) return Math.min(fromMs, nextMs);
      void this.attempt(target, choose(due, grouped ? notifierLimits.groupAlertsMax : 1), nowMs);
    }
  }

  /** Without a usable target each alert is recorded once and waits until its time is over; returns when the next's is. */
  private expire({ reason: { code, message }, pace }: Closed, nowMs: number): number {
    let wakeAtMs = Infinity;
    for (const lane of this.lanes.values()) {
      for (const pending of lane.busy ? [] : [...lane.waiting]) {
        pending.firstAttemptAtMs ??= nowMs;
        const deadlineMs = pending.firstAttemptAtMs + pace.retryForMs;
        if (deadlineMs <= nowMs) {
          this.remove(lane, pending);
          this.recordWithout(pending, 'given_up', 'expired', message);
        } else {
          wakeAtMs = Math.min(wakeAtMs, deadlineMs);
          const reason = code === 'TARGET_DISABLED' ? 'disabled' : 'unusable';
          if (!pending.waitsForTarget) this.recordWithout(pending, 'refused', reason, message);
          pending.waitsForTarget = true;
        }
      }
    }
    return wakeAtMs;
  }

  private async attempt({ channel, revision, pace }: Ready, chosen: readonly Chosen[], nowMs: number): Promise<void> {
    const { clock } = this.deps;
    this.underWay++;
    this.begun.add(nowMs);
    for (const { lane, pending } of chosen) {
      lane.busy = true;
      pending.attempt++;
      pending.firstAttemptAtMs ??= nowMs;
    }
    const alerts = chosen.map(({ pending }) => pending.alert);
    const sent = await channel.send(alerts, nowMs);
    this.underWay--;
    const group = chosen.length > 1 ? { id: groupId(alerts), size: chosen.length } : undefined;
    const random = clock.random();
    const nowAfterMs = clock.nowMs();
    const settled = chosen.map(({ lane, pending }, index) => {
      const deadlineMs = pending.firstAttemptAtMs! + pace.retryForMs;
      const verdict = judge(sent.outcome, pending.attempt, nowAfterMs, deadlineMs, random);
      // Of a group the first record tells what was sent and answered.
      const delivery = this.deliveryOf(pending, verdict, index === 0 ? sent : { outcome: sent.outcome }, group);
      return { lane, pending, verdict, delivery };
    });
    const [first, ...rest] = settled.map(({ delivery }) => delivery);
    this.deps.record([first!, ...rest]);
    for (const { lane, pending, verdict } of settled) {
      lane.busy = false;
      this.settle(lane, pending, verdict, sent.outcome, group !== undefined);
    }
    if (settled[0]!.verdict.disablesTarget) this.deps.turnOff(revision);
    if (this.underWay === 0) this.idle?.();
    this.pump();
  }

  private settle(lane: Lane, pending: PendingDelivery, verdict: Verdict, outcome: SentOutcome, grouped: boolean): void {
    if (verdict.status === 'delivered') {
      for (const overtaken of lane.waiting.slice(0, lane.waiting.indexOf(pending))) {
        this.remove(lane, overtaken);
        this.recordWithout(
          overtaken,
          'given_up',
          'overtaken',
          `Overtaken by ${pending.alert.id}, which was delivered.`,
        );
      }
      this.remove(lane, pending);
      if (this.failing) this.retryAll();
    } else if (verdict.status === 'given_up') {
      this.remove(lane, pending);
    } else {
      pending.dueAtMs = verdict.nextAttemptAtMs ?? 0;
      pending.notBeforeMs = outcome.retryAfterMs === null ? 0 : pending.dueAtMs;
      pending.waitsForTarget = verdict.disablesTarget;
      const rejected = outcome.rejects ?? rejectsThisAlert(outcome.httpStatus);
      pending.alone ||= grouped && rejected;
      pending.steppedAside ||= !grouped && rejected;
    }
    this.failing = verdict.status !== 'delivered';
    this.pausedUntilMs = Math.max(this.pausedUntilMs, verdict.pausesTargetUntilMs);
  }

  /** The target answers again, or is another one now: what waited for its next turn has it at once. */
  private retryAll(): void {
    for (const lane of this.lanes.values()) {
      for (const pending of lane.waiting) {
        pending.dueAtMs = 0;
        pending.waitsForTarget = false;
      }
    }
  }

  private remove(lane: Lane, pending: PendingDelivery): void {
    lane.waiting.splice(lane.waiting.indexOf(pending), 1);
    this.count--;
    if (lane.waiting.length === 0) this.lanes.delete(lane.source);
  }

  /** A record of no request: the target cannot be used, or the alert's time is over. */
  private recordWithout(
    pending: PendingDelivery,
    status: 'refused' | 'given_up',
    reason: DeliveryEnd,
    detail: string,
  ): void {
    pending.attempt++;
    const answeredAtMonotonicMs = this.deps.clock.monotonicMs();
    const outcome = { httpStatus: 0, detail, answeredAtMonotonicMs };
    this.deps.record([this.deliveryOf(pending, { status, reason, nextAttemptAtMs: null }, { outcome })]);
  }

  private deliveryOf(
    pending: PendingDelivery,
    verdict: Pick<Verdict, 'status' | 'reason' | 'nextAttemptAtMs'>,
    { outcome, call }: { readonly outcome: Answer; readonly call?: Sent['call'] },
    group?: Delivery['group'],
  ): Delivery {
    const { httpStatus, detail, answeredAtMonotonicMs, response } = outcome;
    const latencyMs = Math.max(0, answeredAtMonotonicMs - pending.committedAtMonotonicMs);
    return {
      alertId: pending.alert.id,
      tenant: this.deps.tenant,
      target: this.deps.target,
      attempt: pending.attempt,
      status: verdict.status,
      ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
      httpStatus,
      detail,
      atMs: this.deps.clock.nowMs(),
      latencyMs: Math.round(latencyMs * 1000) / 1000,
      nextAttemptAtMs: verdict.nextAttemptAtMs,
      ...(pending.replay === 0 ? {} : { replay: pending.replay }),
      ...(call === undefined ? {} : { request: call }),
      ...(call === undefined || response === undefined ? {} : { response }),
      ...(group === undefined ? {} : { group }),
    };
  }
}

/**
 * The deliveries that wait for one target. Alerts of one source form a lane and go strictly one after the other, for a
 * release that overtook its throttle would leave a service throttled for good; lanes go side by side, up to a bound.
 * An alert that the receiver rejects (4xx) steps aside so that it cannot hold back what comes after it, and is given
 * up once a later alert of its source is delivered.
 */
import type { Delivery } from '#core/messages/api.ts';
import type { Alert } from '#core/messages/alert.ts';
import type { Clock } from './clock.ts';
import { notifierLimits } from './limits.ts';
import { judge, rejectsThisAlert, type Verdict } from './schedule.ts';
import type { SentOutcome } from './sender.ts';
import type { TargetState } from './targets.ts';
import { webhookBody, webhookHeaders } from './webhook.ts';

export interface PendingDelivery {
  readonly alert: Alert;
  /** When the commit was acknowledged, on the monotonic clock; may lie before this process began. */
  readonly committedAtMonotonicMs: number;
  /** Attempts made so far. */
  attempt: number;
  firstAttemptAtMs: number | null;
  /** Not before this; 0 for at once. */
  dueAtMs: number;
  /** Retry-After of the last answer; a new alert of the lane does not shorten it. */
  notBeforeMs: number;
  steppedAside: boolean;
  /** That the target cannot be used has been recorded. */
  waitsForTarget: boolean;
}

export interface TargetQueueDeps {
  readonly tenant: string;
  readonly target: string;
  readonly clock: Clock;
  record(delivery: Delivery, pending: PendingDelivery): void;
  turnOff(revision: number): void;
}

interface Lane {
  readonly waiting: PendingDelivery[];
  busy: boolean;
}

export class TargetQueue {
  private readonly deps: TargetQueueDeps;
  private readonly lanes = new Map<string, Lane>();
  private state: TargetState;
  private count = 0;
  private underWay = 0;
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

  /** `news`: just raised, so worth a try at once of what waits before it; else it is taken up again after a restart. */
  add(pending: PendingDelivery, news: boolean): void {
    if (this.count >= notifierLimits.pendingPerTargetMax) {
      return this.recordWithout(pending, 'given_up', 'Too many alerts wait for this target.');
    }
    this.count++;
    const lane = this.lanes.get(pending.alert.source) ?? { waiting: [], busy: false };
    this.lanes.set(pending.alert.source, lane);
    if (news) for (const earlier of lane.waiting) earlier.dueAtMs = 0;
    lane.waiting.push(pending);
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
    const wakeAtMs =
      this.state.kind === 'ready' ? this.startDue(this.state, nowMs) : this.expire(this.state.reason.message, nowMs);
    if (wakeAtMs === Infinity) return;
    this.cancelWake = this.deps.clock.schedule(Math.max(1, wakeAtMs - nowMs), () => this.pump());
  }

  /** Starts what is due; returns when the next is. */
  private startDue(target: TargetState & { kind: 'ready' }, nowMs: number): number {
    let wakeAtMs = Infinity;
    for (const lane of this.lanes.values()) {
      if (this.underWay >= notifierLimits.requestsPerTargetMax) return Infinity;
      if (lane.busy) continue;
      for (const pending of lane.waiting) {
        const dueAtMs = Math.max(pending.dueAtMs, pending.notBeforeMs, this.pausedUntilMs);
        if (dueAtMs <= nowMs) {
          void this.attempt(target, lane, pending, nowMs);
          break;
        }
        wakeAtMs = Math.min(wakeAtMs, dueAtMs);
        if (!pending.steppedAside) break;
      }
    }
    return wakeAtMs;
  }

  /** Without a usable target each alert is recorded once and waits until its time is over; returns when the next's is. */
  private expire(reason: string, nowMs: number): number {
    let wakeAtMs = Infinity;
    for (const [source, lane] of this.lanes) {
      for (const pending of lane.busy ? [] : [...lane.waiting]) {
        pending.firstAttemptAtMs ??= nowMs;
        const deadlineMs = pending.firstAttemptAtMs + notifierLimits.retryForMsMax;
        if (deadlineMs <= nowMs) {
          this.remove(source, lane, pending);
          this.recordWithout(pending, 'given_up', reason);
        } else {
          wakeAtMs = Math.min(wakeAtMs, deadlineMs);
          if (!pending.waitsForTarget) this.recordWithout(pending, 'refused', reason);
          pending.waitsForTarget = true;
        }
      }
    }
    return wakeAtMs;
  }

  private async attempt(
    target: TargetState & { kind: 'ready' },
    lane: Lane,
    pending: PendingDelivery,
    nowMs: number,
  ): Promise<void> {
    const { clock } = this.deps;
    this.underWay++;
    lane.busy = true;
    pending.attempt++;
    pending.firstAttemptAtMs ??= nowMs;
    const body = webhookBody(pending.alert);
    const outcome = await target.sender.send(webhookHeaders(target.signer, pending.alert, body, nowMs), body);
    this.underWay--;
    lane.busy = false;
    const deadlineMs = pending.firstAttemptAtMs + notifierLimits.retryForMsMax;
    const verdict = judge(outcome, pending.attempt, clock.nowMs(), deadlineMs, clock.random());
    this.record(pending, verdict, outcome);
    this.settle(lane, pending, verdict, outcome);
    if (verdict.disablesTarget) this.deps.turnOff(target.revision);
    if (this.underWay === 0) this.idle?.();
    this.pump();
  }

  private settle(lane: Lane, pending: PendingDelivery, verdict: Verdict, outcome: SentOutcome): void {
    const { source } = pending.alert;
    if (verdict.status === 'delivered') {
      for (const overtaken of lane.waiting.slice(0, lane.waiting.indexOf(pending))) {
        this.remove(source, lane, overtaken);
        this.recordWithout(overtaken, 'given_up', `Overtaken by ${pending.alert.id}, which was delivered.`);
      }
      this.remove(source, lane, pending);
      if (this.failing) this.retryAll();
    } else if (verdict.status === 'given_up') {
      this.remove(source, lane, pending);
    } else {
      pending.dueAtMs = verdict.nextAttemptAtMs ?? 0;
      pending.notBeforeMs = outcome.retryAfterMs === null ? 0 : pending.dueAtMs;
      pending.waitsForTarget = verdict.disablesTarget;
      pending.steppedAside ||= rejectsThisAlert(outcome.httpStatus);
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

  private remove(source: string, lane: Lane, pending: PendingDelivery): void {
    lane.waiting.splice(lane.waiting.indexOf(pending), 1);
    this.count--;
    if (lane.waiting.length === 0) this.lanes.delete(source);
  }

  /** A record of no request: the target cannot be used, or the alert's time is over. */
  private recordWithout(pending: PendingDelivery, status: 'refused' | 'given_up', detail: string): void {
    pending.attempt++;
    const answeredAtMonotonicMs = this.deps.clock.monotonicMs();
    this.record(pending, { status, nextAttemptAtMs: null }, { httpStatus: 0, detail, answeredAtMonotonicMs });
  }

  private record(
    pending: PendingDelivery,
    verdict: Pick<Verdict, 'status' | 'nextAttemptAtMs'>,
    outcome: Pick<SentOutcome, 'httpStatus' | 'detail' | 'answeredAtMonotonicMs'>,
  ): void {
    const latencyMs = Math.max(0, outcome.answeredAtMonotonicMs - pending.committedAtMonotonicMs);
    const delivery: Delivery = {
      alertId: pending.alert.id,
      tenant: this.deps.tenant,
      target: this.deps.target,
      attempt: pending.attempt,
      status: verdict.status,
      httpStatus: outcome.httpStatus,
      detail: outcome.detail,
      atMs: this.deps.clock.nowMs(),
      latencyMs: Math.round(latencyMs * 1000) / 1000,
      nextAttemptAtMs: verdict.nextAttemptAtMs,
    };
    this.deps.record(delivery, pending);
  }
}

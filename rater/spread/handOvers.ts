/** Gives back what is another's to own: one partition at a time, once that has been so for a while and its standby is level. */
import type { RaterAlive } from '#core/messages/raterAlive.ts';
import { raterLimits } from '../limits.ts';
import type { SpreadEvents } from './events.ts';

interface HandOverDeps {
  readonly rater: string;
  readonly committed: (partition: number) => number | undefined;
  readonly events: SpreadEvents;
}

interface Held {
  readonly handOver: AbortController;
  /** Whose it is to be, and since when; monotonic ms. */
  heir: string | undefined;
  sinceMs: number;
}

export class HandOvers {
  readonly #deps: HandOverDeps;
  readonly #held = new Map<number, Held>();
  /** What has been given back and not been taken yet. */
  #under: { readonly partition: number; readonly startedMs: number } | undefined;
  /** When a hand-over of the partition failed. */
  readonly #failedMs = new Map<number, number>();

  constructor(deps: HandOverDeps) {
    this.#deps = deps;
  }

  hold(partition: number): AbortSignal {
    const handOver = new AbortController();
    this.#held.set(partition, { handOver, heir: undefined, sinceMs: 0 });
    return handOver.signal;
  }

  release(partition: number): void {
    this.#held.delete(partition);
  }

  judge(
    targets: readonly (string | undefined)[],
    holders: readonly (string | undefined)[],
    all: readonly RaterAlive[],
  ): void {
    const nowMs = performance.now();
    for (const [partition, held] of this.#held) {
      if (held.heir === targets[partition]) continue;
      held.heir = targets[partition];
      held.sinceMs = nowMs;
    }
    if (this.#isUnderWay(holders, nowMs)) return;
    const next = [...this.#held].find(([partition, held]) => this.#isDue(partition, held, all, nowMs));
    if (next === undefined) return;
    const [partition, { handOver, heir }] = next;
    this.#under = { partition, startedMs: nowMs };
    this.#deps.events.handOver(partition, heir!);
    handOver.abort();
  }

  #isUnderWay(holders: readonly (string | undefined)[], nowMs: number): boolean {
    if (this.#under === undefined) return false;
    const { partition, startedMs } = this.#under;
    const holder = holders[partition];
    const isBack = holder === this.#deps.rater && this.#held.get(partition)?.handOver.signal.aborted === false;
    const isLate = nowMs - startedMs >= raterLimits.handOverMsMax;
    if (isBack || isLate) this.#failedMs.set(partition, nowMs);
    const isTaken = holder !== undefined && holder !== this.#deps.rater;
    if (!isTaken && !isBack && !isLate) return true;
    this.#under = undefined;
    return false;
  }

  #isDue(partition: number, { heir, sinceMs }: Held, all: readonly RaterAlive[], nowMs: number): boolean {
    const outSeq = this.#deps.committed(partition);
    if (outSeq === undefined || heir === undefined || heir === this.#deps.rater) return false;
    if (nowMs - sinceMs < raterLimits.handOverAfterMs) return false;
    const failedMs = this.#failedMs.get(partition);
    if (failedMs !== undefined && nowMs - failedMs < raterLimits.handOverRetryMs) return false;
    const standby = all.find(({ rater }) => rater === heir)?.follows.find((one) => one.partition === partition);
    const isLevel =
      standby !== undefined && standby.outSeq + raterLimits.handOverLagMax >= outSeq && standby.outSeq > 0;
    return isLevel || nowMs - sinceMs >= raterLimits.handOverWaitMsMax;
  }
}

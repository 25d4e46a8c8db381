/** The other raters that live, from what they say. */
import type { RaterAlive } from '#core/messages/raterAlive.ts';
import { raterLimits } from '../limits.ts';

export interface Member extends RaterAlive {
  /** Whether it has been there for long enough to be given what others own. */
  readonly isSettled: boolean;
}

interface Heard {
  readonly message: RaterAlive;
  /** Monotonic ms. */
  readonly atMs: number;
  /** Since when it has been heard of without a silence; undefined where it was there before us. */
  readonly backMs: number | undefined;
}

export class Members {
  readonly #startedMs = performance.now();
  readonly #heard = new Map<string, Heard>();

  /** Of this process itself. */
  get ageMs(): number {
    return performance.now() - this.#startedMs;
  }

  take(message: RaterAlive): void {
    const atMs = performance.now();
    this.#prune();
    const known = this.#heard.get(message.rater);
    const isBack = known === undefined && this.ageMs > raterLimits.memberSettleMs;
    if (message.isLeaving && message.owns.length === 0) this.#heard.delete(message.rater);
    else this.#heard.set(message.rater, { message, atMs, backMs: known?.backMs ?? (isBack ? atMs : undefined) });
  }

  others(): Member[] {
    this.#prune();
    const nowMs = performance.now();
    return [...this.#heard.values()].map(({ message, atMs, backMs }) => {
      const ageMs = Math.min(message.ageMs + nowMs - atMs, nowMs - (backMs ?? -Infinity));
      return { ...message, isSettled: isSettled(ageMs) };
    });
  }

  #prune(): void {
    const nowMs = performance.now();
    for (const [rater, { atMs }] of this.#heard)
      if (nowMs - atMs > raterLimits.memberSilenceMsMax) this.#heard.delete(rater);
  }
}

export const isSettled = (ageMs: number): boolean => ageMs >= raterLimits.memberSettleMs;

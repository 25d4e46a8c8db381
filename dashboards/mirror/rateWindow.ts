import { mirrorLimits } from '../limits.ts';

/**
 * How fast a growing total grows, per hour, over the last minute of log time. Keeps one point a bucket in which the
 * total changed: the cumulative sum *before* the bucket.
 */
export class RateWindow {
  readonly #startedAtMs: number;
  #sum = 0n;
  readonly #points: { readonly atMs: number; readonly before: bigint }[] = [];

  constructor(startedAtMs: number) {
    this.#startedAtMs = startedAtMs;
  }

  add(increment: bigint, logTimeMs: number): void {
    const atMs = logTimeMs - (logTimeMs % mirrorLimits.rateBucketMs);
    if (this.#points.at(-1)?.atMs !== atMs) this.#points.push({ atMs, before: this.#sum });
    this.#sum += increment;
    this.#forget(logTimeMs);
  }

  /** Amount per hour, in the unit of what was added; 0 while the window is too short to tell. */
  perHour(logTimeMs: number): bigint {
    this.#forget(logTimeMs);
    const oldest = this.#points[0];
    if (oldest === undefined) return 0n;
    const elapsedMs = Math.min(mirrorLimits.rateWindowMs, logTimeMs - this.#startedAtMs);
    if (elapsedMs < mirrorLimits.rateWindowMsMin) return 0n;
    return ((this.#sum - oldest.before) * 3_600_000n) / BigInt(elapsedMs);
  }

  #forget(logTimeMs: number): void {
    while (this.#points[0] !== undefined && this.#points[0].atMs <= logTimeMs - mirrorLimits.rateWindowMs)
      this.#points.shift();
  }
}

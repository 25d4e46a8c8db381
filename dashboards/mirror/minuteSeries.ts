import { mirrorLimits } from '../limits.ts';

const minuteMs = 60_000;

/** Charges per minute of log time, the last 30 minutes. Seeded once from the store, then fed by commits. */
export class MinuteSeries {
  readonly #amounts = new Map<number, bigint>();
  readonly #changed = new Set<number>();

  add(amount: bigint, logTimeMs: number): void {
    if (amount === 0n) return;
    const minute = logTimeMs - (logTimeMs % minuteMs);
    this.#amounts.set(minute, (this.#amounts.get(minute) ?? 0n) + amount);
    this.#changed.add(minute);
    this.#forget(logTimeMs);
  }

  /** Minutes that began before the series' window are not kept, whatever their order of arrival. */
  #forget(logTimeMs: number): void {
    const from = logTimeMs - (logTimeMs % minuteMs) - (mirrorLimits.minutes - 1) * minuteMs;
    for (const minute of this.#amounts.keys()) {
      if (minute >= from) continue;
      this.#amounts.delete(minute);
      this.#changed.delete(minute);
    }
  }

  /** All minutes that are known and in the window, oldest first. */
  entries(logTimeMs: number): readonly (readonly [number, bigint])[] {
    this.#forget(logTimeMs);
    return [...this.#amounts].sort(([a], [b]) => a - b);
  }

  /** The minutes that changed since the last call, with their present amounts. */
  takeChanged(logTimeMs: number): readonly (readonly [number, bigint])[] {
    this.#forget(logTimeMs);
    const changed = [...this.#changed]
      .sort((a, b) => a - b)
      .map((minute) => [minute, this.#amounts.get(minute) ?? 0n] as const);
    this.#changed.clear();
    return changed;
  }
}

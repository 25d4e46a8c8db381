import { apiLimits } from '../limits.ts';

const windowMs = 60_000;

/** Counts attempts per address in windows of a minute. */
export class AddressLimit {
  readonly #max: number;
  readonly #windows = new Map<string, { endsAtMs: number; count: number }>();

  constructor(attemptsPerMinuteMax: number) {
    this.#max = attemptsPerMinuteMax;
  }

  /** Counts one attempt. Returns 0 when it is allowed, else the seconds to wait. */
  take(address: string, nowMs = performance.now()): number {
    const waitSeconds = this.waitSeconds(address, nowMs);
    if (waitSeconds > 0) return waitSeconds;
    let window = this.#windows.get(address);
    if (window === undefined || window.endsAtMs <= nowMs) {
      window = { endsAtMs: nowMs + windowMs, count: 0 };
      this.#windows.delete(address);
      this.#windows.set(address, window);
      if (this.#windows.size > apiLimits.addressesMax) this.#windows.delete(this.#windows.keys().next().value!);
    }
    window.count++;
    return 0;
  }

  /** Seconds until the address may try again; 0 when it may now. Counts nothing. */
  waitSeconds(address: string, nowMs = performance.now()): number {
    const window = this.#windows.get(address);
    if (window === undefined || window.endsAtMs <= nowMs || window.count < this.#max) return 0;
    return Math.ceil((window.endsAtMs - nowMs) / 1000);
  }
}

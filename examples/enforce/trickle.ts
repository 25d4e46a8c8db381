/** How much a throttled account may still do: so many requests a second, each account by itself. */
export class Trickle {
  private readonly perSecond: number;
  private readonly nextMs = new Map<string, number>();

  constructor(perSecond: number) {
    this.perSecond = perSecond;
  }

  /** 0: now; else in how many ms. */
  waitMs(account: string, nowMs: number): number {
    const nextMs = this.nextMs.get(account) ?? 0;
    if (nextMs > nowMs) return nextMs - nowMs;
    this.nextMs.set(account, nowMs + 1000 / this.perSecond);
    // Who has not been here for a while need not be remembered.
    if (this.nextMs.size > 10_000) for (const [key, ms] of this.nextMs) if (ms < nowMs) this.nextMs.delete(key);
    return 0;
  }
}

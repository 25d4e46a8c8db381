import { notifierLimits } from './limits.ts';

/** Percentiles over the newest latencies, ms. */
export class Latencies {
  private readonly values: number[] = [];
  private next = 0;

  add(ms: number): void {
    this.values[this.next] = ms;
    this.next = (this.next + 1) % notifierLimits.latenciesKept;
  }

  percentiles(): { readonly p50: number; readonly p99: number } {
    const sorted = this.values.toSorted((a, b) => a - b);
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return { p50: at(0.5), p99: at(0.99) };
  }
}

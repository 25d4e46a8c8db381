/**
 * Samples that the spool has no room for, added up per series into longer slices so that totals stay right: quantities of
 * counters add up, and a level that changed becomes the two neighbouring whole levels whose sum over time is exactly the same.
 */
import { batchLimits } from '#core/metering/batch.ts';
import { limits } from '../limits.ts';
import type { Series } from '../sources/source.ts';
import type { Sample } from './measure.ts';

/** What one series did in one slice; `sum` is the quantity, of a level its sum over milliseconds. */
export interface Slice {
  readonly series: Series;
  readonly startMs: number;
  endMs: number;
  monotonicUs: number;
  sum: bigint;
  raw: bigint | null;
}

export class Coalesced {
  /** Slices begin anew at multiples of this, UTC, so that periods, days and hours are told apart; it doubles when there are too many. */
  intervalMs: number;
  readonly #bySeries = new Map<string, Slice[]>();
  #size = 0;

  constructor(slices: readonly Slice[] = [], intervalMs: number = limits.coalesceMs) {
    this.intervalMs = intervalMs;
    for (const slice of slices) this.#add(slice);
  }

  /** Slices in all. */
  get size(): number {
    return this.#size;
  }

  slices(): Slice[] {
    return [...this.#bySeries.values()].flat();
  }

  /** All of them or none; false when there would be more slices than are kept even over the longest time. */
  add(samples: readonly Sample[]): boolean {
    while (this.#size + samples.length > limits.coalescedSlicesMax) {
      if (this.intervalMs * 2 > batchLimits.durationMsMax) break;
      this.#double();
    }
    const isNew = ({ series }: Sample) => !this.#bySeries.has(series.key);
    if (this.#size + samples.filter(isNew).length > limits.coalescedSlicesMax) return false;
    for (const sample of samples) this.#add(sliceOf(sample));
    return true;
  }

  /** Slices as samples; a level that is not whole becomes the one above it for a while, and the one below for the rest. */
  samples(): Sample[] {
    return this.slices().flatMap((slice) => {
      const { series, startMs, endMs, monotonicUs, sum, raw } = slice;
      const durationMs = endMs - startMs;
      if (series.metric.kind === 'delta') return [{ series, startMs, durationMs, monotonicUs, quantity: sum, raw }];
      if (durationMs === 0) return [];
      const level = sum / BigInt(durationMs);
      const aboveMs = Number(sum % BigInt(durationMs));
      const whole = { series, monotonicUs: 0, raw };
      const above = { ...whole, startMs, durationMs: aboveMs, quantity: level + 1n };
      const below = { ...whole, startMs: startMs + aboveMs, durationMs: durationMs - aboveMs, quantity: level };
      return aboveMs === 0 ? [{ ...below, monotonicUs }] : [above, below];
    });
  }

  #double(): void {
    const slices = this.slices();
    this.intervalMs *= 2;
    this.#bySeries.clear();
    this.#size = 0;
    for (const slice of slices) this.#add(slice);
  }

  #add(slice: Slice): void {
    const { key } = slice.series;
    let slices = this.#bySeries.get(key);
    if (slices === undefined) this.#bySeries.set(key, (slices = []));
    const last = slices.at(-1);
    if (last !== undefined && this.#joins(last, slice)) {
      last.endMs = slice.endMs;
      last.monotonicUs = last.monotonicUs === 0 || slice.monotonicUs === 0 ? 0 : last.monotonicUs + slice.monotonicUs;
      last.sum += slice.sum;
      last.raw = slice.raw;
      return;
    }
    slices.push({ ...slice });
    this.#size += 1;
  }

  /** Only what follows without a gap: a level that nobody saw is not taken to have been there. */
  #joins(last: Slice, next: Slice): boolean {
    const window = (ms: number) => Math.floor(ms / this.intervalMs);
    return (
      last.endMs === next.startMs &&
      window(last.startMs) === window(next.startMs) &&
      next.endMs - last.startMs <= batchLimits.durationMsMax
    );
  }
}

const sliceOf = ({ series, startMs, durationMs, monotonicUs, quantity, raw }: Sample): Slice => ({
  series,
  startMs,
  endMs: startMs + durationMs,
  monotonicUs,
  sum: series.metric.kind === 'delta' ? quantity : quantity * BigInt(durationMs),
  raw,
});

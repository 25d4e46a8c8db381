/**
 * The samples of a `samplePercentile` tally in order of size (SPEC §8.6.3): of N, the ⌊N · discardPercent / 100⌋ greatest are set aside and
 * the next one is the quantity. That is the nearest-rank percentile, the ⌈N · (100 − discardPercent) / 100⌉-th smallest
 * (Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996, definition 1).
 */
import type { MeterRecord } from '../messages/control.ts';
import { parseRational } from '../money/fixed.ts';
import { rankIn } from './sorted.ts';

/** Most samples that a tally keeps: 80 KB. */
export const samplesMax = 10_000;

/** A sample stays below this, to be kept in eight bytes. */
const sampleMax = 2n ** 63n;

export interface Ranked {
  /** Ascending up to `count`; the rest is room. */
  values: BigUint64Array;
  count: number;
  /** Those that the last commit does not carry yet. */
  readonly fresh: bigint[];
}

export const noSamples = (): Ranked => ({ values: new BigUint64Array(8), count: 0, fresh: [] });

/** Adds a sample and returns how to take it back; undefined, and nothing is added, when there is no room. */
export function addSample(ranked: Ranked, { samples }: MeterRecord, value: bigint): (() => void) | undefined {
  if (ranked.count >= samples!.countMax || value >= sampleMax) return undefined;
  insert(ranked, value);
  return () => {
    const { values, count } = ranked;
    const at = rankIn(values, count, value);
    values.copyWithin(at, at + 1, count);
    ranked.count -= 1;
    ranked.fresh.pop();
  };
}

export function insert(ranked: Ranked, value: bigint): void {
  const { values, count } = ranked;
  if (count === values.length) {
    ranked.values = new BigUint64Array(2 * count);
    ranked.values.set(values);
  }
  const at = rankIn(ranked.values, count, value);
  ranked.values.copyWithin(at + 1, at, count);
  ranked.values[at] = value;
  ranked.count += 1;
  ranked.fresh.push(value);
}

export const allOf = ({ values, count }: Ranked): BigUint64Array => values.subarray(0, count);

/** What is billed; nought without samples. */
export function percentileOf({ values, count }: Ranked, { samples }: MeterRecord): bigint {
  const { numerator, denominator } = parseRational(samples!.discardPercent)!;
  const discarded = Number((BigInt(count) * numerator) / (denominator * 100n));
  return count === 0 ? 0n : values[count - 1 - discarded]!;
}

export const copyOfSamples = (ranked: Ranked): Ranked => ({
  values: ranked.values.slice(),
  count: ranked.count,
  fresh: [...allOf(ranked)],
});

/** The samples of both, for the tally of the first; undefined when they are too many. */
export function mergeSamples(a: Ranked, b: Ranked, { samples }: MeterRecord): Ranked | undefined {
  if (a.count + b.count > samples!.countMax) return undefined;
  const merged: Ranked = { values: a.values.slice(), count: a.count, fresh: [...a.fresh] };
  for (const value of allOf(b)) insert(merged, value);
  return merged;
}

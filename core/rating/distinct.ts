/**
 * The values of a `unique` tally (SPEC §8.6.4): all of them up to a limit, then, where the meter says so, the smallest hashes of all
 * values, from which their number is estimated. What is kept follows from the set of values alone: neither order nor repetition matters.
 */
import type { ExactCount, MeterRecord } from '../messages/control.ts';
import { rankIn } from './sorted.ts';
import { valueHash } from './valueHash.ts';

/** How many values a tally counts exactly: the bounds of `exact.upTo`. */
export const exactLimits = { upToMin: 2, upToMax: 10_000 } as const;

export interface Distinct {
  /** Empty once there are hashes. */
  values: Set<string>;
  /** Values that the last commit does not carry yet. */
  fresh: string[];
  /** Set by a carry since the last commit: whose values were copied, and how many. */
  from: readonly [tally: number, count: number] | undefined;
  /** Ascending; of all values, the smallest `upTo`. */
  hashes: number[] | undefined;
  freshHashes: number[];
}

export const noValues = (): Distinct => ({
  values: new Set(),
  fresh: [],
  from: undefined,
  hashes: undefined,
  freshHashes: [],
});

export const exactCount = ({ exact }: Pick<MeterRecord, 'exact'>): ExactCount =>
  exact ?? { upTo: exactLimits.upToMax, beyond: 'refuse' };

/**
 * How many values there are: exactly, or (k − 1) · 2⁵³ / the greatest of the k smallest hashes, which is unbiased with a standard error of
 * 1/√(k − 2) (Beyer et al., "On Synopses for Distinct-Value Estimation Under Multiset Operations", SIGMOD 2007). It never falls.
 */
export function countOf({ values, hashes }: Distinct, meter: MeterRecord): bigint {
  if (hashes === undefined) return BigInt(values.size);
  const { upTo } = exactCount(meter);
  const estimate =
    hashes.length < upTo ? BigInt(hashes.length) : (BigInt(upTo - 1) * 2n ** 53n) / BigInt(hashes[upTo - 1]!);
  return estimate > BigInt(upTo) ? estimate : BigInt(upTo + 1);
}

/** Adds a value and returns how to take it back; undefined, and nothing is added, when there is no room. */
export function addValue(distinct: Distinct, meter: MeterRecord, value: string): (() => void) | undefined {
  const { values, fresh, hashes } = distinct;
  const { upTo, beyond } = exactCount(meter);
  if (hashes !== undefined) return addHash(distinct, upTo, valueHash(value));
  if (values.has(value)) return () => undefined;
  if (values.size < upTo) {
    values.add(value);
    fresh.push(value);
    return () => {
      values.delete(value);
      fresh.pop();
    };
  }
  if (beyond === 'refuse') return undefined;
  estimateFrom(distinct, upTo, [...values, value]);
  return () => {
    distinct.values = values;
    distinct.hashes = undefined;
    distinct.freshHashes = [];
  };
}

/** Values that the last commit does not carry stay fresh: a tally may have been carried over from this one before. */
function estimateFrom(distinct: Distinct, upTo: number, values: readonly string[]): void {
  distinct.hashes = [];
  for (const value of values) addHash(distinct, upTo, valueHash(value));
  distinct.values = new Set();
}

function addHash(distinct: Distinct, upTo: number, hash: number): () => void {
  const hashes = distinct.hashes!;
  const at = rankIn(hashes, hashes.length, hash);
  if (at === upTo || hashes[at] === hash) return () => undefined;
  hashes.splice(at, 0, hash);
  distinct.freshHashes.push(hash);
  const lost = hashes.length > upTo ? hashes.pop() : undefined;
  return () => {
    hashes.splice(at, 1);
    if (lost !== undefined) hashes.push(lost);
    distinct.freshHashes.pop();
  };
}

/** Hashes that a commit carries: from now on the values are not told any more. */
export function takeHashes(distinct: Distinct, meter: MeterRecord, hashes: readonly number[]): void {
  distinct.values = new Set();
  distinct.hashes ??= [];
  for (const hash of hashes) addHash(distinct, exactCount(meter).upTo, hash);
  distinct.freshHashes = [];
}

/** The values of both, for the tally of the first; undefined when they have no room together. */
export function mergeValues(a: Distinct, b: Distinct, meter: MeterRecord): Distinct | undefined {
  const { upTo, beyond } = exactCount(meter);
  const merged: Distinct = { ...a, values: new Set(a.values), fresh: [...a.fresh], hashes: a.hashes && [...a.hashes], freshHashes: [...a.freshHashes] }; // prettier-ignore
  const added = [...b.values].filter((value) => !a.values.has(value));
  const count = a.values.size + added.length;
  if (merged.hashes === undefined && b.hashes === undefined && count <= upTo) {
    for (const value of added) merged.values.add(value);
    merged.fresh.push(...added);
    return merged;
  }
  if (beyond === 'refuse') return undefined;
  if (merged.hashes === undefined) estimateFrom(merged, upTo, [...merged.values]);
  for (const hash of [...added.map(valueHash), ...(b.hashes ?? [])]) addHash(merged, upTo, hash);
  return merged;
}

/** For the tally of a new version: what that of `tally` has. */
export const carriedValues = ({ values, hashes }: Distinct, tally: number): Distinct => ({
  values: new Set(values),
  fresh: [],
  from: values.size > 0 ? [tally, values.size] : undefined,
  hashes: hashes && [...hashes],
  freshHashes: [...(hashes ?? [])],
});

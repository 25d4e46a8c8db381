import type { Rational } from './fixed.ts';
import { greatestCommonDivisor } from './rational.ts';

/**
 * Splits an integer amount by integer weights so that the parts add up to it exactly (largest remainder of the magnitude,
 * the sign restored; ties go to the earlier part, so the caller orders parts by stable id). When all weights are 0, the
 * parts are equal or it is refused (RangeError), as the caller chooses.
 */
export function allocate(
  amount: bigint,
  weights: readonly bigint[],
  whenAllZero: 'equal' | 'refuse' = 'equal',
): bigint[] {
  if (weights.length === 0) throw new RangeError('nothing to allocate to');
  if (weights.some((weight) => weight < 0n)) throw new RangeError('weights must not be negative');
  const sum = weights.reduce((total, weight) => total + weight, 0n);
  if (sum === 0n && whenAllZero === 'refuse')
    throw new RangeError('all weights are 0: there is no share to allocate by');
  const effective = sum === 0n ? weights.map(() => 1n) : weights;
  const total = sum === 0n ? BigInt(weights.length) : sum;
  const magnitude = amount < 0n ? -amount : amount;
  const parts = effective.map((weight) => (magnitude * weight) / total);
  const remainders = effective.map((weight, index) => ({ index, remainder: (magnitude * weight) % total }));
  let left = magnitude - parts.reduce((a, b) => a + b, 0n);
  remainders.sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  for (const { index } of remainders) {
    if (left === 0n) break;
    parts[index] = parts[index]! + 1n;
    left -= 1n;
  }
  return amount < 0n ? parts.map((part) => -part) : parts;
}

/** Fractions as integers in the same proportion. */
export function integerWeights(weights: readonly Rational[]): bigint[] {
  const common = weights.reduce(
    (product, { denominator }) => (product * denominator) / greatestCommonDivisor(product, denominator),
    1n,
  );
  return weights.map(({ numerator, denominator }) => (numerator * common) / denominator);
}

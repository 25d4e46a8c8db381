import { divideRounded } from './fixed.ts';

/**
 * Parts an integer by shares that follow one another, such as seconds of a period: part i is
 * round(A·Sᵢ/S) − round(A·Sᵢ₋₁/S), half-even, where Sᵢ is the sum of the shares up to and with i. The parts add up to the
 * amount, and a part depends only on where it begins and ends, not on how the rest is cut. Shares are ≥ 0, not all 0.
 */
export function splitByShares(amount: bigint, shares: readonly bigint[]): bigint[] {
  if (shares.some((share) => share < 0n)) throw new RangeError('shares must not be negative');
  const total = shares.reduce((sum, share) => sum + share, 0n);
  if (total === 0n) throw new RangeError('a split needs a share greater than 0');
  let reached = 0n;
  let before = 0n;
  return shares.map((share) => {
    reached += share;
    const after = divideRounded(amount * reached, total, 'halfEven');
    const part = after - before;
    before = after;
    return part;
  });
}

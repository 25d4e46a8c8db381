import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitByShares } from './split.ts';

test('parts add up, and cutting one part further leaves the others as they were', () => {
  const share = fc.bigInt({ min: 0n, max: 10n ** 9n });
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
      fc.array(share, { minLength: 1, maxLength: 8 }).filter((shares) => shares.some((value) => value > 0n)),
      share,
      (amount, shares, cut) => {
        const parts = splitByShares(amount, shares);
        expect(parts.reduce((a, b) => a + b, 0n)).toBe(amount);
        const first = shares[0]!;
        const within = first === 0n ? 0n : cut % (first + 1n);
        const finer = splitByShares(amount, [within, first - within, ...shares.slice(1)]);
        expect(finer.slice(2)).toEqual(parts.slice(1));
        expect(finer[0]! + finer[1]!).toBe(parts[0]);
      },
    ),
  );
});

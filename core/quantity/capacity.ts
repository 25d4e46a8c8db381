import { compare } from '../money/rational.ts';
import type { Rational } from '../money/fixed.ts';

/** A tier of a capacity tariff: the most of each unit that it allows (null: any amount). */
export interface CapacityTier {
  readonly limits: ReadonlyMap<string, Rational | null>;
}

/**
 * The first tier whose every limit holds, as an index; units that a tier does not name are not limited by it. Throws RangeError
 * when no tier holds: more was used than the tariff allows. With one unit it is the tier that a stairstep price charges.
 */
export function capacityTier(tiers: readonly CapacityTier[], used: ReadonlyMap<string, Rational>): number {
  const index = tiers.findIndex(({ limits }) =>
    [...used].every(([unit, quantity]) => {
      const limit = limits.get(unit);
      return limit === undefined || limit === null || compare(quantity, limit) <= 0;
    }),
  );
  if (index < 0) throw new RangeError('more is used than any tier allows');
  return index;
}

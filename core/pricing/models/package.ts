import type { LeafModel } from '../../messages/price.ts';
import { divideRounded } from '../../money/fixed.ts';
import { inPico, positive, rational } from '../exact.ts';
import { step, type LeafDraft } from '../leaf.ts';

/**
 * Whole packages of `size` units: charge = packages × price, where a package begun is owed (`partial: up`) or is not (`down`):
 * packages = ⌈Q / size⌉ or ⌊Q / size⌋. Stripe "package" (transform_quantity, round up or down), Lago and OpenMeter "package"
 * (up; their free units are the allowance here), Kill Bill blocks. Order-free.
 */
export function packages(model: Extract<LeafModel, { kind: 'package' }>): LeafDraft {
  const size = positive(model.size);
  const price = rational(model.price);
  const { numerator: factor, denominator: divisor } = inPico(price);
  const mode = model.partial;
  return {
    bounds: [size],
    build(units) {
      const sizeScaled = units.scaled(size);
      const count = (billable: bigint) => (billable <= 0n ? 0n : divideRounded(billable, sizeScaled, mode));
      const amount = (packagesOwed: bigint) => divideRounded(packagesOwed * factor, divisor, 'halfEven');
      return {
        order: 'free',
        charge: (billable) => amount(count(billable)),
        explain(billable) {
          const owed = count(billable);
          return billable <= 0n ? [] : [step(packagesText(owed, units.text(sizeScaled)), '', price, amount(owed))];
        },
      };
    },
  };
}

/** "3 packages of 100". */
export const packagesText = (count: bigint, size: string): string =>
  `${count} ${count === 1n ? 'package' : 'packages'} of ${size}`;

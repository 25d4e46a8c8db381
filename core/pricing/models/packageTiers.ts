import type { LeafModel } from '../../messages/price.ts';
import { divideRounded, type Rational } from '../../money/fixed.ts';
import { add, multiply, zero } from '../../money/rational.ts';
import { inPico, positive, rational } from '../exact.ts';
import { step, type LeafDraft } from '../leaf.ts';
import { packagesText } from './package.ts';

interface Tier {
  readonly size: Rational;
  readonly price: Rational;
  /** The tier holds what lies between them, in priced units. */
  readonly from: Rational;
  readonly upTo: Rational | null;
}

/**
 * Packages by tier: a tier takes `count` packages of its `size`, the last one the rest; a package begun is owed whole.
 * `all`: charge = Σ over tiers reached of ⌈units in the tier / size⌉ × price. `top`: the tier that Q reaches prices all of Q in
 * its packages, charge = ⌈Q / size⌉ × price, and may fall as Q grows. Kill Bill "consumable in arrear", ALL_TIERS and TOP_TIER;
 * the counts add up. Order-free.
 */
export function packageTiers(model: Extract<LeafModel, { kind: 'packageTiers' }>): LeafDraft {
  const tiers = tiersOf(model.tiers);
  const bounds = tiers.flatMap(({ size, from, upTo }) => (upTo === null ? [size, from] : [size, from, upTo]));
  return {
    bounds,
    build(units) {
      const scaled = tiers.map(({ size, price, from, upTo }) => ({
        size: units.scaled(size),
        from: model.reach === 'all' ? units.scaled(from) : 0n,
        reachedFrom: units.scaled(from),
        upTo: upTo === null ? null : units.scaled(upTo),
        factor: inPico(price).numerator,
        divisor: inPico(price).denominator,
        price,
      }));
      /** The packages that a tier charges; undefined where it charges none. */
      const owedIn = (tier: (typeof scaled)[number], billable: bigint): bigint | undefined => {
        const isBeyond = tier.upTo !== null && billable > tier.upTo;
        if (billable <= tier.reachedFrom || (isBeyond && model.reach === 'top')) return undefined;
        return divideRounded((isBeyond ? tier.upTo! : billable) - tier.from, tier.size, 'up');
      };
      const amount = (owed: bigint, { factor, divisor }: (typeof scaled)[number]): bigint =>
        divideRounded(owed * factor, divisor, 'halfEven');
      return {
        order: 'free',
        charge(billable) {
          let sum = 0n;
          for (const tier of scaled) {
            const owed = owedIn(tier, billable);
            if (owed !== undefined) sum += amount(owed, tier);
          }
          return sum;
        },
        explain: (billable) =>
          scaled.flatMap((tier, index) => {
            const owed = owedIn(tier, billable);
            if (owed === undefined) return [];
            const label = `tier ${index + 1}, ${packagesText(owed, units.text(tier.size))}`;
            return [step(label, '', tier.price, amount(owed, tier))];
          }),
      };
    },
  };
}

function tiersOf(tiers: Extract<LeafModel, { kind: 'packageTiers' }>['tiers']): Tier[] {
  let from = zero;
  if (tiers.length === 0) throw new RangeError('a list of tiers is empty');
  return tiers.map(({ size, count, price }, index) => {
    if ((count === null) !== (index === tiers.length - 1)) throw new RangeError('the last tier, and no other, is open');
    if (count !== null && !/^\d+$/.test(count)) throw new RangeError(`"${count}" is not a number of packages`);
    const sizeExact = positive(size);
    const upTo = count === null ? null : add(from, multiply(sizeExact, positive(count)));
    const tier = { size: sizeExact, price: rational(price), from, upTo };
    from = upTo ?? from;
    return tier;
  });
}

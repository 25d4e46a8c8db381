import { parseAmount, type AmountPico, type Rational } from '../money/fixed.ts';
import { add, compare, divide, larger, multiply, smaller, subtract, zero } from '../money/rational.ts';
import { exact, ofAmount, percent, round12, shown } from '../fees/exact.ts';
import type { Discount, DiscountTier } from './discountRecords.ts';
import { total, type SpendLine } from './lines.ts';

/** What a discount asks for before its limits; its lines have something left. */
export interface Reduction {
  readonly amount: AmountPico;
  readonly label: string;
  /** The rate in effect, as a decimal share of its base; "" for an amount. */
  readonly rate: string;
}

/** One step, rounded once: base × effective rate. */
export function reduction(discount: Discount, lines: readonly SpendLine[]): Reduction {
  const { take } = discount;
  if (take.kind === 'amount') return { amount: parseAmount(take.amount)!, label: 'discount', rate: '' };
  const base = ofAmount(total(lines.map((line) => (discount.base === 'list' ? line.list : line.net))));
  if (take.kind === 'percent') return { ...of(base, percent(take.percent)), label: `discount of ${take.percent} %` };
  const measure = take.of === 'spend' ? base : ofAmount(total(lines.map(({ quantity }) => quantity)));
  const rate = take.reach === 'volume' ? rateReached(take.tiers, measure) : rateAcross(take.tiers, measure);
  return { ...of(base, rate), label: `discount by ${take.of}, ${take.reach}` };
}

const of = (base: Rational, rate: Rational) => ({
  amount: round12(multiply(larger(base, zero), rate)),
  rate: shown(rate),
});

function rateReached(tiers: readonly DiscountTier[], measure: Rational): Rational {
  const tier = tiers.find(({ upTo }) => upTo === null || compare(measure, exact(upTo)) <= 0);
  return percent(tier!.percent);
}

/** Σ (what lies in a tier × its percentage) / all. */
function rateAcross(tiers: readonly DiscountTier[], measure: Rational): Rational {
  if (compare(measure, zero) <= 0) return zero;
  let from = zero;
  let sum = zero;
  for (const tier of tiers) {
    const to = tier.upTo === null ? measure : smaller(measure, exact(tier.upTo));
    sum = add(sum, multiply(subtract(to, from), percent(tier.percent)));
    if (compare(to, measure) >= 0) break;
    from = to;
  }
  return divide(sum, measure);
}

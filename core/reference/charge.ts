/** SPEC §5.2–5.3: what a tally costs, from nothing. */
import type { GraduatedTier, PriceRecord } from '../messages/control.ts';
import { amountDecimals, decimal, Exact, powerOfTen, roundedQuotient, zero } from './number.ts';

/** A quantity in priced units as an exact fraction. The denominator is positive. */
interface Fraction {
  readonly numerator: Exact;
  readonly denominator: Exact;
}

/** One line of an explanation; its amount is rounded, the only place where a charge is. */
export interface Step {
  readonly label: string;
  readonly amount: Exact;
}

/** The charge of `tally` base units (integers of 10⁻ˢᶜᵃˡᵉ) under a price: the sum of its steps. */
export function chargeOf(price: PriceRecord, scale: number, tally: Exact): Exact {
  return stepsOf(price, scale, tally).reduce((sum, step) => sum.plus(step.amount), zero);
}

export function stepsOf(price: PriceRecord, scale: number, tally: Exact): Step[] {
  const billable = billableOf(price, scale, tally);
  if (billable.numerator.lte(0)) return [];
  if (price.model.kind === 'perUnit') return [step('per unit', billable, decimal(price.model.unitPrice))];
  return graduatedSteps(price.model.tiers, billable);
}

/** Priced units beyond the allowance. */
function billableOf(price: PriceRecord, scale: number, tally: Exact): Fraction {
  const denominator = new Exact(price.unit.denominator).times(powerOfTen(scale));
  const priced = tally.times(price.unit.numerator);
  return { numerator: priced.minus(decimal(price.allowance).times(denominator)), denominator };
}

/** Tier i takes what lies above the bound before it, up to and with its own. */
function graduatedSteps(tiers: readonly GraduatedTier[], billable: Fraction): Step[] {
  const steps: Step[] = [];
  let below = zero;
  for (const [index, tier] of tiers.entries()) {
    const above = billable.numerator.minus(below.times(billable.denominator));
    if (above.lte(0)) break;
    const width = tier.upTo === null ? undefined : decimal(tier.upTo).minus(below).times(billable.denominator);
    const within = width === undefined || above.lt(width) ? above : width;
    const taken = { numerator: within, denominator: billable.denominator };
    steps.push(step(`tier ${index + 1}`, taken, decimal(tier.unitPrice)));
    const flat = decimal(tier.flat).toDecimalPlaces(amountDecimals, Exact.ROUND_HALF_EVEN);
    if (!flat.isZero()) steps.push({ label: `tier ${index + 1} flat`, amount: flat });
    if (tier.upTo !== null) below = decimal(tier.upTo);
  }
  return steps;
}

/** Multiplied first and divided once, so that a tie is seen as a tie. */
function step(label: string, quantity: Fraction, unitPrice: Exact): Step {
  const amount = roundedQuotient(quantity.numerator.times(unitPrice), quantity.denominator, amountDecimals);
  return { label, amount };
}

/** SPEC §8.4: the steps of each model, for a quantity above nought. */
import type { GraduatedTier, LeafModel, PackageTier } from '../../messages/price.ts';
import {
  above,
  fraction,
  fractionOf,
  isMore,
  lesser,
  minus,
  nought,
  over,
  pico,
  plus,
  rounded,
  times,
} from './fraction.ts';
import type { Fraction } from './fraction.ts';
import { isEventCharged, type Noted } from './noted.ts';

/** One line of an explanation. */
export interface Step {
  readonly label: string;
  /** Rounded, the only place where a charge is. */
  readonly pico: bigint;
}

const step = (label: string, amount: Fraction): Step => ({ label, pico: pico(amount) });

export function leafSteps(leaf: LeafModel, quantity: Fraction, noted: Noted): Step[] {
  if (leaf.kind === 'perEvent' || isEventCharged(leaf)) return [{ label: 'events', pico: noted.settled }];
  if (leaf.kind === 'percentage') {
    const value = above(quantity, fractionOf(leaf.freeValue ?? '0'));
    const events = above(fraction(noted.events), fractionOf(leaf.freeEvents ?? '0'));
    return [step('share', percentOf(value, leaf.percent)), step('fees', times(events, fractionOf(leaf.perEvent)))];
  }
  return quantity.top === 0n ? [] : stepsOfQuantity(leaf, quantity);
}

function stepsOfQuantity(leaf: Exclude<LeafModel, { kind: 'percentage' | 'perEvent' }>, quantity: Fraction): Step[] {
  switch (leaf.kind) {
    case 'perUnit':
      return [step('per unit', times(quantity, fractionOf(leaf.unitPrice)))];
    case 'flat':
      return [step('flat', fractionOf(leaf.amount))];
    case 'graduated':
      return graduated(leaf.tiers, quantity, (tier, units) => times(units, fractionOf(tier.unitPrice)));
    case 'graduatedPercentage':
      return graduated(leaf.tiers, quantity, (tier, units) => percentOf(units, tier.percent));
    case 'volume': {
      const tier = holding(leaf.tiers, quantity);
      return [step('volume', times(quantity, fractionOf(tier.unitPrice))), step('volume flat', fractionOf(tier.flat))];
    }
    case 'stairstep':
      return [step('stair', fractionOf(holding(leaf.tiers, quantity).amount))];
    case 'package':
      return [packages(quantity, leaf.size, leaf.price, leaf.partial)];
    case 'packageTiers':
      return leaf.reach === 'top' ? topPackages(leaf.tiers, quantity) : allPackages(leaf.tiers, quantity);
    case 'dynamic':
      return [step('dynamic', times(quantity, fractionOf(leaf.multiplier)))];
  }
}

function percentOf(value: Fraction, percent: string): Fraction {
  return over(times(value, fractionOf(percent)), fraction(100n));
}

/** Tier i takes what lies above the bound before it, up to and with its own. */
function graduated<T extends Pick<GraduatedTier, 'upTo' | 'flat'>>(
  tiers: readonly T[],
  quantity: Fraction,
  priceOf: (tier: T, units: Fraction) => Fraction,
): Step[] {
  const steps: Step[] = [];
  let bound = nought;
  for (const [index, tier] of tiers.entries()) {
    if (!isMore(quantity, bound)) break;
    const upper = tier.upTo === null ? quantity : lesser(quantity, fractionOf(tier.upTo));
    steps.push(step(`tier ${index + 1}`, priceOf(tier, minus(upper, bound))));
    steps.push(step(`tier ${index + 1} flat`, fractionOf(tier.flat)));
    if (tier.upTo !== null) bound = fractionOf(tier.upTo);
  }
  return steps;
}

/** The first tier that reaches as far as the quantity. */
function holding<T extends { readonly upTo: string | null }>(tiers: readonly T[], quantity: Fraction): T {
  return tiers.find(({ upTo }) => upTo === null || !isMore(quantity, fractionOf(upTo)))!;
}

function packages(quantity: Fraction, size: string, price: string, partial: 'up' | 'down'): Step {
  const begun = fraction(rounded(over(quantity, fractionOf(size)), partial));
  return step('packages', times(begun, fractionOf(price)));
}

function allPackages(tiers: readonly PackageTier[], quantity: Fraction): Step[] {
  const steps: Step[] = [];
  let left = quantity;
  for (const { size, count, price } of tiers) {
    if (left.top <= 0n) break;
    const needed = fraction(rounded(over(left, fractionOf(size)), 'up'));
    const taken = count === null ? needed : lesser(needed, fractionOf(count));
    steps.push(step('packages', times(taken, fractionOf(price))));
    left = minus(left, times(taken, fractionOf(size)));
  }
  return steps;
}

function topPackages(tiers: readonly PackageTier[], quantity: Fraction): Step[] {
  let reach = nought;
  for (const { size, count, price } of tiers) {
    if (count !== null) reach = plus(reach, times(fractionOf(count), fractionOf(size)));
    if (count === null || !isMore(quantity, reach)) return [packages(quantity, size, price, 'up')];
  }
  return [];
}

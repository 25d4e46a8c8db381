/** A leaf's figures as steps that people see at a glance: a tier each, as wide as the others, as high as it costs. */
import type { LeafModel } from '#core/messages/price.ts';
import { plotValue } from './money.ts';
import { spanText } from './priceModel.ts';

export interface PictureStep {
  /** "up to 10". */
  readonly span: string;
  /** "0.05", "2 %". */
  readonly value: string;
  /** What is owed once besides: "+ 2". */
  readonly once: string;
  /** Share of the highest step, 0 to 1. */
  readonly height: number;
}

/** Undefined for a model that has no tiers; `of` says what a step's figure is. */
export function stepsOf(leaf: LeafModel): { readonly of: string; readonly steps: readonly PictureStep[] } | undefined {
  switch (leaf.kind) {
    case 'graduated':
      return { of: 'each unit, by the tier that it lies in', steps: raised(leaf.tiers, (tier) => tier.unitPrice) };
    case 'volume':
      return { of: 'all units, by the tier that is reached', steps: raised(leaf.tiers, (tier) => tier.unitPrice) };
    case 'stairstep':
      return { of: 'in all, by the tier that is reached', steps: raised(leaf.tiers, (tier) => tier.amount) };
    case 'graduatedPercentage':
      return { of: 'of the value that lies in each tier', steps: raised(leaf.tiers, (tier) => tier.percent, ' %') };
    default:
      return undefined;
  }
}

type Tier = { readonly upTo: string | null; readonly flat?: string };

/** Discounts have tiers, too. */
export function raised<One extends Tier>(
  tiers: readonly One[],
  figure: (tier: One) => string,
  suffix = '',
): PictureStep[] {
  const highest = Math.max(...tiers.map((tier) => plotValue(figure(tier))));
  return tiers.map((tier, index) => ({
    span: spanText(tiers, index),
    value: `${figure(tier)}${suffix}`,
    once: (tier.flat ?? '0') === '0' ? '' : `+ ${tier.flat}`,
    height: highest > 0 ? Math.max(0, plotValue(figure(tier)) / highest) : 0,
  }));
}

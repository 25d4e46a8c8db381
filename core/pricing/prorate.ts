/** What is left of the figures of a price that is in force for a part of a period only (SPEC §8.9). */
import type { LeafModel, PriceRecord } from '../messages/price.ts';
import { multiply, ratio } from '../money/rational.ts';
import { decimalText, rational } from './exact.ts';

/** So much of a tally's period its price is in force, in milliseconds or days: from none of it to less than all. */
export interface Part {
  readonly inForce: bigint;
  /** Above 0. */
  readonly of: bigint;
}

/** The figure times the part, rounded once, half-even, to 12 decimals. */
const share = (figure: string, { inForce, of }: Part): string =>
  decimalText(multiply(rational(figure), ratio(inForce, of)));

/** The price as it is for that part of a period, but for its model. Without a part, and without proration, it stays as it is. */
export function proratedTerms<Terms extends Pick<PriceRecord, 'allowance' | 'maximum' | 'prorate'>>(
  record: Terms,
  part: Part | undefined,
): Terms {
  const { prorate, allowance, maximum } = record;
  if (prorate === undefined || part === undefined) return record;
  return {
    ...record,
    ...(prorate.allowance === true ? { allowance: share(allowance, part) } : {}),
    ...(prorate.maximum === true && maximum !== undefined ? { maximum: share(maximum, part) } : {}),
  };
}

/** Bounds may come to lie upon one another, even upon 0: a tier without room is still entered, and owes its flat. */
export function proratedModel(model: LeafModel, { prorate }: Pick<PriceRecord, 'prorate'>, part: Part): LeafModel {
  const bound = <Bound extends string | null>(upTo: Bound) =>
    prorate?.bounds === true && upTo !== null ? share(upTo, part) : upTo;
  const flat = (amount: string) => (prorate?.flats === true ? share(amount, part) : amount);
  switch (model.kind) {
    case 'flat':
      return { ...model, amount: flat(model.amount) };
    case 'graduated':
    case 'volume':
      return {
        ...model,
        tiers: model.tiers.map((tier) => ({ ...tier, upTo: bound(tier.upTo), flat: flat(tier.flat) })),
      };
    case 'graduatedPercentage':
      return {
        ...model,
        tiers: model.tiers.map((tier) => ({ ...tier, upTo: bound(tier.upTo), flat: flat(tier.flat) })),
      };
    case 'stairstep':
      return { ...model, tiers: model.tiers.map(({ upTo, amount }) => ({ upTo: bound(upTo), amount: flat(amount) })) };
    default:
      return model;
  }
}

/** "in force for 15 of 30 days", for people. */
export function partText({ prorate }: Pick<PriceRecord, 'prorate'>, { inForce, of }: Part): string {
  if (prorate?.by === 'day') return `in force for ${inForce} of ${of} days`;
  const seconds = (ms: bigint) => decimalText(ratio(ms, 1000n));
  return `in force for ${seconds(inForce)} of ${seconds(of)} s`;
}

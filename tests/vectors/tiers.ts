import { z } from 'zod';
import type { LeafModel } from '#core/messages/price.ts';
import type { Rational } from '#core/money/fixed.ts';
import { compare, ratio, readDecimal, sum, zero } from '#core/money/rational.ts';
import { decimal, maybe } from './fields.ts';
import type { LineModel, Piece } from './lines.ts';
import { owedWithoutUsage, priced, text, type PriceOptions, type Rated } from './price.ts';

export const tierFields = {
  tiers: z.array(z.strictObject({ upTo: maybe(decimal), unit: maybe(decimal), flat: maybe(decimal) })),
};
export type Tier = z.output<(typeof tierFields)['tiers']>[number];

export type TierKind = 'graduated' | 'volume';

/** Where a family's vectors have tiers of both kinds, the model's name tells which. */
export const kindOfTiers = (label: string, otherwise: TierKind): TierKind =>
  label.includes('graduated') ? 'graduated' : label.includes('volume') ? 'volume' : otherwise;

/** A unit price or flat that is not stated is 0. */
export const tierModel = (kind: TierKind, tiers: readonly Tier[]): LeafModel => ({
  kind,
  tiers: inOrder(tiers).map(({ upTo, unit, flat }) => ({
    upTo: upTo === undefined ? null : text(upTo),
    unitPrice: text(unit ?? zero),
    flat: text(flat ?? zero),
  })),
});

/** Sources list tiers in any order. */
const inOrder = (tiers: readonly Tier[]): Tier[] =>
  tiers.toSorted((a, b) => (a.upTo === undefined ? 1 : b.upTo === undefined ? -1 : compare(a.upTo, b.upTo)));

export interface TieredPrice {
  readonly rated: Rated;
  /** What is owed for so much usage, the first flat for none included. */
  owed(quantity: Rational): Rational;
  /** Units that each tier reached prices, and what they cost without its flat. */
  unitsByTier(quantity: Rational): { readonly tier: number; readonly units: Rational; readonly cost: Rational }[];
}

export function tieredPrice(kind: TierKind, tiers: readonly Tier[], options: PriceOptions = {}): TieredPrice {
  const model = tierModel(kind, tiers);
  const rated = priced(model, options);
  // The same tiers without flats explain the units of each tier, whatever they cost.
  const unitsAlone = priced(
    tierModel(
      kind,
      tiers.map((tier) => ({ ...tier, flat: undefined })),
    ),
    options,
  );
  const unitsByTier = (quantity: Rational) =>
    unitsAlone.explain(quantity).map(({ label, quantity: units, amount }) => ({
      tier: Number(/^tier (\d+)/.exec(label)?.[1] ?? 1),
      units: readDecimal(units)!,
      cost: readDecimal(amount)!,
    }));
  return {
    rated,
    unitsByTier,
    owed: (quantity) => (unitsByTier(quantity).length === 0 ? owedWithoutUsage(model) : rated.charge(quantity)),
  };
}

/** Graduated tiers are charged tier by tier, each its own line; of volume tiers there is one that charges all. */
export function tieredLines(kind: TierKind, tiers: readonly Tier[], options: PriceOptions): LineModel {
  const price = tieredPrice(kind, tiers, options);
  const ordered = inOrder(tiers);
  const keyOf = (tier: number) => (kind === 'graduated' ? ` of tier ${tier}` : '');
  const unitPiece = (tier: number, units: Rational, amount: Rational): Piece[] => {
    const unit = ordered[tier - 1]!.unit;
    return unit === undefined ? [] : [{ key: `units${keyOf(tier)}`, quantity: units, unitAmount: unit, amount }];
  };
  const flatPiece = (tier: number): Piece[] => {
    const flat = ordered[tier - 1]!.flat;
    return flat === undefined
      ? []
      : [{ key: `flat${keyOf(tier)}`, quantity: ratio(1n), unitAmount: flat, amount: flat }];
  };
  return {
    openedBy: kind === 'graduated' ? 'first' : 'last',
    pieces(quantity, opened) {
      const reached = price.unitsByTier(quantity);
      if (reached.length === 0) return opened ? flatPiece(1) : [];
      const pieces = reached.flatMap(({ tier, units, cost }) => [...unitPiece(tier, units, cost), ...flatPiece(tier)]);
      const owed = price.rated.charge(quantity);
      const shown = sum(pieces.map(({ amount }) => amount));
      if (compare(owed, shown) !== 0) throw new Error('the lines of the tiers do not add up to the charge');
      return pieces;
    },
    ...(kind === 'graduated' && {
      unused: (quantity: Rational) => (price.unitsByTier(quantity).length === 0 ? unitPiece(1, zero, zero) : []),
    }),
  };
}

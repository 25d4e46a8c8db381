import { z } from 'zod';
import type { Rational } from '#core/money/fixed.ts';
import { readDecimal } from '#core/money/rational.ts';
import { decimal, maybe, words } from '../fields.ts';
import { form, type Family } from '../family.ts';
import { lineForms } from '../forms.ts';
import { optionsOf, type LineModel } from '../lines.ts';
import { priced, quotient, text, type PriceOptions } from '../price.ts';

export function unitLines(unitAmount: Rational, options: PriceOptions): LineModel {
  const price = priced({ kind: 'perUnit', unitPrice: text(unitAmount) }, options);
  return {
    openedBy: 'never',
    pieces: (quantity) =>
      price.explain(quantity).map((step) => ({
        key: 'units',
        quantity: readDecimal(step.quantity)!,
        unitAmount,
        amount: readDecimal(step.amount)!,
      })),
  };
}

/** `fullQuantity` is what the quantity was before it was prorated: the amount is shown per unit of it. */
const total = form(
  z.strictObject({ unitAmount: decimal, ...words }),
  z.strictObject({ quantity: decimal, fullQuantity: maybe(decimal) }),
  ({ unitAmount }, { quantity, fullQuantity }) => {
    const amount = priced({ kind: 'perUnit', unitPrice: text(unitAmount) }).charge(quantity);
    return { amount, unitAmount: quotient(amount, fullQuantity ?? quantity) };
  },
);

export const unit: Family = {
  area: 'rating',
  forms: [total, ...lineForms({ unitAmount: decimal }, (config) => unitLines(config.unitAmount, optionsOf(config)))],
  exceptions: [],
};

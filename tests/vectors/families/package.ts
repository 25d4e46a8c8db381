import { z } from 'zod';
import type { Rational } from '#core/money/fixed.ts';
import { sign } from '#core/money/rational.ts';
import { decimal, maybe, words } from '../fields.ts';
import { form, type Family } from '../family.ts';
import { conversionForAll, lineForms } from '../forms.ts';
import { optionsOf, type LineModel } from '../lines.ts';
import { priced, text, type PriceOptions, type Rated } from '../price.ts';

export const packagePrice = (size: Rational, amount: Rational, options: PriceOptions): Rated =>
  priced({ kind: 'package', size: text(size), price: text(amount), partial: 'up' }, options);

const one = { numerator: 1n, denominator: 1n };

/** Packages at a price of 1 are their number. */
export function packageLines(size: Rational, amount: Rational, options: PriceOptions): LineModel {
  const price = packagePrice(size, amount, options);
  const count = packagePrice(size, one, options);
  return {
    openedBy: 'never',
    pieces(quantity) {
      const packages = count.charge(quantity);
      if (sign(packages) === 0) return [];
      return [{ key: 'packages', quantity: packages, unitAmount: amount, amount: price.charge(quantity) }];
    },
  };
}

const shape = { packageSize: decimal, packageAmount: maybe(decimal), freeUnits: maybe(decimal) };

const total = form(
  z.strictObject({ ...shape, ...words }),
  z.strictObject({ quantity: decimal }),
  (config, { quantity }) => {
    const { packageSize, packageAmount = one, freeUnits } = config;
    return {
      amount: packagePrice(packageSize, packageAmount, { allowance: freeUnits }).charge(quantity),
      packages: packagePrice(packageSize, one, { allowance: freeUnits }).charge(quantity),
    };
  },
);

export const packages: Family = {
  area: 'rating',
  forms: [
    total,
    ...lineForms({ packageSize: decimal, packageAmount: decimal }, (config) =>
      packageLines(config.packageSize, config.packageAmount, optionsOf(config)),
    ),
  ],
  exceptions: [conversionForAll],
};

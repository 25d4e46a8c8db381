import { z } from 'zod';
import type { Rational } from '#core/money/fixed.ts';
import { divide, ratio, sign, sum } from '#core/money/rational.ts';
import { decimal, hundred, words } from '../fields.ts';
import { form, type Family } from '../family.ts';
import { conversionForAll, lineForms } from '../forms.ts';
import { optionsOf, type LineModel } from '../lines.ts';
import { inCents, priced, quotient, text, type PriceOptions } from '../price.ts';

const passedOn = priced({ kind: 'dynamic', multiplier: '1' });

/** Amounts that the events gave, added up. */
const ofSum = form(
  z.strictObject(words),
  z.strictObject({ quantity: decimal, sumOfPreciseAmountCents: decimal }),
  (_, { quantity, sumOfPreciseAmountCents }) => {
    const amount = passedOn.charge(divide(sumOfPreciseAmountCents, hundred));
    return { amount, unitAmount: quotient(amount, quantity) };
  },
);

const running = form(
  z.strictObject({ ...words, rounding: z.literal('to whole cents, half up, at fee level').optional() }),
  z.strictObject({ eventPreciseAmountCents: z.array(decimal) }),
  (_, { eventPreciseAmountCents: cents }) => {
    const after = cents.map((__, index) => inCents(passedOn.charge(divide(sum(cents.slice(0, index + 1)), hundred))));
    return {
      amountCents: after.at(-1),
      amountCentsAfterEach: after,
      amountCentsAfterFirst: after[0],
      amountCentsAfterBoth: after[1],
      amountCentsAfterAll: after.at(-1),
    };
  },
);

export function dynamicLines(multiplier: Rational, options: PriceOptions): LineModel {
  const price = priced({ kind: 'dynamic', multiplier: text(multiplier) }, options);
  return {
    openedBy: 'never',
    isLump: true,
    pieces(quantity) {
      const amount = price.charge(quantity);
      return sign(amount) === 0 ? [] : [{ key: 'usage', quantity: ratio(1n), unitAmount: amount, amount }];
    },
  };
}

export const dynamic: Family = {
  area: 'rating',
  forms: [
    ofSum,
    running,
    ...lineForms({ multiplier: decimal }, (config) => dynamicLines(config.multiplier, optionsOf(config))),
  ],
  exceptions: [conversionForAll],
};

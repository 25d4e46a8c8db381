import { z } from 'zod';
import { divide, ratio, sign, sum } from '#core/money/rational.ts';
import { decimal, hundred, words } from '../fields.ts';
import { form, type Family } from '../family.ts';
import { lineForms } from '../forms.ts';
import { optionsOf } from '../lines.ts';
import { inCents, priced, quotient, text } from '../price.ts';

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

export const dynamic: Family = {
  area: 'rating',
  forms: [
    ofSum,
    running,
    ...lineForms({ multiplier: decimal }, (config) => {
      const price = priced({ kind: 'dynamic', multiplier: text(config.multiplier) }, optionsOf(config));
      return {
        openedBy: 'never',
        isLump: true,
        pieces(quantity) {
          const amount = price.charge(quantity);
          return sign(amount) === 0 ? [] : [{ key: 'usage', quantity: ratio(1n), unitAmount: amount, amount }];
        },
      };
    }),
  ],
  exceptions: [],
};

import { z } from 'zod';
import { allocate, integerWeights } from '#core/money/allocate.ts';
import { fromScaled, toScaled } from '#core/money/rational.ts';
import { decimal, integer, words } from '../fields.ts';
import { form, type Family } from '../family.ts';

const byWeight = form(
  z.strictObject({
    currency: z.string(),
    decimals: integer,
    tieBreak: z.enum(['key ascending', 'input order']).nullish(),
    ...words,
  }),
  z.strictObject({ amount: decimal, items: z.array(z.tuple([z.string(), decimal])) }),
  ({ decimals, tieBreak }, { amount, items }) => {
    // The product gives ties to the earlier part; the key orders the parts when ties go by key.
    const order = items.map((_, index) => index);
    if (tieBreak === 'key ascending') order.sort((a, b) => (items[a]![0] < items[b]![0] ? -1 : 1));
    const parts = allocate(
      toScaled(amount, decimals, 'halfAwayFromZero'),
      integerWeights(order.map((index) => items[index]![1])),
      'refuse',
    );
    const shares = items.map(([key], index) => ({ key, share: parts[order.indexOf(index)]! }));
    // A share of nothing is no row.
    return {
      allocations: shares
        .filter(({ share }) => share !== 0n)
        .map(({ key, share }) => [key, fromScaled(share, decimals)]),
    };
  },
);

export const allocation: Family = { area: 'quantity', forms: [byWeight], exceptions: [] };

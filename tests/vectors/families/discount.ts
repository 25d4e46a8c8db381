import { z } from 'zod';
import { add, subtract } from '#core/money/rational.ts';
import { decimal, words } from '../fields.ts';
import { form, type Family } from '../family.ts';
import { priced } from '../price.ts';

/** Free units are an allowance: a price of 1 charges what is beyond it. */
const freeUnits = form(
  z.strictObject({ discountQuantity: decimal, ...words }),
  z.strictObject({ quantityBeforeThisLine: decimal, quantityInThisLine: decimal }),
  ({ discountQuantity }, { quantityBeforeThisLine: before, quantityInThisLine: within }) => {
    const beyond = priced({ kind: 'perUnit', unitPrice: '1' }, { allowance: discountQuantity });
    const billableBefore = beyond.charge(before);
    const billable = subtract(beyond.charge(add(before, within)), billableBefore);
    return {
      billableInThisLine: billable,
      billableBeforeThisLine: billableBefore,
      discountOnThisLine: subtract(within, billable),
      discountBefore: subtract(before, billableBefore),
    };
  },
);

export const discount: Family = { area: 'rating', forms: [freeUnits], exceptions: [] };

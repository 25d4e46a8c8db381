import { z } from 'zod';
import { roundTo, subtract } from '#core/money/rational.ts';
import { decimal, integer, words } from '../fields.ts';
import { form, type Family } from '../family.ts';
import { priced, text } from '../price.ts';
import { excessOf } from '../spend.ts';

/** Amounts of a bill are rounded to the currency, and so is the maximum that they are held against. */
const maximumSpend = form(
  z.strictObject({ maximumSpend: decimal, currency: z.string(), decimals: integer, ...words }),
  z.strictObject({ amountBilledBefore: decimal, lineQuantity: decimal, lineUnitAmount: decimal }),
  ({ maximumSpend: maximum, decimals }, { amountBilledBefore, lineQuantity, lineUnitAmount }) => {
    const [most, before, line] = [
      maximum,
      amountBilledBefore,
      priced({ kind: 'perUnit', unitPrice: text(lineUnitAmount) }).charge(lineQuantity),
    ].map((amount) => roundTo(amount, decimals, 'halfAwayFromZero'));
    const [excess] = excessOf(most!, before!, [line!]);
    return { discount: excess!, total: subtract(line!, excess!) };
  },
);

export const cap: Family = { area: 'rating', forms: [maximumSpend], exceptions: [] };

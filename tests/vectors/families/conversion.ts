import { z } from 'zod';
import { convert } from '#core/quantity/convert.ts';
import { requireRounding } from '#core/quantity/rounding.ts';
import { decimal, integer, maybe, words } from '../fields.ts';
import { form, type Family } from '../family.ts';

const unitConversion = form(
  z.strictObject({
    operation: z.enum(['multiply', 'divide']),
    factor: decimal,
    rounding: maybe(z.string()),
    precision: maybe(integer),
    decimals: maybe(integer),
    ...words,
  }),
  z.strictObject({ quantity: decimal }),
  ({ operation, factor, rounding = 'none', precision, decimals }, { quantity }) => ({
    billedQuantity: convert(quantity, {
      operation,
      factor,
      rounding: requireRounding(rounding),
      decimals: precision ?? decimals ?? 0,
    }),
  }),
);

export const conversion: Family = { area: 'rating', forms: [unitConversion], exceptions: [] };

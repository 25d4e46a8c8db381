import { z } from 'zod';
import { requireRounding, rounded, roundingByName, roundUpTo } from '#core/quantity/rounding.ts';
import { decimal, integer, maybe, numberIn, words } from '../fields.ts';
import { form, type Family } from '../family.ts';

const byCurrency = form(
  z.strictObject({ currency: z.string(), decimals: integer, method: maybe(z.string()), ...words }),
  z.strictObject({ amount: decimal }),
  ({ decimals, method = 'half_away_from_zero' }, { amount }) => ({
    rounded: rounded(amount, decimals, requireRounding(method)),
  }),
);

const byName = form(
  z.strictObject({ method: z.string(), decimals: integer, ...words }),
  z.strictObject({ value: decimal }),
  ({ method, decimals }, { value }) => ({ value: rounded(value, decimals, requireRounding(method)) }),
);

const increments = ['ns', 'us', 'ms', 's', 'units'].map((unit) =>
  form(
    z.strictObject({ [`increment_${unit}`]: decimal, ...words }),
    z.strictObject({ [`usage_${unit}`]: decimal }),
    (config, inputs) => {
      const billed = roundUpTo(
        inputs[`usage_${unit}`]!,
        (config as Record<string, (typeof inputs)[string]>)[`increment_${unit}`]!,
      );
      return { [`billed_${unit}`]: billed };
    },
  ),
);

const isUnknown = (method: unknown): method is string =>
  typeof method === 'string' && roundingByName(method) === undefined;

export const rounding: Family = {
  area: 'quantity',
  forms: [byCurrency, byName, ...increments],
  exceptions: [
    {
      name: 'an unknown rounding is refused',
      reason: 'a rounding mode that is not known is an error of the price list; upstream passes the value on unrounded',
      applies: ({ config }) => isUnknown(config['method']),
      theirs: ({ inputs }) => ({ value: numberIn(inputs['value']) }),
    },
  ],
};

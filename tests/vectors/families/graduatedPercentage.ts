import { z } from 'zod';
import { sign, zero } from '#core/money/rational.ts';
import type { LeafModel } from '#core/messages/price.ts';
import { decimal, maybe, words } from '../fields.ts';
import { form, type Family } from '../family.ts';
import { owedWithoutUsage, priced, quotient, text } from '../price.ts';

export const percentTiers = {
  tiers: z.array(z.strictObject({ upTo: maybe(decimal), ratePercent: maybe(decimal), flat: maybe(decimal) })),
};

export const percentTierModel = ({ tiers }: z.output<z.ZodObject<typeof percentTiers>>): LeafModel => ({
  kind: 'graduatedPercentage',
  tiers: tiers.map(({ upTo, ratePercent, flat }) => ({
    upTo: upTo === undefined ? null : text(upTo),
    percent: text(ratePercent ?? zero),
    flat: text(flat ?? zero),
  })),
});

const total = form(
  z.strictObject({ ...percentTiers, ...words }),
  z.strictObject({ value: decimal }),
  (config, { value }) => {
    const model = percentTierModel(config);
    const amount = sign(value) === 0 ? owedWithoutUsage(model) : priced(model).charge(value);
    return { amount, unitAmount: quotient(amount, value) };
  },
);

export const graduatedPercentage: Family = { area: 'rating', forms: [total], exceptions: [] };

import { z } from 'zod';
import { subtract, zero } from '#core/money/rational.ts';
import { capacityTier } from '#core/quantity/capacity.ts';
import { decimal, words } from '../fields.ts';
import { form, type Family } from '../family.ts';
import { priced, text } from '../price.ts';

/** Tiers by several units at once: the tier is found by its limits, and its price is a stairstep of one tier. */
const tiers = form(
  z.strictObject({
    tiers: z.array(z.strictObject({ price: decimal, limits: z.record(z.string(), decimal.nullable()) })),
    ...words,
  }),
  z.record(z.string(), decimal),
  (config, { already_billed = zero, ...used }) => {
    const known = new Set(config.tiers.flatMap(({ limits }) => Object.keys(limits)));
    const unknown = Object.keys(used).filter((unit) => !known.has(unit));
    if (unknown.length > 0) throw new RangeError(`${unknown.join(', ')}: no tier limits it`);
    const index = capacityTier(
      config.tiers.map(({ limits }) => ({ limits: new Map(Object.entries(limits)) })),
      new Map(Object.entries(used)),
    );
    const price = priced({ kind: 'stairstep', tiers: [{ upTo: null, amount: text(config.tiers[index]!.price) }] });
    const amount = price.charge({ numerator: 1n, denominator: 1n });
    return { amount, to_bill: subtract(amount, already_billed) };
  },
);

export const capacity: Family = { area: 'rating', forms: [tiers], exceptions: [] };

import { z } from 'zod';
import type { Rational } from '#core/money/fixed.ts';
import { compare, subtract, zero } from '#core/money/rational.ts';
import { decimal, integer, maybe, words } from '../fields.ts';
import { form, type Family } from '../family.ts';
import { inCents, priced, text, type Rated } from '../price.ts';
import { kindOfTiers, tierFields, tierModel } from '../tiers.ts';
import { percentTierModel, percentTiers } from './graduatedPercentage.ts';
import { packagePrice } from './package.ts';

const inputs = z.strictObject({ eventUnits: z.array(decimal), sameTimestamp: z.boolean().optional() });

/** What each event owes: the charge with it less the charge before it, in the order of the log, whatever its time. */
function fees(price: Rated, { eventUnits }: z.output<typeof inputs>) {
  const after = price.chargesAfter(eventUnits);
  const each = after.map((charge, index): Rational => inCents(subtract(charge, after[index - 1] ?? zero)));
  return { feeCents: each, feeCentsSorted: each.toSorted(compare) };
}

export const marginal: Family = {
  area: 'rating',
  forms: [
    form(z.strictObject({ ...tierFields, ...words }), inputs, ({ tiers }, events, { model }) =>
      fees(priced(tierModel(kindOfTiers(model, 'graduated'), tiers)), events),
    ),
    form(
      z.strictObject({ packageSize: decimal, packageAmount: decimal, freeUnits: maybe(decimal), ...words }),
      inputs,
      (config, events) =>
        fees(packagePrice(config.packageSize, config.packageAmount, { allowance: config.freeUnits }), events),
    ),
    form(z.strictObject({ ...percentTiers, ...words }), inputs, (config, events) =>
      fees(priced(percentTierModel(config)), events),
    ),
    form(z.strictObject({ unitAmount: decimal, ...words }), inputs, ({ unitAmount }, events) =>
      fees(priced({ kind: 'perUnit', unitPrice: text(unitAmount) }), events),
    ),
    form(
      z.strictObject({
        ratePercent: decimal,
        fixedPerEvent: maybe(decimal),
        freeEvents: maybe(integer),
        freeValueTotal: maybe(decimal),
        ...words,
      }),
      inputs,
      ({ ratePercent, fixedPerEvent = zero, freeEvents, freeValueTotal }, events) =>
        fees(
          priced({
            kind: 'percentage',
            percent: text(ratePercent),
            perEvent: text(fixedPerEvent),
            free: freeEvents === undefined && freeValueTotal === undefined ? 'totals' : 'whicheverFirst',
            ...(freeEvents === undefined ? {} : { freeEvents: String(freeEvents) }),
            ...(freeValueTotal === undefined ? {} : { freeValue: text(freeValueTotal) }),
          }),
          events,
        ),
    ),
  ],
  exceptions: [],
};

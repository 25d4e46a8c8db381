import { z } from 'zod';
import { larger, subtract, sum, zero } from '#core/money/rational.ts';
import { decimal, words } from '../fields.ts';
import { form, type Family } from '../family.ts';
import { chargeUnits, tiersByUnit } from './packageTiers.ts';

/** Usage that came late: the charge of the new totals less what was billed. */
const delta = form(
  tiersByUnit,
  z.strictObject({
    billed_before: z.object({ amount: decimal }).catchall(decimal),
    new_totals: z.record(z.string(), decimal),
  }),
  (config, { billed_before: { amount: billed }, new_totals }) => {
    const amount = chargeUnits(config, new_totals);
    return { amount, to_bill: subtract(amount, billed) };
  },
);

/** A capacity is the greatest of its points, a consumable all of them: the meter's aggregations `max` and `sum`. */
const points = form(
  z.strictObject({ CAPACITY: z.string(), CONSUMABLE: z.string(), ...words }),
  z.strictObject({ points: z.array(decimal) }),
  (_, inputs) => ({ CAPACITY: inputs.points.reduce(larger, inputs.points[0] ?? zero), CONSUMABLE: sum(inputs.points) }),
);

export const usageRollup: Family = { area: 'rating', forms: [delta, points], exceptions: [] };

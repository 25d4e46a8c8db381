import { z } from 'zod';
import { carriedLevel, timeWeightedAverage, weightedChanges } from '#core/quantity/levels.ts';
import { zero } from '#core/money/rational.ts';
import { decimal, inclusiveDays, instantMs, maybe, moment, words, zoneFields, zoneOf } from '../fields.ts';
import { form, type Family } from '../family.ts';
import { inCents, priced, text } from '../price.ts';

/** A level weighed by the second: its average over the period is billed, and it goes on in the next. */
const weightedSum = form(
  z.strictObject({ unitAmount: decimal, ...words, ...zoneFields }),
  z.strictObject({
    period: z.strictObject({ from: moment, to: moment }),
    startValue: maybe(decimal),
    events: z.array(z.tuple([moment, decimal])),
  }),
  ({ unitAmount, ...fields }, { period, startValue = zero, events }) => {
    const zone = zoneOf(fields);
    const whole = inclusiveDays(period, zone);
    const changes = events.map(([at, by]) => ({ atMs: instantMs(at, zone), by }));
    const units = timeWeightedAverage(weightedChanges(startValue, changes, whole, 'second', zone));
    return {
      units,
      amountCents: inCents(
        priced({ kind: 'perUnit', unitPrice: text(unitAmount) }, { unit: units }).charge({
          numerator: 1n,
          denominator: 1n,
        }),
      ),
      carriedTotal: carriedLevel(startValue, changes, whole),
    };
  },
);

export const aggregation: Family = { area: 'rating', forms: [weightedSum], exceptions: [] };

import { z } from 'zod';
import { carriedLevel, timeWeightedAverage, weightedChanges } from '#core/quantity/levels.ts';
import { one, sign, zero } from '#core/money/rational.ts';
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
      // An average has no end of decimals: as the size of a unit it is exact. Nothing used is no unit.
      amountCents: inCents(
        sign(units) === 0
          ? zero
          : priced({ kind: 'perUnit', unitPrice: text(unitAmount) }, { unit: units }).charge(one),
      ),
      carriedTotal: carriedLevel(startValue, changes, whole),
    };
  },
);

export const aggregation: Family = { area: 'rating', forms: [weightedSum], exceptions: [] };

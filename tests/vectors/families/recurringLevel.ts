import { z } from 'zod';
import type { Rational } from '#core/money/fixed.ts';
import { divide, sign, sum, zero } from '#core/money/rational.ts';
import {
  graduatedLevelCharge,
  timeWeightedAverage,
  volumeLevelCharge,
  weightedChanges,
  type LevelTier,
  type WeightedChange,
} from '#core/quantity/levels.ts';
import { requireRounding, rounded } from '#core/quantity/rounding.ts';
import { decimal, inclusiveDays, instantMs, maybe, moment, words, zoneFields, zoneOf } from '../fields.ts';
import { form, type Family } from '../family.ts';
import { inCents, quotient } from '../price.ts';
import { tierFields, type Tier } from '../tiers.ts';

const levelTiers = (tiers: readonly Tier[]): LevelTier[] =>
  tiers.map(({ upTo, unit, flat }) => ({ upTo: upTo ?? null, unitPrice: unit ?? zero, flat: flat ?? zero }));

/** "round2", "ceil2": how the result is shown. */
const resultRounding = maybe(z.string().regex(/^(none|round|ceil|floor)\d*$/));

function shown(amount: Rational, rounding: string | undefined): Rational {
  const [, name = 'none', decimals = '0'] = /^(\D+)(\d*)$/.exec(rounding ?? 'none') ?? [];
  return rounded(amount, Number(decimals), requireRounding(name === 'round' ? 'half_up' : name));
}

const volume = form(
  z.strictObject({ ...tierFields, resultRounding, ...words }),
  z.strictObject({ proratedQuantity: decimal, fullQuantity: decimal }),
  ({ tiers, resultRounding: rounding }, { proratedQuantity, fullQuantity }) => {
    const amount = shown(volumeLevelCharge(fullQuantity, proratedQuantity, levelTiers(tiers)), rounding);
    return { amount, unitAmount: quotient(amount, fullQuantity) };
  },
);

/** The prorated units of each change are given; their share of the units is the share of the period. */
const graduated = form(
  z.strictObject({ ...tierFields, resultRounding, ...words }),
  z.strictObject({ eventUnits: z.array(decimal), eventProratedUnits: z.array(decimal) }),
  ({ tiers, resultRounding: rounding }, { eventUnits, eventProratedUnits }) => {
    if (eventUnits.length !== eventProratedUnits.length) throw new RangeError('each event has its prorated units');
    const changes = eventUnits.map((by, index): WeightedChange => {
      const weighted = eventProratedUnits[index]!;
      return { by, weighted, share: sign(by) === 0 ? zero : divide(weighted, by) };
    });
    return { amount: shown(graduatedLevelCharge(changes, levelTiers(tiers)), rounding) };
  },
);

/** A level that comes from the period before, and its changes by day. */
const timeline = form(
  z.strictObject({ ...tierFields, resultRounding, ...words, ...zoneFields }),
  z.strictObject({
    period: z.strictObject({ from: moment, to: moment }),
    carriedUnits: maybe(decimal),
    events: z.array(z.tuple([moment, decimal])),
  }),
  ({ tiers, resultRounding: rounding, ...fields }, { period, carriedUnits = zero, events }, { model }) => {
    const zone = zoneOf(fields);
    const whole = inclusiveDays(period, zone);
    const ofLevel = levelTiers(tiers);
    const centsAfter = (count: number): Rational => {
      const changes = events.slice(0, count).map(([at, by]) => ({ atMs: instantMs(at, zone), by }));
      const weighted = weightedChanges(carriedUnits, changes, whole, 'day', zone);
      if (!model.includes('volume')) return inCents(shown(graduatedLevelCharge(weighted, ofLevel), rounding));
      const level = sum(weighted.map(({ by }) => by));
      const average = timeWeightedAverage(weighted);
      return inCents(shown(volumeLevelCharge(level, average, ofLevel), rounding));
    };
    return {
      amountCentsBeforeAnyEvent: centsAfter(0),
      amountCentsAfterEach: events.map((_, index) => centsAfter(index + 1)),
      amountCents: centsAfter(events.length),
    };
  },
);

export const recurringLevel: Family = { area: 'rating', forms: [volume, graduated, timeline], exceptions: [] };

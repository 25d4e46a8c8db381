import { z } from 'zod';
import type { Rational } from '#core/money/fixed.ts';
import { add, compare, divide, multiply, one, ratio, roundTo, subtract, sum, zero } from '#core/money/rational.ts';
import { requireRounding, rounded } from '#core/quantity/rounding.ts';
import {
  cycleCount,
  cyclesInAdvance,
  cycleShare,
  fixedMonthDays,
  fixedMonthShare,
  type Cycle,
} from '#core/time/cycles.ts';
import { daysBetween } from '#core/time/dates.ts';
import { addIntervals } from '#core/time/interval.ts';
import { daysTouched, prorate } from '#core/time/proration.ts';
import { form, type ExceptionRule, type Family } from '../family.ts';
import { defectsOf } from '../defects.ts';
import { creditedAtHandover, feeOfDays, feeOwed } from '../fees.ts';
import { missingOf } from '../spend.ts';
import {
  dateOf,
  hundred,
  decimal,
  inclusiveDays,
  instantMs,
  integer,
  maybe,
  moment,
  words,
  zoneFields,
  zoneOf,
} from '../fields.ts';
import type { JsonObject } from '../vector.ts';
import { interval } from './period.ts';

const cents = (value: Rational): Rational => roundTo(value, 0, 'halfAwayFromZero');
const span = z.tuple([moment, moment]);
const days = { billedDays: decimal, daysInPeriod: decimal };

const flatFee = form(
  z.strictObject({ enabled: z.boolean(), currency: z.string(), decimals: integer, ...words, ...zoneFields }),
  z.strictObject({ amount: decimal, servicePeriod: span, fullServicePeriod: span }),
  ({ enabled, decimals, ...fields }, { amount, servicePeriod, fullServicePeriod }) => {
    const zone = zoneOf(fields);
    const [part, whole] = [servicePeriod, fullServicePeriod].map(([from, to]) => ({
      startMs: instantMs(from, zone),
      endMs: instantMs(to, zone),
    }));
    const share = prorate(part!, whole!, enabled ? 'second' : 'none', zone);
    return { amount: roundTo(multiply(amount, share), decimals, 'halfAwayFromZero') };
  },
);

const subscriptionFee = form(
  z.strictObject({ planAmountCents: decimal, period: maybe(z.string()), trialDays: maybe(integer), ...words }),
  z.strictObject(days),
  ({ planAmountCents }, { billedDays, daysInPeriod }) => {
    const precise = feeOfDays(planAmountCents, billedDays, daysInPeriod);
    return { amountCents: cents(precise), preciseAmountCents: precise };
  },
);

const commitment = form(
  z.strictObject({ commitmentCents: decimal, ...words }),
  z.strictObject(days),
  ({ commitmentCents }, { billedDays, daysInPeriod }) => ({
    commitmentCents: cents(missingOf(commitmentCents, [], divide(billedDays, daysInPeriod))),
  }),
);

const coefficient = form(z.strictObject(words), z.strictObject(days), (_, { billedDays, daysInPeriod }) => ({
  coefficient: feeOfDays(one, billedDays, daysInPeriod),
}));

const plan = z.strictObject({ amountCents: decimal, interval, payInAdvance: z.boolean() });
const range = z.strictObject({ from: moment, to: moment });

const upgrade = form(
  z.strictObject({ oldPlan: plan, newPlan: plan, ...words, ...zoneFields }),
  z.strictObject({
    upgradeAt: moment,
    oldPeriod: range,
    newPeriodEndExclusive: moment,
    newBilledDays: maybe(integer),
    newDaysInPeriod: maybe(integer),
    oldUnusedDays: maybe(integer),
    oldDaysInPeriod: maybe(integer),
  }),
  ({ oldPlan, newPlan, ...fields }, { upgradeAt, oldPeriod, newPeriodEndExclusive, ...stated }) => {
    const zone = zoneOf(fields);
    const old = inclusiveDays(oldPeriod, zone);
    const day = dateOf(upgradeAt, zone);
    const startMs = instantMs(day.toString(), zone);
    const newEnd = dateOf(newPeriodEndExclusive, zone);
    const newStart = addIntervals(newEnd, newPlan.interval.unit, -newPlan.interval.every);
    // The day of the upgrade belongs to the new plan: it is the first day that the old one did not use.
    const counted = {
      oldUnusedDays: startMs < old.endMs ? daysTouched({ startMs, endMs: old.endMs }, zone) : 0,
      oldDaysInPeriod: daysTouched(old, zone),
      newBilledDays: daysBetween(day, newEnd),
      newDaysInPeriod: daysBetween(newStart, newEnd),
    };
    for (const [name, value] of Object.entries(counted)) {
      const given = stated[name as keyof typeof stated];
      if (given !== undefined && given !== value)
        throw new Error(`${name}: the vector says ${given}, ours is ${value}`);
    }
    const newPeriod = { startMs: instantMs(newStart.toString(), zone), endMs: instantMs(newEnd.toString(), zone) };
    return {
      creditNoteCents: oldPlan.payInAdvance
        ? cents(creditedAtHandover(oldPlan.amountCents, old, instantMs(upgradeAt, zone), zone))
        : zero,
      newFeeCents: cents(feeOwed(newPlan.amountCents, newPeriod, { fromMs: instantMs(upgradeAt, zone), zone })),
    };
  },
);

const fixedCharges = form(
  z.strictObject({ charges: z.array(z.strictObject({ unitAmount: decimal, units: decimal })), ...words }),
  z.strictObject(days),
  ({ charges }, { billedDays, daysInPeriod }) => {
    const amounts = charges.map(({ unitAmount, units }) =>
      cents(feeOfDays(multiply(unitAmount, hundred), billedDays, daysInPeriod, units)),
    );
    return { amountsCents: amounts, amountCents: sum(amounts) };
  },
);

const fixedChargeUpgrade = form(
  z.strictObject({
    oldFullFeeCents: decimal,
    newFullFeeCents: decimal,
    otherNewFeeCents: maybe(decimal),
    oldSubscriptionFeeCents: maybe(decimal),
    ...words,
  }),
  z.strictObject({ remainingDays: decimal, daysInPeriod: decimal, oldUsedDays: maybe(decimal) }),
  (
    { oldFullFeeCents, newFullFeeCents, otherNewFeeCents, oldSubscriptionFeeCents },
    { remainingDays, daysInPeriod, oldUsedDays },
  ) => {
    const remaining = (fee: Rational) => feeOfDays(fee, remainingDays, daysInPeriod);
    const used = oldUsedDays ?? subtract(daysInPeriod, remainingDays);
    return {
      newFeeAfterDeductionCents: cents(subtract(remaining(newFullFeeCents), remaining(oldFullFeeCents))),
      otherFeeCents: otherNewFeeCents && cents(remaining(otherNewFeeCents)),
      oldSubscriptionFeeCents: oldSubscriptionFeeCents && cents(feeOfDays(oldSubscriptionFeeCents, used, daysInPeriod)),
    };
  },
);

const cycleConfig = z.strictObject({
  period: interval,
  bill_cycle_day: integer,
  scale: integer,
  rounding: z.string(),
  ...words,
});
const cycleInputs = z.strictObject({ start: moment, end: maybe(moment), target: moment });

const cycles = form(cycleConfig, cycleInputs, ({ scale, rounding, ...config }, inputs) => ({
  cycles: rounded(cycleCount(cyclesOf(config, inputs)), scale, requireRounding(rounding)),
}));

const cyclesOf = (
  { period, bill_cycle_day }: Pick<z.output<typeof cycleConfig>, 'period' | 'bill_cycle_day'>,
  { start, end, target }: z.output<typeof cycleInputs>,
): Cycle[] =>
  cyclesInAdvance(
    {
      start: dateOf(start, 'UTC'),
      ...(end === undefined ? {} : { end: dateOf(end, 'UTC') }),
      interval: period.unit,
      every: period.every,
      cycleDay: bill_cycle_day,
    },
    dateOf(target, 'UTC'),
  );

const oneMonth = { unit: 'month', every: 1 } as const;

const dateSequence = form(z.strictObject(words), cycleInputs, (_, inputs) => ({
  cycles: cycleCount(cyclesOf({ period: oneMonth, bill_cycle_day: dateOf(inputs.start, 'UTC').day }, inputs)),
}));

const fixedMonth = form(
  z.strictObject({
    fixed_days_in_month: integer,
    period: maybe(interval),
    price: maybe(decimal),
    currency: maybe(z.string()),
    ...words,
  }),
  z.union([z.strictObject({ from: moment, to: moment }), z.strictObject({ days: integer })]),
  ({ fixed_days_in_month, period = oneMonth, price }, inputs) => {
    const count =
      'days' in inputs
        ? inputs.days
        : fixedMonthDays(dateOf(inputs.from, 'UTC'), dateOf(inputs.to, 'UTC'), fixed_days_in_month);
    const share = fixedMonthShare(count, period.unit, period.every, fixed_days_in_month);
    return {
      days: ratio(BigInt(count)),
      proration: share,
      amount: price && roundTo(multiply(price, share), 2, 'halfAwayFromZero'),
    };
  },
);

/** Cycles as the source counts them: partial ones rounded one by one, and the first measured by a date that is not aligned again. */
function sourceCycles(config: JsonObject, inputs: JsonObject, realign: boolean): Rational | undefined {
  const parsed = [cycleConfig.safeParse(config), cycleInputs.safeParse(inputs)] as const;
  if (!parsed[0].success || !parsed[1].success) return undefined;
  const { scale, rounding, ...rest } = parsed[0].data;
  const mode = requireRounding(rounding);
  return cyclesOf(rest, parsed[1].data)
    .map((cycle) => {
      if (realign || Temporal.PlainDate.compare(cycle.cycleFrom, cycle.from) === 0) return cycleShare(cycle);
      const unaligned = addIntervals(cycle.cycleTo, rest.period.unit, -rest.period.every);
      return divide(
        ratio(BigInt(daysBetween(cycle.from, cycle.to))),
        ratio(BigInt(daysBetween(unaligned, cycle.cycleTo))),
      );
    })
    .map((share) => rounded(share, scale, mode))
    .reduce(add, ratio(0n));
}

/** Whether counting as the source does gives another number than ours, at the scale that is asked for. */
function differsFromOurs(config: JsonObject, inputs: JsonObject, realign: boolean): boolean {
  const theirs = sourceCycles(config, inputs, realign);
  if (theirs === undefined) return false;
  const ours = cycles.compute(cycleConfig.parse(config), cycleInputs.parse(inputs), { expected: {}, model: '' }) as {
    cycles: Rational;
  };
  return compare(theirs, ours.cycles) !== 0;
}

const roundedOneByOne: ExceptionRule = {
  name: 'fractions of cycles are exact',
  reason:
    'upstream rounds each partial cycle to the scale and adds the rounded ones; ours adds exact fractions and rounds once',
  applies: ({ config, inputs }) => differsFromOurs(config, inputs, true),
  theirs: ({ config, inputs }) => ({ cycles: sourceCycles(config, inputs, true) }),
};

const notAligned: ExceptionRule = {
  name: 'the first cycle is aligned to the cycle day',
  reason:
    'upstream measures a leading partial cycle from the first cycle day less one period, which does not find the 29th to 31st again; ours measures from the cycle day before',
  applies: ({ config, inputs }) => differsFromOurs(config, inputs, false),
  theirs: ({ config, inputs }) => ({ cycles: sourceCycles(config, inputs, false) }),
};

export const proration: Family = {
  area: 'period',
  forms: [
    flatFee,
    subscriptionFee,
    commitment,
    coefficient,
    upgrade,
    fixedCharges,
    fixedChargeUpgrade,
    cycles,
    dateSequence,
    fixedMonth,
  ],
  exceptions: [roundedOneByOne, notAligned, defectsOf(() => proration)],
};

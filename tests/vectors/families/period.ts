import { z } from 'zod';
import { periodsFrom, type BillingCalendar } from '#core/time/calendar.ts';
import { intervalUnits, type IntervalUnit } from '#core/time/interval.ts';
import { dateOf, instantMs, integer, maybe, moment, words, zoneFields, zoneOf } from '../fields.ts';
import { form, type Family } from '../family.ts';
import type { Json } from '../vector.ts';

/** Intervals by the words that engines use for them. */
const intervalNames: Readonly<Record<string, Interval>> = {
  ...Object.fromEntries(intervalUnits.map((unit) => [unit, { unit, every: 1 }])),
  daily: { unit: 'day', every: 1 },
  weekly: { unit: 'week', every: 1 },
  biweekly: { unit: 'week', every: 2 },
  thirty_days: { unit: 'day', every: 30 },
  monthly: { unit: 'month', every: 1 },
  bimestrial: { unit: 'month', every: 2 },
  quarterly: { unit: 'quarter', every: 1 },
  semiannual: { unit: 'halfYear', every: 1 },
  semi_annual: { unit: 'halfYear', every: 1 },
  biannual: { unit: 'halfYear', every: 1 },
  half_yearly: { unit: 'halfYear', every: 1 },
  yearly: { unit: 'year', every: 1 },
  annual: { unit: 'year', every: 1 },
  annually: { unit: 'year', every: 1 },
  biennial: { unit: 'year', every: 2 },
};

export interface Interval {
  readonly unit: IntervalUnit;
  readonly every: number;
}

export const interval = z
  .string()
  .transform((name) => name.toLowerCase())
  .refine((name) => Object.hasOwn(intervalNames, name), 'is not an interval')
  .transform((name) => intervalNames[name]!);

const boundaries = form(
  z.strictObject({
    billing: z.enum(['anniversary', 'calendar']),
    interval,
    startedAt: moment,
    weekStart: maybe(integer),
    ...zoneFields,
    ...words,
  }),
  z.strictObject({ ...zoneFields }),
  ({ billing, interval: { unit, every }, startedAt, weekStart, ...fields }, inputs, { expected }) => {
    const zone = zoneOf({ ...inputs, ...fields });
    if (billing === 'calendar' && every !== 1) throw new RangeError('a calendar has no such periods');
    const calendar: BillingCalendar =
      billing === 'calendar'
        ? { kind: 'calendar', interval: unit, ...(weekStart === undefined ? {} : { weekStart }) }
        : { kind: 'anniversary', anchor: dateOf(startedAt, zone).toString(), interval: unit, every };
    const asked: readonly Json[] = Array.isArray(expected['periods']) ? expected['periods'] : [null];
    const periods = periodsFrom(instantMs(startedAt, zone), zone, calendar, asked.length);
    // The vectors name the last day; ours end with the first day that is not in.
    return {
      periods: periods.map(({ from, to }, index) => {
        const row = { from: from.toString(), to: to.subtract({ days: 1 }).toString() };
        const stated = asked[index];
        return Array.isArray(stated) ? [row.from, row.to].slice(0, stated.length) : row;
      }),
    };
  },
);

export const period: Family = { area: 'period', forms: [boundaries], exceptions: [] };

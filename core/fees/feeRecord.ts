/** What can be wrong with a published fee, whoever wrote it: its frame here, its terms with the functions that work them out. */
import type { FeeRecord } from '../messages/fee.ts';
import { calendarFaults, type BillingCalendar } from '../time/calendar.ts';
import { date, daysBetween } from '../time/dates.ts';
import { durationOf, intervalUnits } from '../time/interval.ts';
import { checkFee } from './check.ts';
import { exact } from './exact.ts';
import { checkInstallments, checkOneTime } from './plans.ts';
import { Check, type Problem } from './problems.ts';
import type { Shape } from './shape.ts';

export const feeLimits = {
  /** Parts that a bundle is shared among. */
  sharesMax: 20,
  /** Days of a billing period: some ten years. */
  periodDaysMax: 3660,
  /** Dates of a calendar that lists them. */
  datesMax: 1200,
  /** Periods of a fee that were due when a version of it is taken, times its parts: all of them are looked at, and may be booked. */
  periodsDueMax: 4000,
  /** The same of all versions that one message brings, and of those that they take the place of. */
  periodsPerMessageMax: 8000,
  nameLengthMax: 200,
} as const;

const weekday = { number: 'the number of a weekday, 1 (Monday) to 7 (Sunday)' };
const calendarShape: Shape = {
  kinds: {
    calendar: { interval: { oneOf: intervalUnits }, weekStart: { optional: weekday } },
    anniversary: { anchor: 'text', interval: { oneOf: intervalUnits }, every: { optional: 'number' } },
    fiscal: {
      pattern: { oneOf: ['4-4-5', '4-5-4', '5-4-4'] },
      endMonth: { number: 'the number of a month, 1 to 12' },
      endWeekday: weekday,
      rule: { oneOf: ['last', 'nearest'] },
      longPeriod: { optional: { number: 'the number of a period, 1 to 12' } },
    },
    list: { dates: { list: 'text', max: feeLimits.datesMax } },
  },
};

const frame: Shape = {
  record: {
    id: 'number',
    key: 'text',
    version: 'number',
    service: 'text',
    component: 'text',
    currency: 'text',
    account: 'account',
    calendar: calendarShape,
    terms: 'any',
    allocation: {
      optional: {
        list: { record: { service: 'text', component: 'text', weight: 'text' } },
        max: feeLimits.sharesMax,
      },
    },
    plan: { optional: 'text' },
    contract: { optional: 'text' },
  },
};

/** Every fault of a fee, which may be anything. Never throws. Whether its account is there is for the caller to say. */
export function checkFeeRecord(value: unknown): Problem[] {
  const check = new Check();
  if (!check.shape(value, frame)) return check.problems;
  const fee = value as FeeRecord;
  for (const name of ['id', 'version'] as const)
    check.at(name).that(Number.isSafeInteger(fee[name]) && fee[name] > 0, fee[name], 'a whole number from 1');
  for (const name of ['key', 'service', 'component'] as const) checkName(check.at(name), fee[name]);
  checkCalendar(check.at('calendar'), fee.calendar);
  if (fee.allocation !== undefined) {
    const shares = check.at('allocation');
    shares.that(fee.allocation.length > 0, '[]', 'at least one part');
    fee.allocation.forEach((share, index) => {
      for (const name of ['service', 'component'] as const) checkName(shares.at(index).at(name), share[name]);
    });
    const sound = fee.allocation.filter(({ weight }, index) => shares.at(index).at('weight').decimal(weight, 'notNegative')); // prettier-ignore
    const isWeighed = sound.length < fee.allocation.length || sound.some(({ weight }) => exact(weight).numerator > 0n);
    shares.that(isWeighed, 'all 0', 'weights of which one is above 0');
    const names = fee.allocation.map(({ service, component }) => JSON.stringify([service, component]));
    shares.that(new Set(names).size === names.length, names.join(), 'parts that differ in service or component', 'ID_TWICE'); // prettier-ignore
  }
  for (const problem of termsProblems(fee)) check.problems.push(problem);
  return check.problems;
}

const checkName = (check: Check, name: string): boolean =>
  check.that(name.length > 0 && name.length <= feeLimits.nameLengthMax, name, 'a name of 1 to 200 characters');

function termsProblems({ key: id, currency, terms }: FeeRecord): Problem[] {
  const { kind, ...fields } = (terms ?? {}) as { readonly kind?: unknown };
  const common = { id, currency };
  // The zone is that of the account, which was checked with it.
  const found =
    kind === 'recurring'
      ? checkFee({ ...fields, ...common, timeZone: 'UTC' })
      : kind === 'oneTime'
        ? checkOneTime({ ...fields, ...common })
        : kind === 'installments'
          ? checkPlan(fields, common)
          : unknownKind(kind);
  const check = new Check('terms');
  for (const name of ownFields) if (Object.hasOwn(fields, name)) check.at(name).that(false, 'given', 'no such field');
  return [
    ...check.problems,
    ...found.map((problem) => ({
      ...problem,
      path: ownFields.includes(problem.path) ? problem.path : `terms.${problem.path}`,
      expected: problem.expected.replaceAll(/\b(id|currency|timeZone), /g, ''),
    })),
  ];
}

/** Of the fee, not of its terms. */
const ownFields = ['id', 'currency', 'timeZone'];

function unknownKind(kind: unknown): Problem[] {
  const check = new Check();
  check.at('kind').that(false, kind, 'one of recurring, oneTime, installments');
  return check.problems;
}

function checkPlan({ endMs, ...plan }: { readonly endMs?: unknown }, common: object): Problem[] {
  const check = new Check();
  const hasDecimals = (plan as { decimals?: unknown }).decimals !== undefined;
  check.at('decimals').that(hasDecimals, undefined, '0 to 12');
  if (endMs !== undefined) check.at('endMs').instant(endMs as number);
  return [...check.problems, ...checkInstallments({ ...plan, ...common })];
}

/** Every fault of a calendar, which may be anything: paths begin in it. Never throws. */
export function checkCalendarRecord(value: unknown): Problem[] {
  const check = new Check();
  if (check.shape(value, calendarShape)) checkCalendar(check, value as BillingCalendar);
  return check.problems;
}

function checkCalendar(check: Check, calendar: BillingCalendar): void {
  const faults = calendarFaults(calendar);
  for (const fault of faults) check.that(false, calendar, fault);
  if (faults.length > 0) return;
  const longest = `a calendar whose periods have at most ${feeLimits.periodDaysMax} days`;
  if (calendar.kind === 'anniversary') {
    const { months, days } = durationOf(calendar.interval);
    const length = (calendar.every ?? 1) * (months * 30.5 + days);
    check.at('every').that(length <= feeLimits.periodDaysMax, calendar.every, longest);
  }
  if (calendar.kind === 'list')
    calendar.dates.forEach((text, index) => {
      const here = check.at('dates').at(index);
      here.that(text >= '1970-01-01' && text < '2286-01-01', text, 'a date from 1970 to 2285');
      const before = calendar.dates[index - 1];
      if (before !== undefined)
        here.that(daysBetween(date(before), date(text)) <= feeLimits.periodDaysMax, text, longest);
    });
}

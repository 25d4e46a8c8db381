/** What can be wrong with a budget, whoever wrote it (SPEC §6.4): by itself here, against master data in `budgetMisfit`. */
import { Check, type Problem } from '../fees/problems.ts';
import type { Shape } from '../fees/shape.ts';
import { severities } from '../messages/alert.ts';
import { thresholdKey, type BudgetRecord } from '../messages/budget.ts';
import { parseDecimal } from '../money/fixed.ts';
import type { Master } from '../rating/state.ts';
import { startOf } from '../rating/tallyPlace.ts';
import { calendarFaults } from '../time/calendar.ts';
import { isDate } from '../time/dates.ts';
import { intervalUnits } from '../time/interval.ts';
import { calendarText, longestDays } from '../time/tallyPeriod.ts';
import { budgetLimits as limits } from './limits.ts';

const names: Shape = { optional: { list: 'text', max: limits.scopeMax } };
const weekday = { number: 'the number of a weekday, 1 (Monday) to 7 (Sunday)' };
const shape: Shape = {
  record: {
    id: 'text',
    account: 'account',
    name: 'text',
    amount: 'text',
    currency: 'text',
    meter: { optional: 'text' },
    scope: {
      optional: {
        record: {
          services: names,
          components: names,
          meters: names,
          prices: names,
          resources: names,
          tags: { optional: 'any' },
        },
      },
    },
    period: 'any',
    carryOver: { optional: { record: { maximum: { optional: 'text' } } } },
    fx: {
      optional: { list: { record: { currency: 'text', rate: 'text', date: 'text' } }, max: limits.ratesMax },
    },
    thresholds: {
      list: {
        record: {
          percent: { optional: 'text' },
          absolute: { optional: 'text' },
          forecast: { optional: 'text' },
          rate: { optional: { record: { amount: 'text', hours: 'number' } } },
          action: { oneOf: ['notify', 'throttle', 'block'] },
          severity: { optional: { oneOf: severities } },
        },
      },
      max: limits.thresholdsMax,
    },
    releaseAt: { optional: 'text' },
    forecast: { optional: 'boolean' },
    targets: { list: 'text', max: limits.scopeMax },
    enabled: 'boolean',
  },
};

const periods: Shape = {
  kinds: {
    calendar: { interval: { oneOf: intervalUnits }, weekStart: { optional: weekday } },
    anniversary: { anchor: 'text', interval: { oneOf: intervalUnits }, every: { optional: 'number' } },
    fiscal: {
      pattern: { oneOf: ['4-4-5', '4-5-4', '5-4-4'] },
      endMonth: 'number',
      endWeekday: weekday,
      rule: { oneOf: ['last', 'nearest'] },
      longPeriod: { optional: 'number' },
    },
    rolling: { hours: 'number' },
  },
};

/** Every fault of a record, which may be anything; none when it can be published. Never throws. */
export function checkBudget(value: unknown): Problem[] {
  const check = new Check();
  if (!check.shape(value, shape)) return check.problems;
  const record = value as BudgetRecord;
  check.at('id').that(record.id !== '', record.id, 'a name that is not empty');
  check.at('amount').decimal(record.amount, 'notNegative');
  if (record.meter === undefined) check.at('currency').chargedIn(record.currency);
  else check.at('currency').that(record.currency === '', record.currency, 'nothing, for it is a quantity');
  const endless = checkPeriod(check.at('period'), record.period);
  if (record.scope !== undefined) checkScope(check.at('scope'), record.scope);
  if (record.carryOver !== undefined) {
    check.at('carryOver').that(!endless, 'carryOver', 'nothing, for no period follows another one');
    if (record.carryOver.maximum !== undefined) check.at('carryOver').at('maximum').decimal(record.carryOver.maximum, 'notNegative'); // prettier-ignore
  }
  checkRates(check.at('fx'), record);
  if (record.releaseAt !== undefined) check.at('releaseAt').decimal(record.releaseAt, 'percent');
  check
    .at('forecast')
    .that(!endless || record.forecast !== true, record.forecast, 'nothing, for the period has no end');
  checkThresholds(check.at('thresholds'), record, endless);
  return check.problems;
}

/** Whether it has no end, or moves along: then there is none before it and none to expect. */
function checkPeriod(check: Check, period: BudgetRecord['period']): boolean {
  if (period === 'lifetime') return true;
  const kinds = [...intervalUnits, 'lifetime'];
  if (typeof period === 'string') {
    check.that(kinds.includes(period), period, `one of ${kinds.join(', ')}, a calendar or a rolling period`);
    return false;
  }
  if (!check.shape(period, periods)) return false;
  if (period.kind === 'rolling') {
    const isWhole = Number.isInteger(period.hours) && period.hours >= 1 && period.hours <= limits.hoursMax;
    check.at('hours').that(isWhole, period.hours, `whole hours from 1 to ${limits.hoursMax}`, 'NUMBER_OUT_OF_RANGE');
    return true;
  }
  const isOwn = period.kind === 'anniversary' && period.anchor === 'account';
  const calendar = isOwn ? { ...period, anchor: '2026-01-01' } : period;
  for (const fault of calendarFaults(calendar)) check.that(false, JSON.stringify(period), fault);
  check.that(
    longestDays(calendar) <= limits.periodDaysMax,
    JSON.stringify(period),
    `periods of at most ${limits.periodDaysMax} days`,
    'LIMIT_EXCEEDED',
  );
  return false;
}

function checkScope(check: Check, scope: NonNullable<BudgetRecord['scope']>): void {
  const lists = Object.entries(scope).filter(([name]) => name !== 'tags') as [string, readonly string[]][];
  for (const [name, list] of lists) {
    const here = check.at(name);
    here.that(list.length > 0, '[]', 'at least one name; leave it out for all');
    list.forEach((one, index) =>
      here
        .at(index)
        .that(one !== '' && one.length <= limits.textMax, one, `a name of at most ${limits.textMax} characters`),
    );
  }
  check.that(
    lists.length > 0 || scope.tags !== undefined,
    '{}',
    'something that it is limited to; leave it out for all',
  );
  if (scope.tags !== undefined) checkTags(check.at('tags'), scope.tags);
}

function checkTags(check: Check, tags: unknown): void {
  const isRecord = typeof tags === 'object' && tags !== null && !Array.isArray(tags);
  if (!check.that(isRecord, tags, 'tags with lists of values')) return;
  const entries = Object.entries(tags as object) as [string, unknown][];
  const isSome = entries.length > 0 && entries.length <= limits.tagsMax;
  check.that(isSome, entries.length, `from 1 to ${limits.tagsMax} tags`, 'LIMIT_EXCEEDED');
  for (const [name, values] of entries) check.at(name).shape(values, { list: 'text', max: limits.scopeMax });
}

function checkRates(check: Check, { currency, meter, fx = [] }: BudgetRecord): void {
  check.that(fx.length === 0 || meter === undefined, fx.length, 'nothing, for a quantity has no currency');
  fx.forEach((rate, index) => {
    const here = check.at(index);
    here.at('currency').chargedIn(rate.currency);
    here.at('currency').that(rate.currency !== currency, rate.currency, `another currency than ${currency}`);
    here.at('rate').decimal(rate.rate, 'positive');
    here.at('date').that(isDate(rate.date), rate.date, 'a day like 2026-11-23');
    const isFirst = fx.findIndex((other) => other.currency === rate.currency) === index;
    here.at('currency').that(isFirst, rate.currency, 'a currency that no other rate is of', 'ID_TWICE');
  });
}

function checkThresholds(check: Check, { thresholds }: BudgetRecord, endless: boolean): void {
  const keys = new Set<string>();
  thresholds.forEach((threshold, index) => {
    const here = check.at(index);
    const { percent, absolute, forecast, rate } = threshold;
    const said = [percent, absolute, forecast, rate].filter((one) => one !== undefined).length;
    if (!here.that(said === 1, JSON.stringify(threshold), 'one of percent, absolute, forecast and rate')) return;
    if (percent !== undefined) here.at('percent').decimal(percent, 'notNegative');
    if (absolute !== undefined) here.at('absolute').decimal(absolute, 'notNegative');
    if (forecast !== undefined) {
      here.at('forecast').decimal(forecast, 'notNegative');
      here.at('forecast').that(!endless, forecast, 'nothing, for the period has no end');
    }
    if (rate !== undefined) {
      here.at('rate').at('amount').decimal(rate.amount, 'notNegative');
      const isWhole = Number.isInteger(rate.hours) && rate.hours >= 1 && rate.hours <= limits.hoursMax;
      const expected = `whole hours from 1 to ${limits.hoursMax}`;
      here.at('rate').at('hours').that(isWhole, rate.hours, expected, 'NUMBER_OUT_OF_RANGE');
    }
    const key = thresholdKey(threshold);
    here.that(!keys.has(key), key, 'a threshold that is not there yet', 'ID_TWICE');
    keys.add(key);
  });
}

/** Why a sound record does not go with the tenant's master data, or undefined. */
export function budgetMisfit(
  master: Pick<Master, 'accounts' | 'meters' | 'budgets'>,
  record: BudgetRecord,
): string | undefined {
  const account = master.accounts.get(record.account);
  if (account === undefined) return `account ${record.account} is not known`;
  const known = master.budgets.get(record.id);
  if (known !== undefined && fixedOf(known) !== fixedOf(record)) return 'its account, currency, meter and period stay';
  if (known === undefined && master.budgets.size >= limits.budgetsMax)
    return `it is beyond ${limits.budgetsMax} budgets, which is the most`;
  if (goesByAccount(record) && startOf(account) === undefined)
    return `account ${record.account} and those above it have no start that anniversaries count from`;
  return record.meter === undefined ? undefined : misfitOfMeter(master, record);
}

function misfitOfMeter({ meters }: Pick<Master, 'meters'>, record: BudgetRecord): string | undefined {
  const meter = meters.get(record.meter!);
  if (meter === undefined) return `meter ${record.meter} is not known`;
  const figures = [
    record.amount,
    record.carryOver?.maximum,
    ...record.thresholds.flatMap(({ absolute, rate }) => [absolute, rate?.amount]),
  ];
  const wrong = figures.find((figure) => figure !== undefined && parseDecimal(figure, meter.scale) === undefined);
  return wrong === undefined ? undefined : `${wrong} has more decimals than the ${meter.scale} of meter ${meter.id}`;
}

/** Whether its periods count from the start of its account. */
export const goesByAccount = ({ period }: BudgetRecord): boolean =>
  typeof period === 'object' && period.kind === 'anniversary' && period.anchor === 'account';

function fixedOf({ account, currency, meter, period }: BudgetRecord): string {
  return JSON.stringify([account, currency, meter, periodText(period)]);
}

function periodText(period: BudgetRecord['period']): string {
  if (period === 'lifetime') return period;
  if (typeof period === 'string') return calendarText({ kind: 'calendar', interval: period });
  return period.kind === 'rolling' ? `rolling ${period.hours}` : calendarText(period);
}

/** A budget's record made ready: figures as integers, periods, and whether it counts by itself (SPEC §6.2–6.4). */
import { forecastHoursMax } from '../forecast/index.ts';
import { thresholdKey, type BudgetRecord, type BudgetThreshold } from '../messages/budget.ts';
import { AMOUNT_SCALE, formatDecimal, parseAmount, parseDecimal, parseRational } from '../money/fixed.ts';
import { billingPeriodAt, type BillingCalendar } from '../time/calendar.ts';
import { intervalUnits, type IntervalUnit } from '../time/interval.ts';
import { periodAt, type Period } from '../time/period.ts';
import { tallyPeriodAt } from '../time/tallyPeriod.ts';
import type { Account, Master } from '../rating/state.ts';
import { startOf } from '../rating/tallyPlace.ts';

export const hourMs = 3_600_000;
export const hourOf = (atMs: number): number => Math.floor(atMs / hourMs) * hourMs;

/** A threshold is crossed when its figure × below ≥ above × what it is a part of. */
export interface Level {
  readonly key: string;
  readonly threshold: BudgetThreshold;
  readonly of: 'spent' | 'forecast' | 'rate';
  readonly above: bigint;
  readonly below: bigint;
  /** Whether `above` is times the limit. */
  readonly isShare: boolean;
}

export interface Rule {
  readonly record: BudgetRecord;
  readonly account: Account;
  /** Decimals of its figures: 12 of money, those of the meter. */
  readonly scale: number;
  readonly amount: bigint;
  readonly carriedMax: bigint | undefined;
  /** 1 of its own currency, the rates of others; pico. */
  readonly rates: ReadonlyMap<string, bigint>;
  readonly levels: readonly Level[];
  /** Part of a level below which it lets go, by what the level is of; undefined: never. */
  readonly letsGoAt: Readonly<
    Record<Level['of'], { readonly numerator: bigint; readonly denominator: bigint } | undefined>
  >;
  /** Whether the balance of its account says what was spent. */
  readonly isPlain: boolean;
  /** Hours that it keeps the sums of; 0 for none. */
  readonly hours: number;
  /** Hours of a rolling period; 0 for other ones. */
  readonly rolling: number;
  readonly isForecast: boolean;
}

const rules = new WeakMap<BudgetRecord, Rule>();

/** Derived, and worked out once: what it goes by of account and meter stays. */
export function ruleOf(master: Pick<Master, 'accounts' | 'meters'>, record: BudgetRecord): Rule {
  let rule = rules.get(record);
  if (rule === undefined) rules.set(record, (rule = made(master, record)));
  return rule;
}

function made(master: Pick<Master, 'accounts' | 'meters'>, record: BudgetRecord): Rule {
  const scale = record.meter === undefined ? AMOUNT_SCALE : master.meters.get(record.meter)!.scale;
  const figure = (text: string): bigint => parseDecimal(text, scale)!;
  const rolling = rollingHours(record);
  const maximum = record.carryOver?.maximum;
  const letsGo = record.releaseAt === undefined ? undefined : parseRational(record.releaseAt)!;
  const byItself = letsGo ?? { numerator: 100n, denominator: 1n };
  return {
    record,
    account: master.accounts.get(record.account)!,
    scale,
    amount: figure(record.amount),
    carriedMax: maximum === undefined ? undefined : figure(maximum),
    rates: new Map([
      [record.currency, 10n ** BigInt(AMOUNT_SCALE)],
      ...(record.fx ?? []).map(({ currency, rate }) => [currency, parseAmount(rate)!] as const),
    ]),
    levels: record.thresholds.map((threshold) => levelOf(threshold, figure)),
    letsGoAt: { spent: rolling > 0 ? byItself : letsGo, forecast: byItself, rate: byItself },
    isPlain: isPlain(record),
    hours: hoursOf(record),
    rolling,
    isForecast: isForecast(record),
  };
}

function levelOf(threshold: BudgetThreshold, figure: (text: string) => bigint): Level {
  const key = thresholdKey(threshold);
  const { percent, absolute, forecast, rate } = threshold;
  const share = percent ?? forecast;
  if (share === undefined) {
    const above = figure(absolute ?? rate!.amount);
    return { key, threshold, of: absolute === undefined ? 'rate' : 'spent', above, below: 1n, isShare: false };
  }
  const { numerator, denominator } = parseRational(share)!;
  const of = percent === undefined ? 'forecast' : 'spent';
  return { key, threshold, of, above: numerator, below: 100n * denominator, isShare: true };
}

export const formatFigure = (rule: Rule, value: bigint): string => formatDecimal(value, rule.scale);
export const parseFigure = (rule: Rule, text: string): bigint => parseDecimal(text, rule.scale)!;

const isForecast = ({ forecast, thresholds }: BudgetRecord): boolean =>
  forecast === true || thresholds.some((threshold) => threshold.forecast !== undefined);

const isPlain = (record: BudgetRecord): boolean =>
  record.meter === undefined && record.scope === undefined && isMonth(record);

const hoursOf = (record: BudgetRecord): number =>
  Math.max(
    rollingHours(record),
    isForecast(record) ? forecastHoursMax + 1 : 0,
    ...record.thresholds.map(({ rate }) => rate?.hours ?? 0),
  );

/** Whether it adds up anything itself. */
export const keepsSums = (record: BudgetRecord): boolean => !isPlain(record) || hoursOf(record) > 0;
export const countsItself = ({ record }: Rule): boolean => keepsSums(record);

/** What it counts: with another one it begins to count anew. */
export function countedOf(rule: Rule): string {
  const { record, hours } = rule;
  const currencies = (record.fx ?? []).map(({ currency }) => currency).sort();
  return countsItself(rule) ? JSON.stringify([record.scope, currencies, hours]) : '';
}

const rollingHours = ({ period }: BudgetRecord): number =>
  typeof period === 'object' && period.kind === 'rolling' ? period.hours : 0;

const calendars = Object.fromEntries(
  intervalUnits.map((interval) => [interval, { kind: 'calendar', interval } as const]),
) as Readonly<Record<IntervalUnit, BillingCalendar>>;

/** Of a record that goes by one: neither rolling nor for all time. */
const calendarOf = ({ period }: BudgetRecord): BillingCalendar =>
  typeof period === 'string' ? calendars[period as IntervalUnit] : (period as BillingCalendar);

const isMonth = (record: BudgetRecord): boolean => {
  const calendar = record.period === 'lifetime' ? undefined : calendarOf(record);
  return calendar?.kind === 'calendar' && calendar.interval === 'month';
};

const always: Period = { startMs: 0, endMs: 9_999_999_999_999 };

/** The period that holds the instant; of a rolling one the hours up to and with that of the instant. */
export function budgetPeriodAt({ record, account, rolling }: Rule, atMs: number): Period {
  if (record.period === 'lifetime') return always;
  const { timeZone } = account.record;
  if (rolling > 0) return { startMs: Math.max(0, hourOf(atMs) - (rolling - 1) * hourMs), endMs: hourOf(atMs) + hourMs };
  if (isMonth(record)) return periodAt(atMs, timeZone);
  return tallyPeriodAt(atMs, timeZone, calendarOf(record), startOf(account))!;
}

/** How alert ids name it: "2026-11", "2026-Q4", "FY2026-P03"; "rolling" and "lifetime" where there is but one. */
export function budgetPeriodKey({ record, account, rolling }: Rule, { startMs }: Period): string {
  if (record.period === 'lifetime') return 'lifetime';
  if (rolling > 0) return 'rolling';
  const calendar = calendarOf(record);
  const anchored =
    calendar.kind === 'anniversary' && calendar.anchor === 'account'
      ? { ...calendar, anchor: startOf(account)! }
      : calendar;
  return billingPeriodAt(startMs, account.record.timeZone, anchored)!.key;
}

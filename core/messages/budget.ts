/** Budgets as billing publishes them, and their state as the rater commits it (SPEC §6). */
import type { BillingCalendar } from '../time/calendar.ts';
import type { IntervalUnit } from '../time/interval.ts';
import type { AlertCommon, Severity } from './alert.ts';

export interface BudgetRecord {
  readonly id: string;
  /** Any node: it and all below it count. It stays, and so do `currency`, `meter` and `period`. */
  readonly account: number;
  readonly name: string;
  /** Decimal text in `currency`, which may be a pricing unit; with `meter` a quantity in the meter's own unit. May be "0". */
  readonly amount: string;
  /** "" with `meter`. */
  readonly currency: string;
  readonly meter?: string;
  /** What counts of the account; absent: everything. */
  readonly scope?: BudgetScope;
  readonly period: BudgetPeriod;
  /** What is left of the amount goes on into the next period, and with that again; absent: it lapses. */
  readonly carryOver?: { /** Most that goes on, decimal text. */ readonly maximum?: string };
  /** How amounts in other currencies count; absent: they do not. Rates are named with their date and never change by themselves. */
  readonly fx?: readonly BudgetRate[];
  readonly thresholds: readonly BudgetThreshold[];
  /**
   * Percent of a threshold's own level: below it the threshold is armed anew, and lets go. Absent: 100 for what moves with time
   * (rolling periods, forecasts, rates), else never within the period.
   */
  readonly releaseAt?: string;
  /** Whether its end of period is forecast each hour; a forecast threshold asks for it by itself. */
  readonly forecast?: boolean;
  /** Webhook targets that hear of it. */
  readonly targets: readonly string[];
  readonly enabled: boolean;
}

/** Of each list given, one must fit. A resource may end in `/*`: everything below. */
export interface BudgetScope {
  readonly services?: readonly string[];
  readonly components?: readonly string[];
  readonly meters?: readonly string[];
  /** Keys of prices, fees and agreements. */
  readonly prices?: readonly string[];
  readonly resources?: readonly string[];
  /** The account of the row, or one above it, has each of these tags with one of the values. */
  readonly tags?: Readonly<Record<string, readonly string[]>>;
}

/** Calendar intervals in the account's zone (weeks begin on Monday), any other calendar, the last hours, or all time. */
export type BudgetPeriod =
  IntervalUnit | 'lifetime' | BillingCalendar | { readonly kind: 'rolling'; readonly hours: number };

export interface BudgetRate {
  /** ISO 4217 or a pricing unit: amounts of it count × `rate`. */
  readonly currency: string;
  /** Decimal text above 0. */
  readonly rate: string;
  /** Day of the rate, like 2026-11-23. */
  readonly date: string;
}

/** Exactly one of `percent`, `absolute`, `forecast`, `rate` says when it is crossed. */
export interface BudgetThreshold {
  /** Spent so many percent of the amount, decimal text, e.g. "80". */
  readonly percent?: string;
  /** Spent so much, decimal text. */
  readonly absolute?: string;
  /** By the end of the period so many percent of the amount are expected. */
  readonly forecast?: string;
  /** So much within the last `hours`, the present one included. */
  readonly rate?: { readonly amount: string; readonly hours: number };
  readonly action: 'notify' | 'throttle' | 'block';
  /** Absent: info, warning, critical by action. */
  readonly severity?: Severity;
}

/** What names a threshold within its budget, in alert ids and on pages: "80", "absolute:500", "forecast:100", "rate:50:24h". */
export function thresholdKey({ percent, absolute, forecast, rate }: BudgetThreshold): string {
  if (percent !== undefined) return percent;
  if (absolute !== undefined) return `absolute:${absolute}`;
  return forecast === undefined ? `rate:${rate!.amount}:${rate!.hours}h` : `forecast:${forecast}`;
}

/** The record as an entry of `budgets:` says it: the account by its slug. */
export function budgetEntry({ account: _, currency, ...rest }: BudgetRecord, slug: string) {
  return { ...rest, account: slug, ...(rest.meter === undefined ? { currency } : {}) };
}

export interface BudgetState {
  readonly tenant: string;
  readonly budget: string;
  /** The period looked at last; of rolling ones the hours that count. */
  readonly periodStartMs: number;
  readonly periodEndMs: number;
  readonly state: BudgetStateName;
  /** Counts whatever armed it anew in the period: resets, raises, what fell. */
  readonly arming: number;
  /** Keys of the thresholds crossed in this period and arming, in the order crossed. */
  readonly crossed: readonly string[];
  /** What had been spent at the last manual reset in this period; spending counts from there. Decimal text, as all figures. */
  readonly baseline: string;
  /** What it counted itself, less the baseline; absent where the account's balance says it. */
  readonly spent?: string;
  /** The amount with what was carried over; absent where nothing ever is. */
  readonly limit?: string;
  /** Log time of the record from which it counts: rows of later inputs. 0 where the balance of the account counts. */
  readonly sinceMs: number;
  /** Whether what came before is still to be told (`budgetSeed`). */
  readonly warming?: true;
  /** Whether its record changed since it was looked at last. */
  readonly changed?: true;
  /** The period before, where what it left goes on: what it had, and the baseline that it ended with. */
  readonly previous?: {
    readonly startMs: number;
    readonly endMs: number;
    readonly limit: string;
    readonly baseline: string;
  };
  /** Start of the hour looked at last, where hours count; from which hour on after a reset, less what that hour had. */
  readonly hourMs?: number;
  readonly resetHour?: { readonly startMs: number; readonly baseline: string };
  readonly forecast?: BudgetForecast;
  /** The newest changes of state, the oldest first. */
  readonly history: readonly BudgetTransition[];
}

export interface BudgetTransition {
  readonly atMs: number;
  readonly state: BudgetStateName;
  /** Key of the threshold that did it, or why it let go. */
  readonly by: string;
}

/** What a budget counted itself: sums by start of the period, and of the hour; absolute, those that changed, in a snapshot all. */
export interface BudgetSums {
  readonly tenant: string;
  readonly budget: string;
  readonly periods: readonly BudgetSum[];
  readonly hours: readonly BudgetSum[];
}

/** In pico of the currency, or at the scale of the meter, whose currency is "". Whole numbers as text. */
export type BudgetSum = readonly [startMs: number, currency: string, sum: string];

/** Budgets of a tenant that wait to be looked at: all from an id on, for one input raised as many alerts as it may. */
export interface BudgetsWaiting {
  readonly tenant: string;
  readonly from: string;
  readonly cause: AlertCommon['cause'];
  readonly trace: string;
}

/** What a budget that counts itself would have counted had it been there before `sinceMs`, which tells the budget that was meant. */
export interface BudgetSeed {
  readonly budget: string;
  readonly sinceMs: number;
  readonly periods: readonly BudgetSum[];
  readonly hours: readonly BudgetSum[];
}

export type BudgetStateName = 'within' | 'warned' | 'throttled' | 'blocked' | 'released';

/** What is expected by the end of the period, decimal text: worked out at an instant of the log. */
export interface BudgetForecast {
  readonly expected: string;
  readonly low: string;
  readonly high: string;
  readonly atMs: number;
  readonly method: string;
}

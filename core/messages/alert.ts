/** What a tenant is told of: raised by the rater, committed with what caused it, delivered by the notifier. */
import type { BudgetForecast, BudgetStateName } from './budget.ts';
import type { CreditAlert } from './credit.ts';

export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** What every alert has; whoever delivers or lists alerts needs no more, and takes types that it does not know. */
export interface AlertCommon {
  /** Contains no sequence: what is raised again after a rewind has the same id. */
  readonly id: string;
  readonly tenant: string;
  readonly type: string;
  readonly severity: Severity;
  /** What it is about: deliveries of one source keep their order, and its newest alert says what a receiver should do. */
  readonly source: string;
  readonly account: number;
  readonly accountSlug: string;
  readonly action: 'notify' | 'throttle' | 'block' | 'release';
  readonly state: string;
  /** Webhook targets that hear of it. */
  readonly targets: readonly string[];
  readonly logTimeMs: number;
  /** The batch whose rating caused it; null when a control message or time did. */
  readonly cause: { readonly producer: string; readonly epoch: string; readonly seq: number } | null;
  readonly trace: string;
}

/** Id: `<tenant>:<budget>:<period>:<threshold>:<arming>` (crossed) or `…:released:<arming>`. Source: `budget:<budget>`. */
export interface BudgetAlert extends AlertCommon {
  readonly type: 'budget.threshold_crossed' | 'budget.released';
  readonly state: BudgetStateName;
  readonly budget: string;
  readonly budgetName: string;
  /** Key of the threshold crossed (`thresholdKey`); "" for a release. */
  readonly threshold: string;
  /** Why it lets go. */
  readonly released?: 'period' | 'changed' | 'fell' | 'reset' | 'act';
  /** What was spent, and the amount with what was carried over, decimal text in `currency`, or of `meter` in its unit. */
  readonly balance: string;
  readonly limit: string;
  /** "" for a quantity. */
  readonly currency: string;
  readonly meter?: string;
  readonly unit?: string;
  readonly periodStartMs: number;
  readonly periodEndMs: number;
  /** The figure that crossed a forecast threshold. */
  readonly forecast?: BudgetForecast;
  /** What the hours of a rate threshold came to, decimal text. */
  readonly rate?: string;
  /** Rates at which other currencies were counted. */
  readonly fx?: readonly { readonly currency: string; readonly rate: string; readonly date: string }[];
}

/** Has the common fields only. */
export interface OtherAlert extends AlertCommon {
  readonly type: 'target.test';
}

export type Alert = BudgetAlert | CreditAlert | OtherAlert;

export const isOfBudget = (alert: AlertCommon): alert is BudgetAlert => alert.type.startsWith('budget.');

/** Who has taken note of an alert, and in which words. */
export interface Acknowledgement {
  readonly alert: string;
  readonly actor: string;
  readonly atMs: number;
  readonly note: string;
}

/** What a partition keeps of a budget: its rule is the record, this is where it stands. */
import type { AlertCommon } from '../messages/alert.ts';
import type { BudgetForecast, BudgetStateName, BudgetTransition } from '../messages/budget.ts';
import type { Period } from '../time/period.ts';

/** Sums by currency ("" for a quantity), by the start of what they are the sums of. */
export type Buckets = Map<number, Map<string, bigint>>;

export interface Budget {
  readonly id: string;
  period: Period;
  state: BudgetStateName;
  arming: number;
  crossed: string[];
  baseline: bigint;
  previous: Previous | undefined;
  /** The limit that the last commit told, where something goes on: late usage of the period before changes it. */
  limitTold: bigint | undefined;
  /** It counts rows of inputs after this log time. */
  sinceMs: number;
  warming: boolean;
  /** Whether its record, or what came before it, is new to it. */
  changed: boolean;
  /** Start of the hour looked at last; 0 where none counts. */
  hourMs: number;
  resetHour: { readonly startMs: number; readonly baseline: bigint } | undefined;
  forecast: BudgetForecast | undefined;
  history: readonly BudgetTransition[];
  readonly periods: Buckets;
  readonly hours: Buckets;
  /** Starts of periods and hours whose sums the last commit does not carry yet. */
  readonly freshPeriods: Set<number>;
  readonly freshHours: Set<number>;
  dirty: boolean;
}

/** The period before: what goes on of it may change as long as usage of it comes. */
export interface Previous extends Period {
  readonly limit: bigint;
  readonly baseline: bigint;
}

export const newBudget = (id: string, period: Period): Budget => ({
  id,
  period,
  state: 'within',
  arming: 0,
  crossed: [],
  baseline: 0n,
  previous: undefined,
  limitTold: undefined,
  sinceMs: 0,
  warming: false,
  changed: false,
  hourMs: 0,
  resetHour: undefined,
  forecast: undefined,
  history: [],
  periods: new Map(),
  hours: new Map(),
  freshPeriods: new Set(),
  freshHours: new Set(),
  dirty: false,
});

/** What looking at budgets after one input is handed. */
export interface Cause {
  readonly cause: AlertCommon['cause'];
  readonly trace: string;
}

/** Budgets as commits and snapshots carry them, and back (SPEC §6.10). */
import type { BudgetState, BudgetSum, BudgetSums } from '../messages/budget.ts';
import type { Tenant } from '../rating/state.ts';
import { prune } from './count.ts';
import { formatFigure, parseFigure, ruleOf } from './rule.ts';
import { carried, spentNow } from './spent.ts';
import { newBudget, type Buckets, type Budget } from './state.ts';

export function budgetState(tenant: Tenant, budget: Budget): BudgetState {
  const rule = ruleOf(tenant.master, tenant.master.budgets.get(budget.id)!);
  const { period, previous, resetHour, forecast } = budget;
  const figure = (value: bigint): string => formatFigure(rule, value);
  return {
    tenant: tenant.id,
    budget: budget.id,
    periodStartMs: period.startMs,
    periodEndMs: period.endMs,
    state: budget.state,
    arming: budget.arming,
    crossed: [...budget.crossed],
    baseline: figure(budget.baseline),
    ...(rule.isPlain ? {} : { spent: figure(spentNow(tenant, rule, budget)) }),
    ...(rule.record.carryOver === undefined ? {} : { limit: figure(rule.amount + carried(tenant, rule, budget)) }),
    sinceMs: budget.sinceMs,
    ...(budget.warming ? { warming: true as const } : {}),
    ...(budget.changed ? { changed: true as const } : {}),
    ...(previous && { previous: { ...previous, limit: figure(previous.limit), baseline: figure(previous.baseline) } }),
    ...(budget.hourMs > 0 ? { hourMs: budget.hourMs } : {}),
    ...(resetHour && { resetHour: { startMs: resetHour.startMs, baseline: figure(resetHour.baseline) } }),
    ...(forecast && { forecast }),
    history: budget.history,
  };
}

/** Of sums that were asked for and are still kept; undefined for none. */
export function budgetSums(tenant: string, budget: Budget, all: boolean): BudgetSums | undefined {
  const periods = sumsIn(budget.periods, all ? budget.periods.keys() : budget.freshPeriods);
  const hours = sumsIn(budget.hours, all ? budget.hours.keys() : budget.freshHours);
  return periods.length + hours.length === 0 ? undefined : { tenant, budget: budget.id, periods, hours };
}

const sumsIn = (buckets: Buckets, starts: Iterable<number>): BudgetSum[] =>
  [...starts]
    .toSorted((a, b) => a - b)
    .flatMap((startMs) =>
      [...(buckets.get(startMs) ?? [])]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([currency, sum]): BudgetSum => [startMs, currency, sum.toString()]),
    );

export function applyBudget(tenant: Tenant, entry: BudgetState): void {
  const rule = ruleOf(tenant.master, tenant.master.budgets.get(entry.budget)!);
  const figure = (text: string): bigint => parseFigure(rule, text);
  const { previous, resetHour } = entry;
  const period = { startMs: entry.periodStartMs, endMs: entry.periodEndMs };
  const known = tenant.budgetStates.get(entry.budget) ?? newBudget(entry.budget, period);
  tenant.budgetStates.set(entry.budget, known);
  // It counts anew: what it had is nothing any more.
  if (known.sinceMs !== entry.sinceMs) {
    known.periods.clear();
    known.hours.clear();
  }
  Object.assign(known, {
    period,
    state: entry.state,
    arming: entry.arming,
    crossed: [...entry.crossed],
    baseline: figure(entry.baseline),
    previous: previous && { ...previous, limit: figure(previous.limit), baseline: figure(previous.baseline) },
    limitTold: entry.limit === undefined ? undefined : figure(entry.limit),
    sinceMs: entry.sinceMs,
    warming: entry.warming === true,
    changed: entry.changed === true,
    hourMs: entry.hourMs ?? 0,
    resetHour: resetHour && { startMs: resetHour.startMs, baseline: figure(resetHour.baseline) },
    forecast: entry.forecast,
    history: entry.history,
  } satisfies Partial<Budget>);
  prune(rule, known);
}

export function applySums(tenant: Tenant, { budget, periods, hours }: BudgetSums): void {
  const known = tenant.budgetStates.get(budget)!;
  put(known.periods, periods);
  put(known.hours, hours);
}

function put(buckets: Buckets, sums: readonly BudgetSum[]): void {
  for (const [startMs, currency, sum] of sums) {
    const known = buckets.get(startMs) ?? new Map<string, bigint>();
    buckets.set(startMs, known.set(currency, BigInt(sum)));
  }
}

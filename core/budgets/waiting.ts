/** The order in which budgets are looked at: those that an input moved, by id; where it is too much for one commit the rest waits (SPEC §6.7). */
import type { BudgetsWaiting } from '../messages/budget.ts';
import { compareText } from '../rating/attribution.ts';
import type { Changes } from '../rating/changes.ts';
import type { PartitionState, Tenant } from '../rating/state.ts';
import type { Evaluation } from './alerts.ts';
import { evaluateBudget } from './evaluate.ts';
import { budgetLimits } from './limits.ts';
import { hourMs, type Rule } from './rule.ts';
import type { Budget } from './state.ts';

interface Run {
  readonly state: PartitionState;
  readonly changes: Changes;
}

/** Looks at the budgets of all nodes above the rows that came since the last call. */
export function evaluateMoved(run: Run, evaluation: Evaluation): void {
  const { tenant } = evaluation;
  if (tenant.moved.size === 0) return;
  const ids = [...tenant.moved].sort(compareText);
  tenant.moved.clear();
  const left = evaluateEach(evaluation, ids);
  if (left !== undefined)
    wait(run, { tenant: tenant.id, from: left, cause: evaluation.cause, trace: evaluation.trace });
}

/** The first that there was no room for. */
function evaluateEach(evaluation: Evaluation, ids: readonly string[]): string | undefined {
  for (const id of ids) {
    if (evaluation.work.done >= budgetLimits.workPerInputMax) return id;
    evaluateBudget(evaluation, evaluation.tenant.master.budgets.get(id)!);
  }
  return undefined;
}

/** All budgets of the tenant from this one on wait: to look at one that nothing moved changes nothing. */
export function wait({ state, changes }: Run, { tenant, ...from }: BudgetsWaiting): void {
  const known = state.budgetsWaiting.find((waiting) => waiting.tenant === tenant);
  if (known !== undefined && known.from <= from.from) return;
  const waiting = { ...(known ?? { cause: from.cause, trace: from.trace }), tenant, from: from.from };
  const others = state.budgetsWaiting.filter((other) => other !== known);
  state.budgetsWaiting = [...others, waiting].sort((a, b) => compareText(a.tenant, b.tenant));
  changes.waited = true;
}

/** Goes on with those that wait, before each input and with each tick; false when none does. */
export function goOnWaiting(
  run: Run,
  evaluationOf: (tenant: Tenant, waiting: BudgetsWaiting) => Evaluation,
  schedule: (tenant: Tenant, budget: Budget) => void,
): boolean {
  const { state, changes } = run;
  if (state.budgetsWaiting.length === 0) return false;
  changes.waited = true;
  state.budgetsWaiting = state.budgetsWaiting.flatMap((waiting) => {
    const tenant = state.tenants.get(waiting.tenant)!;
    const ids = tenant.master.budgetIds;
    const index = ids.findIndex((id) => id >= waiting.from);
    const waitingIds = index < 0 ? [] : ids.slice(index);
    const left = evaluateEach(evaluationOf(tenant, waiting), waitingIds);
    for (const id of waitingIds) {
      if (id === left) break;
      schedule(tenant, tenant.budgetStates.get(id)!);
    }
    return left === undefined ? [] : [{ ...waiting, from: left }];
  });
  return true;
}

/** When time alone changes it next: its period or an hour that counts ends; after a first tick all is known that came before it. */
export function nextLookMs({ record, hours }: Rule, budget: Budget, logTimeMs: number): number | undefined {
  const atMs = Math.min(
    record.period === 'lifetime' ? Infinity : budget.period.endMs,
    hours > 0 ? budget.hourMs + hourMs : Infinity,
    budget.warming && logTimeMs <= budget.sinceMs ? budget.sinceMs + 1 : Infinity,
  );
  return atMs === Infinity ? undefined : atMs;
}

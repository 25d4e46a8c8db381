/** What control messages do to budgets: a record comes, what came before it is told (SPEC §6.4, §6.9). */
import type { BudgetRecord, BudgetSeed, BudgetSum } from '../messages/budget.ts';
import type { Master } from '../rating/state.ts';
import type { Evaluation } from './alerts.ts';
import { addIn, prune } from './count.ts';
import { budgetNow } from './evaluate.ts';
import { countedOf, ruleOf } from './rule.ts';
import type { Buckets } from './state.ts';

/** The budget is looked at anew; where it counts otherwise than before it begins to count here, and what came before is to be told. */
export function takeBudget(evaluation: Evaluation, record: BudgetRecord, before: Master | undefined): void {
  const { tenant, logTimeMs } = evaluation;
  const counted = countedOf(ruleOf(tenant.master, record));
  const known = before?.budgets.get(record.id);
  const budget = budgetNow(evaluation, record);
  if (counted !== (known === undefined ? '' : countedOf(ruleOf(tenant.master, known)))) {
    const { previous } = budget;
    const anew = {
      baseline: 0n,
      resetHour: undefined,
      forecast: undefined,
      previous: previous && { ...previous, baseline: 0n },
    };
    Object.assign(budget, { sinceMs: counted === '' ? 0 : logTimeMs, warming: counted !== '', ...anew });
    budget.periods.clear();
    budget.hours.clear();
  }
  budget.changed = true;
  evaluation.changed(budget);
  tenant.moved.add(record.id);
}

/** Without effect unless the budget waits for just this one. */
export function takeSeed(evaluation: Evaluation, { budget: id, sinceMs, periods, hours }: BudgetSeed): void {
  const { tenant } = evaluation;
  const record = tenant.master.budgets.get(id)!;
  const budget = budgetNow(evaluation, record);
  if (!budget.warming || budget.sinceMs !== sinceMs) return;
  addAll(budget.periods, budget.freshPeriods, periods);
  addAll(budget.hours, budget.freshHours, hours);
  prune(ruleOf(tenant.master, record), budget);
  Object.assign(budget, { warming: false, changed: true });
  evaluation.changed(budget);
  tenant.moved.add(id);
}

function addAll(buckets: Buckets, fresh: Set<number>, sums: readonly BudgetSum[]): void {
  for (const [startMs, currency, sum] of sums) addIn(buckets, fresh, startMs, { currency, sum: BigInt(sum) });
}

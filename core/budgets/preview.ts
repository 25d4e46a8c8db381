/** What a budget would come to if it were published now, by the very rules of the rater (SPEC §6.5), without any effect. */
import type { BudgetAlert } from '../messages/alert.ts';
import type { BudgetOutlook } from '../messages/api.ts';
import type { BudgetRecord, BudgetState, BudgetSum } from '../messages/budget.ts';
import { balanceKey, type Master, type Tenant } from '../rating/state.ts';
import { evaluateBudget, type Evaluation } from './evaluate.ts';
import { applyBudget, applySums } from './entries.ts';
import { budgetPeriodAt, countedOf, formatFigure, ruleOf } from './rule.ts';
import { carried, spentNow } from './spent.ts';
import { newBudget } from './state.ts';

export interface BudgetPast {
  readonly nowMs: number;
  /** The record in force, and where it stands. */
  readonly known: { readonly record: BudgetRecord; readonly state: BudgetState } | undefined;
  readonly periods: readonly BudgetSum[];
  readonly hours: readonly BudgetSum[];
}

/** `periods` and `hours` are sums as a seed tells them, those of whole periods of a plain budget too. */
export function previewBudget(
  master: Pick<Master, 'accounts' | 'meters'>,
  record: BudgetRecord,
  { nowMs, known, periods, hours }: BudgetPast,
): Omit<BudgetOutlook, 'asOfMs'> {
  const rule = ruleOf(master, record);
  const balances = periods.map(
    ([startMs, currency, sum]) => [balanceKey(record.account, startMs, currency), { total: BigInt(sum) }] as const,
  );
  const tenant = {
    id: '',
    master: { ...master, budgets: new Map([[record.id, record]]) },
    budgetStates: new Map([[record.id, newBudget(record.id, budgetPeriodAt(rule, nowMs))]]),
    balancesByKey: new Map(rule.isPlain ? balances : []),
  } as unknown as Tenant;
  if (known !== undefined) {
    const { previous, resetHour: _, forecast: _old, ...state } = known.state;
    const isSame = countedOf(rule) === countedOf(ruleOf(master, known.record));
    const anew = { ...state, baseline: '0', ...(previous && { previous: { ...previous, baseline: '0' } }) };
    applyBudget(tenant, isSame ? known.state : anew);
  }
  applySums(tenant, { tenant: '', budget: record.id, periods: rule.isPlain ? [] : periods, hours });
  const budget = tenant.budgetStates.get(record.id)!;
  Object.assign(budget, { warming: false, changed: true });
  const alerts: BudgetAlert[] = [];
  const evaluation = { tenant, logTimeMs: nowMs, cause: null, trace: '', work: { done: 0 }, alert: (alert) => alerts.push(alert as BudgetAlert), changed() {} } satisfies Evaluation; // prettier-ignore
  evaluateBudget(evaluation, record);
  return {
    periodStartMs: budget.period.startMs,
    periodEndMs: budget.period.endMs,
    spent: formatFigure(rule, spentNow(tenant, rule, budget)),
    limit: formatFigure(rule, rule.amount + carried(tenant, rule, budget)),
    state: budget.state,
    crossed: alerts.flatMap(({ threshold }) => (threshold === '' ? [] : [threshold])),
    isReleased: alerts.some(({ type }) => type === 'budget.released'),
    ...(budget.forecast && { forecast: budget.forecast }),
  };
}

/** Which budget matters most: the worst state first, then the fullest. */
import type { LiveBudget } from '#core/messages/api.ts';
import type { BudgetStateName } from '#core/messages/budget.ts';
import { basisPoints } from '../../format/ratio.ts';

const severity: Readonly<Record<BudgetStateName, number>> = {
  blocked: 3,
  throttled: 2,
  warned: 1,
  within: 0,
  released: 0,
};

export const fillOf = (budget: LiveBudget): number => basisPoints(budget.balance, budget.limit) ?? 0;

export const byUrgency = (a: LiveBudget, b: LiveBudget): number =>
  severity[b.state] - severity[a.state] || fillOf(b) - fillOf(a);

export const mostUrgent = (budgets: Iterable<LiveBudget>): LiveBudget | undefined => [...budgets].sort(byUrgency)[0];

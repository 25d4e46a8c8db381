/** SPEC §6.2–6.6: budgets, for the month of their account that holds log time. */
import type { BudgetRecord, BudgetThreshold } from '../messages/control.ts';
import type { Alert } from '../messages/alert.ts';
import type { BudgetStateName } from '../messages/budget.ts';
import { byCodeUnit } from './attribution.ts';
import { freed, held, raised, released } from './alerts.ts';
import { monthAt } from './month.ts';
import { decimal, zero, type Exact } from './number.ts';
import { balanceKey, pathUp, type BudgetTrack, type Outcome, type Source, type State, type Tenant } from './state.ts';

export const rank: Readonly<Record<BudgetStateName, number>> = {
  within: 0,
  released: 0,
  warned: 1,
  throttled: 2,
  blocked: 3,
};
const stateOfAction = { notify: 'warned', throttle: 'throttled', block: 'blocked' } as const;

/** 6.6: log time has moved; months that ended are left, and what the new ones already hold is looked at. */
export function beginMonths(state: State, outcome: Outcome): void {
  const tenants = [...state.tenants.values()].sort((a, b) => byCodeUnit(a.record.id, b.record.id));
  for (const tenant of tenants) {
    for (const budget of [...tenant.budgets.values()].sort((a, b) => byCodeUnit(a.id, b.id))) {
      const track = state.budgets.get(`${tenant.record.id} ${budget.id}`)!;
      if (state.logTimeMs < track.month.endMs) continue;
      if (rank[track.state] >= rank.throttled) outcome.alerts.push(released(state, tenant, budget, track, ''));
      beginMonth(state, tenant, budget);
      evaluate(state, tenant, budget, '', null, outcome);
    }
  }
}

/** 6.2–6.3: the budgets of the nodes whose balances the rows have moved, by id. */
export function evaluateMoved(state: State, tenant: Tenant, source: Source, outcome: Outcome): void {
  const own = outcome.rows.filter((row) => row.tenant === tenant.record.id);
  const charged = new Set(own.filter((row) => row.price !== 0).map((row) => row.account));
  const moved = new Set([...charged].flatMap((account) => pathUp(tenant, account)));
  const cause = source.producer === '' ? null : { producer: source.producer, epoch: source.epoch, seq: source.seq };
  const budgets = [...tenant.budgets.values()].filter((budget) => moved.has(budget.account));
  budgets.sort((a, b) => byCodeUnit(a.id, b.id));
  for (const budget of budgets) evaluate(state, tenant, budget, source.trace, cause, outcome);
}

function evaluate(
  state: State,
  tenant: Tenant,
  budget: BudgetRecord,
  trace: string,
  cause: Alert['cause'],
  outcome: Outcome,
): void {
  const track = trackOf(state, tenant, budget);
  for (const threshold of crossedNow(state, budget, track)) {
    if (track.crossed.includes(threshold.percent!)) continue;
    track.crossed.push(threshold.percent!);
    const reached = stateOfAction[threshold.action];
    if (rank[reached] > rank[track.state]) track.state = reached;
    outcome.alerts.push(raised(state, tenant, budget, track, threshold, cause, trace));
  }
}

/** 6.4: a record that came anew lets go of what is no longer crossed and crosses what newly is. */
export function changeBudget(state: State, tenant: Tenant, id: string, source: Source, outcome: Outcome): void {
  const budget = tenant.budgets.get(id)!;
  const track = trackOf(state, tenant, budget);
  const still = crossedNow(state, budget, track).filter(({ percent }) => track.crossed.includes(percent!));
  const strongest = still
    .map(({ action }): BudgetStateName => stateOfAction[action])
    .reduce((strong, next) => (rank[next] > rank[strong] ? next : strong), 'within');
  const isReleased = rank[track.state] >= rank.throttled && rank[strongest] < rank[track.state];
  const isRearmed = still.length < track.crossed.length || isReleased;
  if (isReleased) {
    const what = strongest === 'throttled' ? held : freed;
    outcome.alerts.push(released(state, tenant, budget, track, source.trace, what));
  }
  if (isRearmed) track.arming += 1;
  track.crossed = still.map(({ percent }) => percent!);
  if (isReleased && rank[strongest] < rank.throttled) track.state = 'released';
  else if (isRearmed || track.state !== 'released') track.state = strongest;
  evaluate(state, tenant, budget, source.trace, null, outcome);
}

/** 6.5: spending counts from here. */
export function resetBudget(state: State, tenant: Tenant, id: string, source: Source, outcome: Outcome): void {
  const budget = tenant.budgets.get(id)!;
  const track = trackOf(state, tenant, budget);
  const isReleased = rank[track.state] >= rank.throttled;
  if (isReleased) outcome.alerts.push(released(state, tenant, budget, track, source.trace));
  track.baseline = totalOf(state, budget, track);
  track.arming += 1;
  track.crossed = [];
  track.state = isReleased ? 'released' : 'within';
}

function trackOf(state: State, tenant: Tenant, budget: BudgetRecord): BudgetTrack {
  return state.budgets.get(`${tenant.record.id} ${budget.id}`) ?? beginMonth(state, tenant, budget);
}

function beginMonth(state: State, tenant: Tenant, budget: BudgetRecord): BudgetTrack {
  const track: BudgetTrack = {
    tenant: tenant.record.id,
    budget: budget.id,
    month: monthAt(state.logTimeMs, tenant.accounts.get(budget.account)!.timeZone),
    state: 'within',
    arming: 0,
    crossed: [],
    baseline: zero,
  };
  state.budgets.set(`${tenant.record.id} ${budget.id}`, track);
  return track;
}

/** 6.3: spent · 100 ≥ amount · percent, ascending; a disabled budget has crossed nothing. */
function crossedNow(state: State, budget: BudgetRecord, track: BudgetTrack): BudgetThreshold[] {
  const spent = totalOf(state, budget, track).minus(track.baseline);
  return budget.thresholds
    .filter(({ percent }) => budget.enabled && spent.times(100).gte(decimal(budget.amount).times(decimal(percent!))))
    .sort((a, b) => decimal(a.percent!).cmp(decimal(b.percent!)));
}

export function totalOf(state: State, budget: BudgetRecord, track: BudgetTrack): Exact {
  return (
    state.balances.get(balanceKey(track.tenant, budget.account, track.month.startMs, budget.currency))?.total ?? zero
  );
}

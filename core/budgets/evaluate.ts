/** Budgets against running balances (SPEC §6.2–6.6): which thresholds are crossed, once, and what is released. */
import { formatAmount, parseAmount, parseRational } from '../money/fixed.ts';
import type { Alert, BudgetAlert } from '../messages/alert.ts';
import { thresholdKey, type BudgetRecord, type BudgetStateName } from '../messages/budget.ts';
import { limitOf, spentOf } from './spent.ts';
import { periodAt, periodKey } from '../time/period.ts';
import { balanceKey, type Account, type Balance, type Budget, type Tenant } from '../rating/state.ts';

export interface Evaluation {
  readonly tenant: Tenant;
  readonly logTimeMs: number;
  readonly cause: Alert['cause'];
  readonly trace: string;
  /** Told of each alert, and of each budget whose state changed. */
  readonly alert: (alert: Alert) => void;
  readonly changed: (budget: Budget) => void;
}

const stateByAction = { notify: 'warned', throttle: 'throttled', block: 'blocked' } as const;
/** Of a threshold that says none. */
const severityOf = { notify: 'info', throttle: 'warning', block: 'critical' } as const;
const strength: Readonly<Record<BudgetStateName, number>> = {
  within: 0,
  released: 0,
  warned: 1,
  throttled: 2,
  blocked: 3,
};

/** The budget's state in the month that holds log time; a month that is left releases what it held. */
export function budgetNow(evaluation: Evaluation, record: BudgetRecord): Budget {
  const { tenant, logTimeMs } = evaluation;
  const account = tenant.master.accounts.get(record.account)!;
  const known = tenant.budgetStates.get(record.id);
  if (known !== undefined && logTimeMs >= known.period.startMs && logTimeMs < known.period.endMs) return known;
  if (known !== undefined && strength[known.state] >= strength.throttled) {
    evaluation.alert(
      alertOf(evaluation, record, account, known, {
        type: 'budget.released',
        arming: known.arming + 1,
        state: 'released',
        threshold: '',
        action: 'release',
        severity: 'info',
      }),
    );
  }
  const period = periodAt(logTimeMs, account.record.timeZone);
  const fresh: Budget = known ?? {
    id: record.id,
    period,
    state: 'within',
    arming: 0,
    crossed: [],
    baseline: 0n,
    dirty: false,
  };
  Object.assign(fresh, { period, state: 'within', arming: 0, crossed: [], baseline: 0n });
  tenant.budgetStates.set(record.id, fresh);
  evaluation.changed(fresh);
  return fresh;
}

/** Fires every threshold newly crossed, ascending. */
export function evaluateBudget(evaluation: Evaluation, record: BudgetRecord): void {
  const budget = budgetNow(evaluation, record);
  if (!record.enabled) return;
  const account = evaluation.tenant.master.accounts.get(record.account)!;
  const spent = spentOf(evaluation.tenant, record, evaluation.logTimeMs);
  for (const threshold of ascending(record)) {
    const key = thresholdKey(threshold);
    if (budget.crossed.includes(key) || !isCrossed(spent, record, threshold.percent!)) continue;
    budget.crossed.push(key);
    const reached = stateByAction[threshold.action];
    if (strength[reached] > strength[budget.state] || budget.state === 'released') budget.state = reached;
    evaluation.alert(
      alertOf(evaluation, record, account, budget, {
        type: 'budget.threshold_crossed',
        arming: budget.arming,
        state: budget.state,
        threshold: key,
        action: threshold.action,
        severity: threshold.severity ?? severityOf[threshold.action],
      }),
    );
    evaluation.changed(budget);
  }
}

/** Evaluates the budgets of the nodes whose balance moved, in order of budget id. */
export function evaluateMoved(evaluation: Evaluation, moved: ReadonlySet<Balance>): void {
  if (moved.size === 0 || evaluation.tenant.master.budgets.size === 0) return;
  const accounts = new Set([...moved].map((balance) => balance.account.record.id));
  const budgets = [...evaluation.tenant.master.budgets.values()].filter((record) => accounts.has(record.account));
  budgets.sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const record of budgets) evaluateBudget(evaluation, record);
}

/** After its record changed: thresholds no longer crossed are armed anew, a throttle that no longer holds is released. */
export function rearmBudget(evaluation: Evaluation, record: BudgetRecord): void {
  const budget = budgetNow(evaluation, record);
  const spent = spentOf(evaluation.tenant, record, evaluation.logTimeMs);
  const still = record.enabled
    ? ascending(record).filter(({ percent }) => budget.crossed.includes(percent!) && isCrossed(spent, record, percent!))
    : [];
  const state = still.reduce<BudgetStateName>(
    (best, { action }) => (strength[stateByAction[action]] > strength[best] ? stateByAction[action] : best),
    'within',
  );
  const crossed = still.map(thresholdKey);
  const isReleased = strength[budget.state] >= strength.throttled && strength[state] < strength[budget.state];
  if (crossed.length !== budget.crossed.length || isReleased) {
    const arming = budget.arming + 1;
    const left = isReleased && strength[state] < strength.throttled ? 'released' : state;
    if (isReleased) release(evaluation, record, budget, arming, left);
    Object.assign(budget, { crossed, arming, state: left });
    evaluation.changed(budget);
  } else if (budget.state !== state && budget.state !== 'released') {
    budget.state = state;
    evaluation.changed(budget);
  }
  evaluateBudget(evaluation, record);
}

/** A manual reset: spending counts from the present balance, every threshold is armed anew. */
export function resetBudget(evaluation: Evaluation, record: BudgetRecord): void {
  const budget = budgetNow(evaluation, record);
  const arming = budget.arming + 1;
  const isReleased = strength[budget.state] >= strength.throttled;
  if (isReleased) release(evaluation, record, budget, arming, 'released');
  Object.assign(budget, {
    baseline: totalOf(evaluation.tenant, record, budget),
    crossed: [],
    arming,
    state: isReleased ? 'released' : 'within',
  });
  evaluation.changed(budget);
}

/** A block that falls to a throttle tells the receiver to throttle, not to let go. */
function release(
  evaluation: Evaluation,
  record: BudgetRecord,
  budget: Budget,
  arming: number,
  state: BudgetStateName,
): void {
  const account = evaluation.tenant.master.accounts.get(record.account)!;
  evaluation.alert(
    alertOf(evaluation, record, account, budget, {
      type: 'budget.released',
      arming,
      state,
      threshold: '',
      action: state === 'throttled' ? 'throttle' : 'release',
      severity: 'info',
    }),
  );
}

const ascending = (record: BudgetRecord): BudgetRecord['thresholds'] =>
  record.thresholds.toSorted((a, b) => comparePercents(a.percent!, b.percent!));

export function comparePercents(a: string, b: string): number {
  const left = parseRational(a) ?? { numerator: 0n, denominator: 1n };
  const right = parseRational(b) ?? { numerator: 0n, denominator: 1n };
  const difference = left.numerator * right.denominator - right.numerator * left.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** spent · 100 ≥ amount · percent, exactly. */
function isCrossed(spent: bigint, record: BudgetRecord, percent: string): boolean {
  const share = parseRational(percent)!;
  return spent * 100n * share.denominator >= parseAmount(record.amount)! * share.numerator;
}

function totalOf(tenant: Tenant, record: BudgetRecord, budget: Budget): bigint {
  return tenant.balancesByKey.get(balanceKey(record.account, budget.period.startMs, record.currency))?.total ?? 0n;
}

type Particulars = Pick<BudgetAlert, 'type' | 'state' | 'threshold' | 'action' | 'severity'> & {
  readonly arming: number;
};

function alertOf(
  evaluation: Evaluation,
  record: BudgetRecord,
  account: Account,
  budget: Budget,
  what: Particulars,
): BudgetAlert {
  const { tenant } = evaluation;
  const month = periodKey(budget.period, account.record.timeZone);
  const { arming, ...particulars } = what;
  return {
    id: `${tenant.id}:${record.id}:${month}:${what.type === 'budget.released' ? 'released' : what.threshold}:${arming}`,
    tenant: tenant.id,
    source: `budget:${record.id}`,
    budget: record.id,
    budgetName: record.name,
    account: record.account,
    accountSlug: account.record.slug,
    ...particulars,
    balance: formatAmount(totalOf(tenant, record, budget) - budget.baseline),
    limit: formatAmount(limitOf(tenant, record, evaluation.logTimeMs)),
    currency: record.currency,
    periodStartMs: budget.period.startMs,
    periodEndMs: budget.period.endMs,
    logTimeMs: evaluation.logTimeMs,
    targets: record.targets,
    cause: evaluation.cause,
    trace: evaluation.trace,
  };
}

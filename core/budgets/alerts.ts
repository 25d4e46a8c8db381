/** What budgets tell: a threshold crossed, and what lets go (SPEC §6.5–6.8). */
import type { Alert, BudgetAlert } from '../messages/alert.ts';
import type { Tenant } from '../rating/state.ts';
import { budgetPeriodKey, formatFigure, type Level, type Rule } from './rule.ts';
import { carried, spentNow, sumOfHours } from './spent.ts';
import type { Budget, Cause } from './state.ts';

/** What looking at budgets is handed, and whom it tells. */
export interface Evaluation extends Cause {
  readonly tenant: Tenant;
  readonly logTimeMs: number;
  /** Told of each alert, and of each budget whose state changed. */
  readonly alert: (alert: Alert) => void;
  readonly changed: (budget: Budget) => void;
  /** What it has come to since the input: `workPerInputMax` ends it. */
  readonly work: { done: number };
}

/** Of a threshold that says none. */
const severityOf = { notify: 'info', throttle: 'warning', block: 'critical' } as const;

export function tellCrossed(evaluation: Evaluation, rule: Rule, budget: Budget, { key, threshold, of }: Level): void {
  tell(evaluation, rule, budget, {
    id: `${key}:${budget.arming}`,
    type: 'budget.threshold_crossed',
    severity: threshold.severity ?? severityOf[threshold.action],
    action: threshold.action,
    state: budget.state,
    threshold: key,
    ...(of === 'forecast' && budget.forecast !== undefined ? { forecast: budget.forecast } : {}),
    ...(of === 'rate' ? { rate: formatFigure(rule, sumOfHours(rule, budget, threshold.rate!.hours)) } : {}),
    cause: evaluation.cause,
  });
}

/** A block that falls to a throttle tells the receiver to throttle, not to let go. */
export function tellReleased(
  evaluation: Evaluation,
  rule: Rule,
  budget: Budget,
  what: {
    readonly arming: number;
    readonly state: BudgetAlert['state'];
    readonly released: NonNullable<BudgetAlert['released']>;
  },
): void {
  const { arming, state, released } = what;
  tell(evaluation, rule, budget, {
    id: `released:${arming}`,
    type: 'budget.released',
    severity: 'info',
    action: state === 'throttled' ? 'throttle' : 'release',
    state,
    threshold: '',
    released,
    cause: evaluation.cause,
  });
}

type Particulars = Pick<BudgetAlert, 'id' | 'type' | 'severity' | 'action' | 'state' | 'threshold' | 'cause'> &
  Partial<Pick<BudgetAlert, 'released' | 'forecast' | 'rate'>>;

function tell(evaluation: Evaluation, rule: Rule, budget: Budget, { id, ...what }: Particulars): void {
  const { tenant, logTimeMs, trace } = evaluation;
  const { record, account } = rule;
  evaluation.work.done += 1;
  evaluation.alert({
    id: `${tenant.id}:${record.id}:${budgetPeriodKey(rule, budget.period)}:${id}`,
    tenant: tenant.id,
    source: `budget:${record.id}`,
    budget: record.id,
    budgetName: record.name,
    account: record.account,
    accountSlug: account.record.slug,
    ...what,
    balance: formatFigure(rule, spentNow(tenant, rule, budget)),
    limit: formatFigure(rule, rule.amount + carried(tenant, rule, budget)),
    currency: record.currency,
    ...(record.meter === undefined ? {} : { meter: record.meter, unit: unitOf(tenant, record.meter) }),
    periodStartMs: budget.period.startMs,
    periodEndMs: budget.period.endMs,
    logTimeMs,
    targets: record.targets,
    ...(record.fx === undefined ? {} : { fx: record.fx }),
    trace,
  });
}

/** A level × time is tallied in units × milliseconds. */
function unitOf({ master }: Tenant, meter: string): string {
  const { unit, aggregation } = master.meters.get(meter)!;
  return aggregation === 'timeWeighted' || aggregation === 'recurring' ? `${unit}.ms` : unit;
}

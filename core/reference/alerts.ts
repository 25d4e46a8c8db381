/** SPEC §6.3–6.6: the alerts that a budget raises; an id contains no sequence, so that none can come twice. */
import type { BudgetRecord, BudgetThreshold } from '../messages/control.ts';
import type { BudgetAlert } from '../messages/alert.ts';
import { totalOf } from './budgets.ts';
import { text } from './number.ts';
import type { BudgetTrack, State, Tenant } from './state.ts';

/** The alert of a threshold that the track has just crossed. */
export function raised(
  state: State,
  tenant: Tenant,
  budget: BudgetRecord,
  track: BudgetTrack,
  threshold: BudgetThreshold,
  cause: BudgetAlert['cause'],
  trace: string,
): BudgetAlert {
  const { percent, action } = threshold;
  const id = `${tenant.record.id}:${budget.id}:${track.month.key}:${percent}:${track.arming}`;
  return {
    ...common(state, tenant, budget, track),
    id,
    type: 'budget.threshold_crossed',
    action,
    state: track.state,
    severity:
      threshold.severity ??
      { notify: 'info' as const, throttle: 'warning' as const, block: 'critical' as const }[action],
    threshold: percent!,
    cause,
    trace,
  };
}

/** What a receiver is told to do: let go, or, where a block falls to a throttle, throttle. */
export const freed = { action: 'release', state: 'released' } as const;
export const held = { action: 'throttle', state: 'throttled' } as const;

/** The alert of letting go, made while the track is still as it was before. */
export function released(
  state: State,
  tenant: Tenant,
  budget: BudgetRecord,
  track: BudgetTrack,
  trace: string,
  told: typeof freed | typeof held = freed,
): BudgetAlert {
  const id = `${tenant.record.id}:${budget.id}:${track.month.key}:released:${track.arming + 1}`;
  const what = { type: 'budget.released', ...told, severity: 'info', threshold: '', cause: null } as const;
  return { ...common(state, tenant, budget, track), id, ...what, trace };
}

function common(state: State, tenant: Tenant, budget: BudgetRecord, track: BudgetTrack) {
  return {
    tenant: tenant.record.id,
    source: `budget:${budget.id}`,
    budget: budget.id,
    budgetName: budget.name,
    account: budget.account,
    accountSlug: tenant.accounts.get(budget.account)!.slug,
    balance: text(totalOf(state, budget, track).minus(track.baseline)),
    limit: budget.amount,
    currency: budget.currency,
    periodStartMs: track.month.startMs,
    periodEndMs: track.month.endMs,
    logTimeMs: state.logTimeMs,
    targets: budget.targets,
  };
}

/** What budgets of an account have spent, and of how much (SPEC §6). */
import type { BudgetRecord } from '../messages/budget.ts';
import { parseAmount } from '../money/fixed.ts';
import { periodAt } from '../time/period.ts';
import { balanceKey, type Tenant } from '../rating/state.ts';

/** The amount of the period that holds log time, with what was carried over: pico of the currency, or at the meter's scale. */
export const limitOf = (_tenant: Tenant, record: BudgetRecord, _logTimeMs: number): bigint =>
  parseAmount(record.amount)!;

/** What was spent of it since the period, or the last reset in it, began; in the same unit. */
export function spentOf(tenant: Tenant, record: BudgetRecord, logTimeMs: number): bigint {
  const { startMs } = periodAt(logTimeMs, tenant.master.accounts.get(record.account)!.record.timeZone);
  const known = tenant.budgetStates.get(record.id);
  const baseline = known?.period.startMs === startMs ? known.baseline : 0n;
  return (tenant.balancesByKey.get(balanceKey(record.account, startMs, record.currency))?.total ?? 0n) - baseline;
}

/** Budgets of the account and of all above it that are enabled, by id. */
export function budgetsAbove({ master }: Tenant, account: number): BudgetRecord[] {
  const path = new Set(master.accounts.get(account)?.chain.map(({ record }) => record.id));
  const above = [...master.budgets.values()].filter((record) => record.enabled && path.has(record.account));
  return above.sort((a, b) => (a.id < b.id ? -1 : 1));
}

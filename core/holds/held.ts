/** What is held under each cap: the sum of all holds of an account and below whose charges may count there. */
import { divideRounded, parseRational } from '../money/fixed.ts';
import type { BudgetRecord } from '../messages/budget.ts';
import type { Tenant } from '../rating/state.ts';

/** Pico of the budget's currency, up to log time; 0 of a quantity. */
export function heldOf(tenant: Pick<Tenant, 'master' | 'holds'>, budgetId: string): bigint {
  const record = tenant.master.budgets.get(budgetId);
  return record === undefined ? 0n : heldUnder(tenant, record);
}

export function heldUnder({ holds }: Pick<Tenant, 'holds'>, record: BudgetRecord): bigint {
  let held = 0n;
  for (const [scope, sum] of holds.sums.get(record.account) ?? []) {
    const at = scope.indexOf('|');
    held += countsAs(record, scope.slice(0, at), scope.slice(at + 1), sum);
  }
  return held;
}

/** What is held of an account and below in a currency, of whatever service. */
export function heldIn({ holds }: Pick<Tenant, 'holds'>, account: number, currency: string): bigint {
  let held = 0n;
  for (const [scope, sum] of holds.sums.get(account) ?? []) if (scope.startsWith(`${currency}|`)) held += sum;
  return held;
}

/** Whether charges of the service ("" for any) may count in the budget. */
export const isOfService = ({ scope }: BudgetRecord, service: string): boolean =>
  service === '' || scope?.services?.includes(service) !== false;

/**
 * What of an amount of charges to come may count in the budget, in its currency, rounded up: those that name no service may be of any, and
 * of what else a budget counts (components, meters, prices, resources, tags) they say nothing. 0 where none can.
 */
export function countsAs(record: BudgetRecord, currency: string, service: string, amount: bigint): bigint {
  if (record.meter !== undefined || !isOfService(record, service)) return 0n;
  if (record.currency === currency) return amount;
  const rate = record.fx?.find((one) => one.currency === currency)?.rate;
  if (rate === undefined) return 0n;
  const { numerator, denominator } = parseRational(rate)!;
  return divideRounded(amount * numerator, denominator, 'ceiling');
}

/** SPEC §6.1: an amount lands on its account and on every ancestor, each in its own month; late ones in the open period (12.2). */
import { bookedAt } from './closes.ts';
import { monthAt } from './month.ts';
import type { Exact } from './number.ts';
import { balanceOf, pathUp, type State, type Tenant } from './state.ts';

export function addToBalances(
  state: State,
  tenant: Tenant,
  account: number,
  startMs: number,
  currency: string,
  amount: Exact,
  fromMs = Infinity,
): void {
  const bookedMs = bookedAt(tenant, account, startMs, fromMs);
  for (const node of pathUp(tenant, account)) {
    const month = monthAt(bookedMs, tenant.accounts.get(node)!.timeZone);
    const balance = balanceOf(state, tenant.record.id, node, month, currency);
    balance.total = balance.total.plus(amount);
    if (node === account) balance.own = balance.own.plus(amount);
  }
}

/** SPEC §5.1: whose the tally of a price is, and of which period. */
import type { PriceRecord } from '../messages/control.ts';
import { periodAt, type Found } from './calendar.ts';
import { monthAt } from './month.ts';
import { pathUp, type Tenant } from './state.ts';

/** The owner, or for a pool the account that the price is made for. */
export const tallyAccount = ({ tallyScope, account }: PriceRecord, owner: number): number =>
  tallyScope === 'subtree' ? account : owner;

/** `account` is whose the tally is: its clock and its day count. */
export function tallyPeriod(tenant: Tenant, { period }: PriceRecord, account: number, atMs: number): Found {
  const { timeZone } = tenant.accounts.get(account)!;
  if (period !== undefined) return periodAt(atMs, timeZone, period, startOf(tenant, account));
  const month = monthAt(atMs, timeZone);
  return { period: month, nextMs: month.endMs };
}

/** The day on which the account started, or the nearest one above that says it. */
export function startOf(tenant: Tenant, account: number): string | undefined {
  return pathUp(tenant, account)
    .map((id) => tenant.accounts.get(id)!.startsOn)
    .find((day) => day !== undefined);
}

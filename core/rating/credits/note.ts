/** Notes what rows charge, for credits to pay once the input is through (SPEC §14.3). */
import { unitKey } from '../agreements/unitKey.ts';
import { unitOf } from '../billingUnit.ts';
import type { Group } from '../block.ts';
import type { Changes } from '../changes.ts';
import type { Rows } from '../rows.ts';
import type { Tenant } from '../state.ts';
import { placeKey, type TenantCredits, type Unpaid } from './tenantCredits.ts';

/** The rows of a finished group, of an account whose root has grants or wallets in the currency. Nothing where there are none. */
export function noteCharges(
  { tenant, changes }: { readonly tenant: Tenant; readonly changes: Changes },
  group: Group,
  rows: Rows,
): void {
  // prettier-ignore
  const { credits } = tenant;
  if (credits === undefined || group.price === undefined) return;
  const unit = unitOf(group.account);
  if (!tenant.master.credits.units.has(unitKey(unit, group.price.record.currency))) return;
  group.paidAs ??= placeOf(group);
  const { byStart } = unpaidAt(credits, group.paidAs);
  for (let row = group.firstRow; row >= 0; row = rows.next[row]!) {
    const amount = (rows.wide.size === 0 ? undefined : rows.wide.get(row)?.amount) ?? BigInt(rows.amount[row]!);
    if (amount === 0n) continue;
    const startMs = rows.startMs[row]!;
    byStart.set(startMs, (byStart.get(startMs) ?? 0n) + amount);
  }
  changes.unpaid.add(tenant);
}

type PaidAs = NonNullable<Group['paidAs']>;

function unpaidAt({ unpaid }: TenantCredits, { key, place, path }: PaidAs): Unpaid {
  let known = unpaid.get(key);
  if (known === undefined) unpaid.set(key, (known = { place, path, byStart: new Map() }));
  return known;
}

/** The period is that of the root account which holds what is booked. */
function placeOf({ account, price, meter, chain }: Group): PaidAs {
  const { currency, service, component } = price!.record;
  const periodStartMs = chain.balances.at(-1)!.period.startMs;
  const place = { account: account.record.id, periodStartMs, currency, service, component, meter };
  return { key: placeKey(place), place, path: account.chain.map(({ record }) => record.id) };
}

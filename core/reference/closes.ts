/** SPEC §12: which periods can be closed and opened again, and where what comes late is booked. */
import type { CloseRecord, ReopenRecord } from '../messages/control.ts';
import { unitOf, unitPeriodAt } from './billingUnit.ts';
import { monthAt } from './month.ts';
import type { Row, Tenant } from './state.ts';

const closedUntil = (tenant: Tenant, account: number): number => tenant.closes.get(unitOf(tenant, account)) ?? 0;

/** 12.1 */
export function canClose(tenant: Tenant, { account, untilMs }: CloseRecord, logTimeMs: number): boolean {
  if (tenant.accounts.get(account)?.parent !== 0 || untilMs > logTimeMs) return false;
  return unitPeriodAt(tenant, account, untilMs - 1).endMs === untilMs && untilMs > closedUntil(tenant, account);
}

/** 12.4 */
export function canReopen(tenant: Tenant, { account, fromMs }: ReopenRecord): boolean {
  if (tenant.accounts.get(account)?.parent !== 0 || fromMs >= closedUntil(tenant, account)) return false;
  return unitPeriodAt(tenant, account, fromMs).startMs === fromMs;
}

/** 12.2: the instant in whose months something is booked; what a close charges, from where it closes on (12.6). */
export const bookedAt = (tenant: Tenant, account: number, startMs: number, fromMs = Infinity): number =>
  Math.max(startMs, Math.min(closedUntil(tenant, account), fromMs));

/** 12.3: what a row says of it. */
export function bookingOf(
  tenant: Tenant,
  account: number,
  startMs: number,
  fromMs = Infinity,
): Pick<Row, 'bookedMs' | 'closedUntilMs'> {
  const atMs = bookedAt(tenant, account, startMs, fromMs);
  const { timeZone } = tenant.accounts.get(account)!;
  return { bookedMs: monthAt(atMs, timeZone).startMs, closedUntilMs: atMs > startMs ? atMs : 0 };
}

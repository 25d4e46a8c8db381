/** A root account and all below it are billed together: their agreements, and the closes of their periods. */
import { monthAt, type Month } from './month.ts';
import { pathUp, type Tenant } from './state.ts';

export const unitOf = (tenant: Tenant, account: number): number => pathUp(tenant, account).at(-1)!;

export const unitPeriodAt = (tenant: Tenant, unit: number, atMs: number): Month =>
  monthAt(atMs, tenant.accounts.get(unit)!.timeZone);

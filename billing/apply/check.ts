import { Faults } from './faults.ts';
import { planChanges } from './plan.ts';
import type { Present } from './present.ts';
import { readOrganisation } from './read.ts';

/** A tenant that does not exist yet. */
export const nothing: Present = {
  tenant: undefined,
  lastAccount: 0,
  lastPrice: 0,
  users: [],
  accounts: [],
  ownership: [],
  producers: [],
  meters: [],
  pricingUnits: [],
  series: [],
  points: new Map(),
  prices: [],
  fees: [],
  agreements: [],
  targets: [],
  budgets: [],
  wallets: [],
};

/**
 * Checks a file as applying it to a tenant that does not exist yet would, without a database; gives the tenant's id.
 * Throws APPLY_INVALID with every fault.
 */
export function checkNewOrganisation(text: string, file: string, nowMs: number): string {
  const faults = new Faults();
  const wanted = readOrganisation(text, faults);
  if (wanted !== undefined) planChanges(wanted, nothing, nowMs, faults);
  faults.throwIfAny(file);
  return wanted!.tenant.id;
}

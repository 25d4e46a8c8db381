/** What a partition of a new generation begins with (SPEC §13): everything of its tenants, as retired partitions had it. */
import type { State } from './state.ts';

/** By keys that begin with the tenant. */
const kept = [
  'tracks',
  'ends',
  'tallies',
  'held',
  'cells',
  'balances',
  'spend',
  'budgets',
  'holds',
  'credits',
  'feesDueMs',
] as const;

/** Adds one tenant to `heir`. The retired partition takes no inputs any more: nothing is copied. */
export function inherit(heir: State, retired: State, tenant: string): void {
  heir.logTimeMs = Math.max(heir.logTimeMs, retired.logTimeMs);
  heir.tenants.set(tenant, retired.tenants.get(tenant)!);
  for (const what of kept)
    for (const [key, value] of retired[what])
      if (key.startsWith(`${tenant} `)) (heir[what] as Map<string, unknown>).set(key, value);
  heir.history.inherit(retired.history, tenant);
  // What comes from now on came after all that versions took over.
  for (const [key, tally] of heir.tallies)
    if (tally.tenant === tenant && tally.from !== undefined)
      heir.tallies.set(key, { ...tally, from: { ...tally.from, usageSeq: 0, index: 0 } });
}

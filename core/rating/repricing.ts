/**
 * A point of a reference series comes late or is corrected: the tallies of its interval, and of those that it is the last known
 * point of, are charged by difference, so many an input, while samples go on (SPEC §8.8).
 */
import { pointAt } from '../pricing/series/points.ts';
import type { BlockSource } from './block.ts';
import type { BlockRun } from './closeBlocks.ts';
import { closeBlocks } from './closeBlocks.ts';
import { isBeyond, reached } from './measures.ts';
import { bookingOf, poolOf, type PlanContext } from './plan.ts';
import type { Balance, Master, PartitionState, Tally, Tenant } from './state.ts';
import { setCarried, settle } from './tally.ts';

/** Tallies charged anew after one input or tick: what they add to a commit stays far below what a commit takes. */
export const repricedPerInputMax = 250;

/** Notes the tallies for which other values are in force than before; the master data is the new one. */
export function noteRepriced(state: PartitionState, tenant: Tenant, before: Master['priceSeries']): void {
  const { priceSeries, prices } = tenant.master;
  const found = [...tenant.spotTallies].flatMap(([id, cells]) => {
    const [old, now] = [before.get(id)!, priceSeries.get(id)!];
    if (old === now) return [];
    const isOther = (startMs: number): boolean =>
      pointAt(old, startMs)?.point.value !== pointAt(now, startMs)?.point.value;
    return [...cells].flatMap(([startMs, tallies]) => (isOther(startMs) ? tallies : []));
  });
  if (found.length === 0) return;
  for (const tally of found) {
    settle(tally);
    tally.cursor = undefined;
    setCarried(tally, prices.get(tally.entry.price)!.cell(tally.entry.cell!), tally.carried);
  }
  state.repriced = [...new Set([...state.repriced, ...found])].sort((a, b) => b.entry.id - a.entry.id);
}

/** What the points in force now add to the tally's charge; 0 where its bound would be passed, and for all other prices. */
export function lateCharge({ master }: Tenant, tally: Tally): bigint {
  const { price, cell } = tally.entry;
  const charge = master.prices.get(price)!.cell(cell!)!.charge(reached(tally)) - tally.carriedCharge;
  return isBeyond(charge) ? 0n : charge - tally.charge;
}

/** Forgets those at the end of the list that are charged by the points in force. */
export function dropRepriced({ repriced, tenants }: PartitionState): void {
  while (repriced.length > 0 && lateCharge(tenants.get(repriced.at(-1)!.entry.tenant)!, repriced.at(-1)!) === 0n)
    repriced.pop();
}

export type RepricingRun = PlanContext & Omit<BlockRun, 'source'>;

/** Charges the next tallies, at most so many; returns the balances that moved, by tenant. */
export function repriceNext(
  state: PartitionState,
  runOf: (tenant: Tenant) => RepricingRun,
  most: number,
): Map<Tenant, Set<Balance>> {
  const moved = new Map<Tenant, Set<Balance>>();
  for (let left = most; left > 0; left--) {
    dropRepriced(state);
    const tally = state.repriced.pop();
    if (tally === undefined) break;
    const tenant = state.tenants.get(tally.entry.tenant)!;
    const amount = lateCharge(tenant, tally);
    tally.charge += amount;
    const balances = moved.get(tenant) ?? new Set();
    moved.set(tenant, balances);
    for (const balance of adjust(runOf(tenant), tally, amount)) balances.add(balance);
  }
  dropRepriced(state);
  return moved;
}

/** Writes the row of what a tally was charged late; returns the balances that moved. */
export function adjust(run: RepricingRun, tally: Tally, amount: bigint): Set<Balance> {
  const { tenant, groups, changes, rows, state } = run;
  const { master } = tenant;
  const { entry } = tally;
  const account = master.accounts.get(entry.account)!;
  const { id: meter, scale } = master.meters.get(entry.meter)!;
  const price = master.prices.get(entry.price)!;
  const group = groups.of({
    account,
    period: { startMs: entry.periodStartMs, endMs: entry.periodEndMs },
    kind: 'adjustment',
    meter,
    scale,
    price,
    cell: entry.cell!,
    pool: poolOf(price, tally),
    ...bookingOf(run, account, price, entry.firstMs),
  });
  changes.tally(tally);
  rows.addWide(group, entry.resource, 0, entry.firstMs, 0, { quantity: 0n, amount }, false);
  return closeBlocks({ ...run, source: officeSource(tenant.id, state.logTimeMs) });
}

/** Of rows that stand for no sample. */
export const officeSource = (tenant: string, logTimeMs: number): BlockSource => ({
  tenant,
  producer: '',
  epoch: '',
  seq: 0,
  usageSeq: 0,
  logTimeMs,
});

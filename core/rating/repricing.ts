/**
 * A point of a reference series comes late or is corrected, or a version of a price takes over in mid-period from one that is
 * prorated: the tallies that are charged otherwise now are charged by difference, so many an input, while samples go on (SPEC §8.8, §8.9).
 */
import { pointAt } from '../pricing/series/points.ts';
import type { CompiledPrice } from '../pricing/compiled.ts';
import { addAdjustment } from './adjustment.ts';
import { officeSource } from './block.ts';
import type { BlockRun } from './closeBlocks.ts';
import { closeBlocks } from './closeBlocks.ts';
import { isSamePart, partOf } from './inForce.ts';
import { isBeyond, reached } from './measures.ts';
import type { PlanContext } from './plan.ts';
import { cellOf } from './rollover.ts';
import type { Balance, Master, PartitionState, Tally, Tenant } from './state.ts';
import { setCarried, settle } from './tally.ts';

/** Tallies charged anew after one input or tick: what they add to a commit stays far below what a commit takes. */
export const repricedPerInputMax = 250;

/** Whether tallies of the price may be charged anew. */
export const isRepriced = (price: CompiledPrice | undefined): boolean =>
  price?.record.model.kind === 'spot' || price?.record.prorate !== undefined;

/** Notes the tallies that other values, or other parts of their period, are in force for than before; the master data is the new one. */
export function noteRepriced(state: PartitionState, tenant: Tenant, before: Master): void {
  const found = [...withOtherPoints(tenant, before), ...withOtherParts(state, tenant, before)];
  if (found.length === 0) return;
  for (const tally of found) {
    settle(tally);
    tally.cursor = undefined;
    setCarried(tally, cellOf(tenant.master, tally), tally.carried);
  }
  state.repriced = [...new Set([...state.repriced, ...found])].sort((a, b) => b.entry.id - a.entry.id);
}

function withOtherPoints({ master, spotTallies }: Tenant, before: Master): Tally[] {
  return [...spotTallies].flatMap(([id, cells]) => {
    const [old, now] = [before.priceSeries.get(id)!, master.priceSeries.get(id)!];
    if (old === now) return [];
    const isOther = (startMs: number): boolean =>
      pointAt(old, startMs)?.point.value !== pointAt(now, startMs)?.point.value;
    return [...cells].flatMap(([startMs, tallies]) => (isOther(startMs) ? tallies : []));
  });
}

/** A new version may cut the part of others short, and nothing else does. */
function withOtherParts({ tallies }: PartitionState, { id, master }: Tenant, before: Master): Tally[] {
  const isNew = master.prices.size > before.prices.size;
  if (!isNew || before.prices.values().every(({ record }) => record.prorate === undefined)) return [];
  return tallies.filter(
    ({ entry }) => entry.tenant === id && !isSamePart(partOf(before, entry), partOf(master, entry)),
  );
}

/** What the terms in force now add to the tally's charge; 0 where its bound would be passed, and for all other prices. */
export function lateCharge({ master }: Tenant, tally: Tally): bigint {
  const charge = cellOf(master, tally)!.charge(reached(tally)) - tally.carriedCharge;
  return isBeyond(charge) ? 0n : charge - tally.charge;
}

/** Forgets those at the end of the list that are charged by the terms in force. */
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
  const { tenant, state } = run;
  addAdjustment(run, tally, tenant.master.accounts.get(tally.entry.account)!, { amount });
  return closeBlocks({ ...run, source: officeSource(tenant.id, state.logTimeMs) });
}

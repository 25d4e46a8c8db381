/** A price arrives for what was tallied without one: the whole tally is charged by difference (SPEC §5.5). */
import type { MeterRecord } from '../messages/control.ts';
import type { TallyEntry } from '../messages/rated.ts';
import type { CompiledPrice } from '../pricing/compiled.ts';
import type { Period } from '../time/period.ts';
import { absorb, clearKept, isUsed } from './aggregate.ts';
import type { BlockSource, Group } from './block.ts';
import { pricesAt, Window } from './attribution.ts';
import { closeBlocks } from './closeBlocks.ts';
import type { Changes } from './changes.ts';
import { endShadows } from './corrections/shadows.ts';
import { charged } from './measures.ts';
import { bookingOf, laneOf, poolOf, type PlanContext } from './plan.ts';
import { cellOf } from './rollover.ts';
import type { Rows } from './rows.ts';
import type { Balance, PartitionState, Tally } from './state.ts';
import { openTally, settle } from './tally.ts';
import { periodOf, tallyAccountOf } from './tallyPlace.ts';

export interface ArrivalRun extends PlanContext {
  readonly state: PartitionState;
  readonly changes: Changes;
  readonly rows: Rows;
  readonly source: BlockSource;
}

/** Charges what the new prices cover; returns the balances that moved. */
export function chargeUnpriced(run: ArrivalRun, newPrices: ReadonlySet<number>): Set<Balance> {
  const moved = new Set<Balance>();
  if (newPrices.size === 0) return moved;
  const unpriced = run.state.tallies.filter(
    (tally) => tally.entry.tenant === run.tenant.id && tally.entry.price === 0 && isUsed(tally),
  );
  for (const tally of unpriced) chargeTally(run, tally, newPrices, moved);
  return moved;
}

/** A price that parts its usage, or counts events, cannot tell from a sum what it would have charged: it stays unpriced. */
function chargeTally(run: ArrivalRun, unpriced: Tally, newPrices: ReadonlySet<number>, moved: Set<Balance>): void {
  const { tenant, groups, state, changes } = run;
  const { master } = tenant;
  const { entry, quantity } = unpriced;
  const account = master.accounts.get(entry.account)!;
  const meter = master.meters.get(entry.meter)!;
  const prices = pricesAt(master, meter.id, account, new Window(entry.firstMs)).flatMap((price) => {
    const { record, whole } = price;
    if (!newPrices.has(record.id) || whole?.countsEvents !== false) return [];
    const tallyAccount = tallyAccountOf(record, account);
    const period = periodOf(record, tallyAccount, entry.firstMs);
    return period !== undefined && holds(period, entry, meter) ? [{ price, tallyAccount, period }] : [];
  });
  if (prices.length === 0) return;

  // All begin before any is charged: two prices of one key take nothing over from one another.
  const begun = prices.map(({ price, ...tallied }) => {
    const place = { account, resource: undefined, meter, atMs: entry.firstMs, dims: {}, cell: price.whole };
    const tally = laneOf(run, { ...place, ...tallied, price }).tally!;
    if (tally.entry.id === 0) {
      openTally(state, tenant, tally, price, entry.firstMs);
      changes.open(tally);
    }
    return { price, tally };
  });
  const before: (() => void)[] = [];
  const charges = begun.flatMap(({ price, tally }) => {
    settle(tally);
    tally.cursor = undefined;
    const taken = absorb(tally, unpriced, meter);
    const growth = taken && charged(tally, cellOf(master, tally), meter.scale, taken.quantity, 0n);
    if (taken === undefined || growth === undefined) return [];
    before.push(() => {
      tally.quantity -= taken.quantity;
      tally.charge -= growth.charge;
    });
    return [{ price, tally, ...taken, amount: growth.charge }];
  });
  if (charges.length < prices.length) {
    for (const undo of before) undo();
    return;
  }

  const adjust = (group: Group, tally: Tally, change: bigint, amount: bigint): void => {
    changes.tally(tally);
    run.rows.addWide(group, 0, 0, entry.firstMs, 0, { quantity: change, amount }, false);
    for (const balance of closeBlocks(run)) moved.add(balance);
  };
  const common = { account, kind: 'adjustment', meter: meter.id, scale: meter.scale, cell: '' } as const;
  const groupOf = (price: CompiledPrice | undefined, tally: Tally): Group => {
    const { periodStartMs: startMs, periodEndMs: endMs } = tally.entry;
    const booking = bookingOf(run, account, price, entry.firstMs);
    return groups.of({ ...common, period: { startMs, endMs }, price, pool: poolOf(price, tally), ...booking });
  };
  settle(unpriced);
  unpriced.cursor = undefined;
  unpriced.quantity -= quantity;
  adjust(groupOf(undefined, unpriced), unpriced, -quantity, 0n);
  for (const { price, tally, quantity: taken, keep, amount } of charges) {
    adjust(groupOf(price, tally), tally, taken, amount);
    keep();
  }
  clearKept(unpriced);
  // What comes of a tally that is being rebuilt is not what it was told of any more: it has to be begun anew.
  endShadows(
    tenant,
    changes,
    [unpriced, ...charges.map(({ tally }) => tally)].map((tally) => tally.entry.id),
  );
}

/** Whether all of the unpriced month falls into the period; slots are counted from its start, so that they want the same one. */
function holds({ startMs, endMs }: Period, unpriced: TallyEntry, { slots }: MeterRecord): boolean {
  const { periodStartMs, periodEndMs } = unpriced;
  if (slots !== undefined) return startMs === periodStartMs && endMs === periodEndMs;
  return startMs <= periodStartMs && periodEndMs <= endMs;
}

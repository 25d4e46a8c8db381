/** A price arrives for what was tallied without one: the whole tally is charged by difference (SPEC §5.5). */
import { noBalances, type BlockSource, type Group } from './block.ts';
import { pricesAt, Window } from './attribution.ts';
import { closeBlocks } from './rateBatch.ts';
import type { Changes } from './changes.ts';
import { charged } from './measures.ts';
import { chainOf, laneOf, type PlanContext } from './plan.ts';
import type { Rows } from './rows.ts';
import type { Balance, PartitionState, Tally } from './state.ts';
import { openTally, settle } from './tally.ts';

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
    ({ entry, quantity }) => entry.tenant === run.tenant.id && entry.price === 0 && quantity > 0n,
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
  const period = { startMs: entry.periodStartMs, endMs: entry.periodEndMs };
  const prices = pricesAt(master, meter.id, account, new Window(entry.firstMs)).filter(
    ({ record, whole }) => newPrices.has(record.id) && whole?.countsEvents === false,
  );
  if (prices.length === 0) return;

  // All begin before any is charged: two prices of one key take nothing over from one another.
  const begun = prices.map((price) => {
    const place = {
      account,
      period,
      resource: undefined,
      meter,
      price,
      cell: price.whole,
      atMs: entry.firstMs,
      dims: {},
    };
    const tally = laneOf(run, place).tally!;
    if (tally.entry.id === 0) {
      openTally(state, tenant, tally, price, entry.firstMs);
      changes.opened.push(tally);
    }
    return { price, tally };
  });
  const before: (() => void)[] = [];
  const charges = begun.flatMap(({ price, tally }) => {
    settle(tally);
    tally.cursor = undefined;
    const growth = charged(tally, price.whole, meter.scale, quantity, 0n);
    if (growth === undefined) return [];
    before.push(() => {
      tally.quantity -= quantity;
      tally.charge -= growth.charge;
    });
    return [{ price, tally, amount: growth.charge }];
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
  const common = { account, period, kind: 'adjustment', meter: meter.id, scale: meter.scale } as const;
  settle(unpriced);
  unpriced.cursor = undefined;
  unpriced.quantity -= quantity;
  adjust(groups.of({ ...common, price: undefined, chain: noBalances }), unpriced, -quantity, 0n);
  for (const { price, tally, amount } of charges) {
    const chain = chainOf(run, account, price, entry.firstMs);
    adjust(groups.of({ ...common, price, chain }), tally, quantity, amount);
    // What is greatest, newest or distinct goes over with the sum.
    tally.newest = unpriced.newest;
    tally.values = unpriced.values === undefined ? undefined : new Set(unpriced.values);
    tally.freshValues = unpriced.values === undefined ? undefined : [...unpriced.values];
  }
  unpriced.newest = undefined;
  unpriced.values = undefined;
}

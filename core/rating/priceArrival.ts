/** A price arrives for what was tallied without one: the whole tally is charged by difference (SPEC §5.5). */
import type { CompiledPrice } from '../pricing/compiled.ts';
import { absorb, clearKept, isUsed } from './aggregate.ts';
import type { BlockSource, Group } from './block.ts';
import { pricesAt, Window } from './attribution.ts';
import { closeBlocks } from './closeBlocks.ts';
import type { Changes } from './changes.ts';
import { charged } from './measures.ts';
import { bookingOf, laneOf, type PlanContext } from './plan.ts';
import { cellOf } from './rollover.ts';
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
      changes.open(tally);
    }
    return { price, tally };
  });
  const before: (() => void)[] = [];
  const charges = begun.flatMap(({ price, tally }) => {
    settle(tally);
    tally.cursor = undefined;
    const taken = absorb(tally, unpriced, meter);
    const growth = taken && charged(tally, cellOf(price, tally), meter.scale, taken.quantity, 0n);
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
  const common = {
    account,
    period,
    kind: 'adjustment',
    meter: meter.id,
    scale: meter.scale,
    cell: '',
  } as const;
  const groupOf = (price: CompiledPrice | undefined): Group =>
    groups.of({ ...common, price, ...bookingOf(run, account, price, entry.firstMs) });
  settle(unpriced);
  unpriced.cursor = undefined;
  unpriced.quantity -= quantity;
  adjust(groupOf(undefined), unpriced, -quantity, 0n);
  for (const { price, tally, quantity: taken, keep, amount } of charges) {
    adjust(groupOf(price), tally, taken, amount);
    keep();
  }
  clearKept(unpriced);
}

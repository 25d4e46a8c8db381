/** A price arrives for what was tallied without one: the whole tally is charged by difference (SPEC §5.5). */
import { addRow, type BlockSource, type Group } from './block.ts';
import { pricesAt, Window } from './attribution.ts';
import { closeGroup } from './rateBatch.ts';
import type { Changes } from './changes.ts';
import { balancesOf, laneOf, type PlanContext } from './plan.ts';
import type { Balance, PartitionState, Tally } from './state.ts';
import { incrementOf, openTally } from './tally.ts';

export interface ArrivalRun extends PlanContext {
  readonly state: PartitionState;
  readonly changes: Changes;
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

function chargeTally(run: ArrivalRun, unpriced: Tally, newPrices: ReadonlySet<number>, moved: Set<Balance>): void {
  const { tenant, groups, state, changes } = run;
  const { master } = tenant;
  const { entry, quantity } = unpriced;
  const account = master.accounts.get(entry.account)!;
  const meter = master.meters.get(entry.meter)!;
  const period = { startMs: entry.periodStartMs, endMs: entry.periodEndMs };
  const prices = pricesAt(master, meter.id, account, new Window(entry.firstMs)).filter((price) =>
    newPrices.has(price.record.id),
  );
  if (prices.length === 0) return;

  const charged = prices.flatMap((price) => {
    const { tally } = laneOf(run, account, period, undefined, meter, price, entry.firstMs);
    const opened = tally!.entry.id === 0;
    if (opened) openTally(state, tenant, tally!, price, entry.firstMs);
    if (opened) changes.opened.push(tally!);
    const amount = incrementOf(tally!, price, quantity, meter.scale);
    return amount === undefined ? [] : [{ price, tally: tally!, amount }];
  });
  if (charged.length < prices.length) return;

  const adjust = (group: Group, tally: Tally, change: bigint, amount: bigint): void => {
    tally.quantity += change;
    tally.charge += amount;
    changes.tally(tally);
    addRow(group, {
      resource: 0,
      index: 0,
      startMs: entry.firstMs,
      durationMs: 0,
      quantity: change,
      amount,
      primary: false,
    });
    closeGroup(run, group, moved);
    state.totals.blocks += 1;
  };
  const common = { account, period, kind: 'adjustment', meter: meter.id, scale: meter.scale } as const;
  adjust(groups.of({ ...common, price: undefined, balances: [] }), unpriced, -quantity, 0n);
  for (const { price, tally, amount } of charged) {
    adjust(
      groups.of({ ...common, price, balances: balancesOf(tenant, account, price, entry.firstMs) }),
      tally,
      quantity,
      amount,
    );
  }
}

/** A price arrives for what was tallied without one: the whole tally is charged by difference (SPEC §5.5). */
import type { MeterRecord } from '../messages/control.ts';
import type { CompiledPrice } from '../pricing/compiled.ts';
import type { BlockSource, Group } from './block.ts';
import { pricesAt, Window } from './attribution.ts';
import { closeBlocks } from './closeBlocks.ts';
import type { Changes } from './changes.ts';
import { charged, comparePlaces, distinctMax } from './measures.ts';
import { bookingOf, laneOf, type PlanContext } from './plan.ts';
import type { Rows } from './rows.ts';
import type { Balance, PartitionState, Tally } from './state.ts';
import { billed, copyOf, isEmpty, merge } from './slots.ts';
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
    ({ entry, quantity, slots }) =>
      entry.tenant === run.tenant.id &&
      entry.price === 0 &&
      (quantity > 0n || (slots !== undefined && !isEmpty(slots))),
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
    const taken = absorbed(tally, unpriced, meter);
    const growth = taken === undefined ? undefined : charged(tally, price.whole, meter.scale, taken, 0n);
    if (taken === undefined || growth === undefined) return [];
    before.push(() => {
      tally.quantity -= taken;
      tally.charge -= growth.charge;
    });
    return [{ price, tally, quantity: taken, amount: growth.charge }];
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
  for (const { price, tally, quantity: taken, amount } of charges) {
    adjust(groupOf(price), tally, taken, amount);
    takeNotes(tally, unpriced);
  }
  clearNotes(unpriced);
}

/** What the tally grows by when the unpriced one comes to it as if it were one sample; undefined when it has no room. */
function absorbed(tally: Tally, unpriced: Tally, { aggregation }: MeterRecord): bigint | undefined {
  const total = tally.carried.quantity + tally.quantity;
  const { quantity } = unpriced;
  switch (aggregation) {
    case 'max':
      return quantity > total ? quantity - total : 0n;
    case 'latest':
      return isNewer(unpriced, tally) ? quantity - total : 0n;
    case 'unique': {
      const fresh = [...(unpriced.values ?? [])].filter((value) => tally.values?.has(value) !== true).length;
      return (tally.values?.size ?? 0) + fresh > distinctMax ? undefined : BigInt(fresh);
    }
    case 'percentile': {
      if (unpriced.slots === undefined) return 0n;
      const merged = tally.slots === undefined ? unpriced.slots : merge(tally.slots, unpriced.slots);
      return merged === undefined ? undefined : billed(merged.sums, merged.discarded) - total;
    }
    default:
      return quantity;
  }
}

const isNewer = (a: Tally, b: Tally): boolean =>
  a.newest !== undefined && (b.newest === undefined || comparePlaces(a.newest, b.newest) >= 0);

function takeNotes(tally: Tally, unpriced: Tally): void {
  if (isNewer(unpriced, tally)) tally.newest = unpriced.newest;
  for (const value of unpriced.values ?? []) {
    if (tally.values?.has(value) === true) continue;
    (tally.values ??= new Set()).add(value);
    (tally.freshValues ??= []).push(value);
  }
  if (unpriced.slots === undefined) return;
  tally.slots = tally.slots === undefined ? copyOf(unpriced.slots) : merge(tally.slots, unpriced.slots);
}

function clearNotes(tally: Tally): void {
  if (tally.newest === undefined && tally.values === undefined && tally.slots === undefined) return;
  tally.newest = undefined;
  tally.values = undefined;
  tally.slots = undefined;
  tally.freshValues = undefined;
  tally.isCleared = true;
}

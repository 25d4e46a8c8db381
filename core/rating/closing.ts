/**
 * The work of a close, done before the inputs that follow it, so many tallies before each (SPEC §12.6): what is carried over into
 * the tallies of its unit is fixed, and what that changes is charged by difference; what pools are charged is shared out.
 */
import type { CloseRecord } from '../messages/control.ts';
import type { ClosingState } from '../messages/rated.ts';
import type { CompiledPrice } from '../pricing/compiled.ts';
import { addAdjustment, type AdjustmentRun } from './adjustment.ts';
import { closedUntil, unitOf } from './billingUnit.ts';
import type { BlockSource } from './block.ts';
import { closeBlocks } from './closeBlocks.ts';
import { chargeMax, reached } from './measures.ts';
import { poolSplit } from './pool.ts';
import { cellOf, rolledInto } from './rollover.ts';
import type { Balance, PartitionState, Tally, Tenant } from './state.ts';
import { settle } from './tally.ts';

export interface ClosingRun extends AdjustmentRun {
  readonly state: PartitionState;
  readonly source: BlockSource;
}

/** Tallies settled before each input where the close says nothing else. */
const talliesPerStepMax = 1000;

/** The closes of a partition whose work goes on. */
export class Closings {
  /** Tallies that the oldest one has to settle; derived, worked out once. */
  #known: { readonly of: string; readonly tallies: readonly Tally[] } | undefined;

  /** Notes a close that was taken: what its work will be is decided now. */
  begin(
    { state, tenant, changes }: ClosingRun,
    { account, untilMs, talliesPerStep = talliesPerStepMax }: CloseRecord,
    fromMs: number,
  ): void {
    const { length: tallies } = state.tallies;
    const closing = { tenant: tenant.id, account, fromMs, untilMs, talliesPerStep, tallies, done: 0 };
    state.closings = [...state.closings, closing];
    changes.closed = true;
  }

  /** Does the next piece of the oldest close, which is of the run's tenant; returns the balances that moved. */
  goOn(run: ClosingRun): Set<Balance> {
    const { state, changes } = run;
    const [closing, ...later] = state.closings as [ClosingState, ...ClosingState[]];
    const tallies = this.#talliesOf(run, closing);
    const bookedFromMs = bookedFrom(run.tenant, closing);
    const moved = new Set<Balance>();
    let { done, talliesPerStep: left } = closing;
    for (; done < tallies.length && left > 0; done++) {
      const tally = tallies[done]!;
      left -= 1 + (tally.pool?.members.size ?? 0);
      settleRollover(run, tally, bookedFromMs);
      // What a pool is charged is told its members with the rows, and shared out then.
      if (tally.pool !== undefined) for (const balance of closeBlocks(run)) moved.add(balance);
      sharePool(run, tally, bookedFromMs);
    }
    for (const balance of closeBlocks(run)) moved.add(balance);
    state.closings = done === tallies.length ? later : [{ ...closing, done }, ...later];
    changes.closed = true;
    return moved;
  }

  /** In their order: a tally comes after those of earlier periods, which it may be carried over from. */
  #talliesOf({ state, tenant }: ClosingRun, { account, untilMs, tallies }: ClosingState): readonly Tally[] {
    const of = `${tenant.id} ${account} ${untilMs} ${tallies}`;
    if (this.#known?.of === of) return this.#known.tallies;
    const { accounts, prices } = tenant.master;
    const wanted = state.tallies
      .slice(0, tallies)
      .filter(
        ({ entry }) =>
          entry.tenant === tenant.id &&
          entry.periodStartMs <= untilMs &&
          isSettled(prices.get(entry.price)) &&
          unitOf(accounts.get(entry.account)!).record.id === account,
      );
    wanted.sort((a, b) => a.entry.periodStartMs - b.entry.periodStartMs || a.entry.id - b.entry.id);
    this.#known = { of, tallies: wanted };
    return wanted;
  }
}

/** What the work of a close charges for periods before this is booked at it: the close's own periods take it, unless they are open again. */
export const bookedFrom = ({ master }: Tenant, { account, fromMs }: ClosingState): number =>
  Math.min(fromMs, closedUntil(master, master.accounts.get(account)!));

/** Whether a close has to do with the tallies of a price. */
const isSettled = (price: CompiledPrice | undefined): boolean =>
  price !== undefined && (price.record.rollover !== undefined || price.record.tallyScope === 'subtree');

/** Fixes what is carried over into the tally, and charges the difference that it makes. */
function settleRollover(run: ClosingRun, tally: Tally, bookedFromMs: number): void {
  const { tenant, changes } = run;
  const { entry } = tally;
  const account = tenant.master.accounts.get(entry.account)!;
  if (closedUntil(tenant.master, account) < entry.periodStartMs) return;
  const price = tenant.master.prices.get(entry.price)!;
  settle(tally);
  const before = tally.rolled;
  const rolled = rolledInto(tenant, tally, price);
  if (
    rolled.length === before.length &&
    rolled.every(([age, left], i) => age === before[i]![0] && left === before[i]![1])
  )
    return;
  tally.rolled = rolled;
  const cell = cellOf(tenant.master, tally)!;
  const carriedCharge = cell.charge(tally.carried);
  const charge = cell.charge(reached(tally)) - carriedCharge;
  if (charge >= chargeMax) {
    tally.rolled = before;
    return;
  }
  const amount = charge - tally.charge;
  Object.assign(tally, { carriedCharge, charge, cursor: undefined });
  changes.tally(tally);
  changes.rolled.push(tally);
  if (amount !== 0n) addAdjustment(run, tally, account, { amount }, bookedFromMs);
}

/** Shares the charge of a pool whose period is closed out among its members. */
function sharePool(run: ClosingRun, tally: Tally, bookedFromMs: number): void {
  const { master } = run.tenant;
  if (tally.entry.periodEndMs > closedUntil(master, master.accounts.get(tally.entry.account)!)) return;
  for (const { account, amount } of poolSplit(run.tenant, tally))
    addAdjustment(run, tally, master.accounts.get(account)!, { amount }, bookedFromMs);
}

/**
 * A tally that keeps something of its samples becomes what it would be without those that do not stand: the office says what the samples
 * up to its shadow would have kept, the shadow has those since then, and what that makes of its figures is one row (SPEC §16.6).
 */
import type { MeterRecord } from '../../messages/control.ts';
import type { CorrectionTally, KeptSamples } from '../../messages/correction.ts';
import { nothing } from '../../pricing/compiled.ts';
import { pow10 } from '../../money/fixed.ts';
import { addAdjustment } from '../adjustment.ts';
import { absorb } from '../aggregate.ts';
import { officeSource } from '../block.ts';
import { closeBlocks, type BlockRun } from '../closeBlocks.ts';
import { require } from '../controlFault.ts';
import { isBeyond, tallyUnitsMax } from '../measures.ts';
import { noteInto, toldAnew } from '../notes.ts';
import type { PlanContext } from '../plan.ts';
import { cellOf } from '../rollover.ts';
import type { Tally, Tenant } from '../state.ts';
import { carryAnew, newTally, settle } from '../tally.ts';
import { tallyAt, type Shadow } from './shadows.ts';

/** What a message comes to, worked out before anything is moved. */
export interface Rebuilding {
  readonly id: string;
  readonly tally: Tally;
  readonly shadow: Shadow;
  readonly taken: NonNullable<ReturnType<typeof absorb>>;
  /** With the last of it: what the tally becomes. */
  readonly becomes?: { readonly carried: bigint; readonly quantity: bigint; readonly charge: bigint };
}

/** Throws ControlFault where the tally has no shadow, or what is said of it is nothing that it could hold. */
export function readRebuilding(tenant: Tenant, change: CorrectionTally): Rebuilding {
  const { id, kept, isLast } = change;
  const tally = tallyAt(tenant, change.tally);
  const { entry } = tally;
  const what = `tally ${entry.id} of ${tenant.id}`;
  const meter = tenant.master.meters.get(entry.meter)!;
  const shadow = tenant.shadows.get(entry.id);
  require(shadow !== undefined, `${what} has no shadow`);
  const taken = absorb(shadow!.tally, keptTally(tally, meter, kept), meter);
  require(taken !== undefined, `${what} has no room for what it is told`);
  const rebuilding = { id, tally, shadow: shadow!, taken: taken! };
  if (!isLast) return rebuilding;
  const carried = BigInt(change.carried);
  require(carried === 0n || entry.from !== undefined, `${what} took nothing over, and is told ${carried}`);
  const total = shadow!.tally.quantity + taken!.quantity;
  const cell = cellOf(tenant.master, tally);
  const of = (quantity: bigint): bigint => cell?.charge({ ...nothing, quantity }) ?? 0n;
  const charge = of(total) - of(carried);
  const isBounded = total < tallyUnitsMax * pow10(meter.scale) && !isBeyond(charge);
  require(isBounded, `${what} would pass its bound`);
  return { ...rebuilding, becomes: { carried, quantity: total - carried, charge } };
}

/** A tally that has kept just that. */
function keptTally({ entry }: Tally, meter: MeterRecord, { quantity, ...lists }: KeptSamples): Tally {
  const { newest, values = [], hashes = [], slots = [], samples = [] } = lists;
  const { aggregation } = meter;
  const isFor = (list: readonly unknown[], of: string): boolean => list.length === 0 || aggregation === of;
  const fits =
    (newest === undefined || aggregation === 'latest') &&
    (quantity === '0' || aggregation === 'max' || newest !== undefined) &&
    isFor(values, 'unique') && isFor(hashes, 'unique') && isFor(slots, 'percentile') && isFor(samples, 'samplePercentile'); // prettier-ignore
  require(fits, `tally ${entry.id}: ${aggregation} keeps something else than it is told`);
  const kept = newTally(entry);
  noteInto(kept, meter, lists);
  const isInside = slots.every(([index]) => index < kept.slots!.sums.length);
  require(isInside, `tally ${entry.id}: its period has ${kept.slots?.sums.length} slots`);
  kept.quantity = BigInt(quantity);
  return kept;
}

/** Books what was read. */
export function rebuild(run: BlockRun & PlanContext, { id, tally, shadow, taken, becomes }: Rebuilding): void {
  const { tenant, changes, state } = run;
  const { entry } = tally;
  taken.keep();
  shadow.tally.quantity += taken.quantity;
  changes.shadows.set(entry.id, tenant.shadows);
  if (becomes === undefined) return;
  settle(tally);
  const before = { quantity: tally.quantity, amount: tally.charge };
  const { carried, quantity, charge } = becomes;
  if (carried !== tally.carried.quantity) {
    carryAnew(tenant, tally, { ...nothing, quantity: carried });
    changes.carried.add(tally);
  }
  const { newest, distinct, slots, samples } = shadow.tally;
  Object.assign(tally, { newest, distinct, slots, samples, quantity, charge, cursor: undefined, isCleared: true });
  toldAnew(tally);
  // What took over its values since the last commit took over those that it had then.
  for (const heir of changes.opened) if (heir.distinct?.from?.[0] === entry.id) toldAnew(heir);
  tenant.shadows.delete(entry.id);
  changes.tally(tally);
  const difference = { quantity: quantity - before.quantity, amount: charge - before.amount };
  if (difference.quantity === 0n && difference.amount === 0n) return;
  addAdjustment(run, tally, tenant.master.accounts.get(entry.account)!, difference);
  closeBlocks({ ...run, source: { ...officeSource(tenant.id, state.logTimeMs), correction: id } });
}

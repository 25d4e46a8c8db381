/**
 * Reverses stored rows: each gets its exact negation, and what tiers and the like make other rows owe then is a row of its tally, so
 * that rows add up to the charge of what is left (SPEC §16.3). All of a piece, or nothing.
 */
import type { CorrectedBlock, CorrectionRows } from '../../messages/correction.ts';
import { keepsSamples, type Aggregation } from '../../messages/control.ts';
import { parseAmount, parseDecimal, pow10 } from '../../money/fixed.ts';
import { nothing, type Cell, type CompiledPrice, type Measures } from '../../pricing/compiled.ts';
import { addAdjustment } from '../adjustment.ts';
import { officeSource, type Group } from '../block.ts';
import { closeBlocks, type BlockRun } from '../closeBlocks.ts';
import { require } from '../controlFault.ts';
import { isBeyond, tallyUnitsMax } from '../measures.ts';
import { bookingOf, poolOf, type PlanContext } from '../plan.ts';
import { cellOf } from '../rollover.ts';
import { tallyKey, type Account, type Tally, type Tenant } from '../state.ts';
import { carryAnew, settle } from '../tally.ts';
import { tallyAccountOf } from '../tallyPlace.ts';
import { heirsOf, isBefore } from './heirs.ts';
import type { Journal } from './rerate.ts';

/** What a piece comes to, worked out before anything is moved. */
export interface Reversal {
  readonly id: string;
  readonly blocks: readonly ReadBlock[];
  /** By id of the tally. */
  readonly tallies: readonly Reversed[];
}

interface ReadBlock {
  readonly stored: CorrectedBlock;
  readonly account: Account;
  readonly scale: number;
  readonly rows: readonly ReadRow[];
}

interface ReadRow {
  readonly tally: Tally;
  readonly resource: number;
  readonly index: number;
  readonly startMs: number;
  readonly durationMs: number;
  /** In this partition's `USAGE`. */
  readonly usageSeq: number;
  /** What the tally grew by. */
  readonly grown: Measures;
  readonly amount: bigint;
}

/** Of a row that came before the partition. */
const inherited = 0;

/** What is taken off a tally; of what is brought back, negative. */
interface Reversed {
  readonly tally: Tally;
  /** Whether it keeps something of its samples: then it is rebuilt when all is reversed, and until then it stays as it is (SPEC §16.5). */
  readonly stays: boolean;
  readonly rows: ReadRow[];
  amount: bigint;
  /** What is taken off what it took over of an earlier version, and the rows that this is. */
  readonly carried: ReadRow[];
  /** What is left of both, and its charge by then. */
  left: Measures;
  leftCarried: Measures;
  charge: bigint;
}

/** Throws ControlFault where a row is not one that can be reversed, or a tally would be left with less than nothing, or owe too much. */
export function readReversal(
  partition: number,
  tenant: Tenant,
  { id, blocks: stored }: Pick<CorrectionRows, 'id' | 'blocks'>,
): Reversal {
  const found = new Map<Tally, Reversed>();
  const blocks = stored.map((block) => readBlock(partition, tenant, block, found));
  for (const { tally, rows, stays } of [...found.values()]) if (!stays) takeFromLater(tenant, tally, rows, found);
  for (const reversed of found.values()) if (reversed.stays) leaveAlone(reversed); else chargeWithout(tenant, reversed); // prettier-ignore
  const tallies = [...found.values()].sort((a, b) => a.tally.entry.id - b.tally.entry.id);
  return { id, blocks, tallies };
}

function readBlock(partition: number, tenant: Tenant, stored: CorrectedBlock, found: Map<Tally, Reversed>): ReadBlock {
  const { master, talliesByKey } = tenant;
  const account = master.accounts.get(stored.account);
  require(account !== undefined, `block ${stored.ref}: account ${stored.account} is not known`);
  const meter = master.meters.get(stored.meter);
  require(meter !== undefined, `block ${stored.ref}: meter ${stored.meter} is not known`);
  const { scale, aggregation } = meter!;
  require(aggregation !==
    'recurring', `block ${stored.ref}: a row of aggregation ${aggregation} does not tell what it adds`);
  const price = master.prices.get(stored.price);
  const isKnown = stored.price === 0 || (price?.record.meter === stored.meter && price.order === 'free');
  require(isKnown, `block ${stored.ref}: price ${stored.price} is not known, of another meter, or charges in the order of the log`);
  requireOwn(stored, aggregation, price);
  const isResource = price?.record.tallyScope === 'resource';
  const place = {
    account: (price === undefined ? account! : tallyAccountOf(price.record, account!)).record.id,
    price: stored.price,
    meter: stored.meter,
    periodStartMs: stored.periodStartMs,
    cell: stored.cell,
  };
  const sign = stored.kind === 'void' ? -1n : 1n;
  const isOwn = stored.ref.startsWith(`${partition}-`);
  const resources = stored.resources.map((name) => {
    const resource = tenant.resourcesByName.get(name);
    require(resource !== undefined, `block ${stored.ref}: resource ${name} is not known`);
    return resource!.id;
  });
  const rows = stored.rows.map(([resourceAt, index, offsetMs, durationMs, quantityText, amountText]): ReadRow => {
    const resource = resources[resourceAt];
    require(resource !== undefined, `block ${stored.ref}: ${resourceAt} of ${resources.length} resources`);
    const tally = talliesByKey.get(tallyKey({ ...place, resource: isResource ? resource! : 0 }));
    require(tally !== undefined && tally.entry.id !== 0, `block ${stored.ref}: there is no such tally`);
    const quantity = parseDecimal(quantityText, scale);
    const amount = parseAmount(amountText);
    require(quantity !== undefined && amount !== undefined, `block ${stored.ref}: ${quantityText} for ${amountText}`);
    const grown = grownBy(price?.cell(stored.cell), quantity!, sign);
    const startMs = stored.firstMs + offsetMs;
    const row = { tally: tally!, resource: resource!, index, startMs, durationMs, usageSeq: isOwn ? stored.usageSeq : inherited, grown, amount: amount! };
    const reversed = reversedOf(found, tally!, keepsSamples(aggregation));
    reversed.rows.push(row);
    reversed.amount += amount!;
    return row;
  }); // prettier-ignore
  return { stored, account: account!, scale, rows };
}

/** What a tally keeps does not tell what an event found there, nor whose of a pool what is left would be. */
function requireOwn({ ref, cell, meter }: CorrectedBlock, aggregation: Aggregation, price: CompiledPrice | undefined): void {
  if (!keepsSamples(aggregation)) return;
  require(price?.cell(cell)?.countsEvents !== true, `block ${ref}: price ${price?.record.id} counts events of meter ${meter}, which keeps its samples`);
  const isShared = price?.record.tallyScope === 'subtree' && price.record.split !== 'asArrived';
  require(!isShared, `block ${ref}: price ${price?.record.id} shares out what meter ${meter} keeps of its samples`);
} // prettier-ignore

/** In a price that is free of order an event notes the same whatever came before it. */
function grownBy(cell: Cell | undefined, quantity: bigint, sign: 1n | -1n): Measures {
  if (cell?.countsEvents !== true) return { ...nothing, quantity };
  return { quantity, events: sign, value: sign * cell.valueAfter(nothing, sign * quantity, 1n, 0n) };
}

function reversedOf(found: Map<Tally, Reversed>, tally: Tally, stays = false): Reversed {
  let reversed = found.get(tally);
  if (reversed === undefined) {
    reversed = { tally, stays, rows: [], amount: 0n, carried: [], left: nothing, leftCarried: nothing, charge: 0n };
    found.set(tally, reversed);
  }
  return reversed;
}

/** A later version of the price took over the position that the rows had made, where they came before it began (SPEC §5.4). */
function takeFromLater(tenant: Tenant, tally: Tally, rows: readonly ReadRow[], found: Map<Tally, Reversed>): void {
  for (const heir of heirsOf(tenant, tally)) {
    const before = rows.filter((row) => isBefore(heir, row));
    if (before.length === 0) continue;
    reversedOf(found, heir).carried.push(...before);
    takeFromLater(tenant, heir, before, found);
  }
}

function chargeWithout({ id, master }: Tenant, reversed: Reversed): void {
  const { tally, rows, carried } = reversed;
  const what = `tally ${tally.entry.id} of ${id}`;
  settle(tally);
  tally.cursor = undefined;
  reversed.left = less(tally, rows);
  reversed.leftCarried = less(tally.carried, carried);
  const { quantity } = reversed.left;
  const limit = tallyUnitsMax * pow10(master.meters.get(tally.entry.meter)!.scale);
  const isLeft = [reversed.left, reversed.leftCarried].every((left) => left.quantity >= 0n && left.events >= 0n);
  require(isLeft && quantity < limit, `${what} holds ${tally.quantity}, not what is reversed`);
  const cell = cellOf(master, tally);
  if (cell === undefined) return;
  const { left, leftCarried } = reversed;
  reversed.charge = cell.charge(sum(leftCarried, left)) - cell.charge(leftCarried);
  require(!isBeyond(reversed.charge), `${what} would be charged beyond its bound`);
}

function leaveAlone(reversed: Reversed): void {
  const { tally } = reversed;
  settle(tally);
  Object.assign(reversed, { left: sum(tally, nothing), leftCarried: tally.carried, charge: tally.charge });
}

const sum = (a: Measures, b: Measures, sign = 1n): Measures => ({
  quantity: a.quantity + sign * b.quantity,
  events: a.events + sign * b.events,
  value: a.value + sign * b.value,
});

const less = (from: Measures, rows: readonly ReadRow[]): Measures =>
  rows.reduce((left, { grown }) => sum(left, grown, -1n), sum(from, nothing));

/** What other rows of the tally owe once the reversed ones are gone: not less than nothing only where a tier or the like was passed. */
export const restOf = ({ tally, charge, amount }: Reversed): bigint => charge - tally.charge + amount;

/** What the tally holds all the same, though the rows are gone. */
const stayingOf = ({ stays, rows }: Reversed): bigint =>
  stays ? rows.reduce((total, { grown }) => total + grown.quantity, 0n) : 0n;

/** What a tally is still owed, as a row. */
export interface Owed {
  readonly tally: Tally;
  readonly quantity: bigint;
  readonly amount: bigint;
}

/** Moves the tallies; the journal takes it back. Returns what other rows of them owe. */
export function takeOff(tenant: Tenant, { tallies }: Reversal, journal: Journal): Owed[] {
  return tallies.map((reversed) => {
    const { tally, left, carried, leftCarried, charge } = reversed;
    const owed = { tally, quantity: stayingOf(reversed), amount: restOf(reversed) };
    const before = { quantity: tally.quantity, events: tally.events, value: tally.value, charge: tally.charge };
    const carriedBefore = tally.carried;
    journal.push(() => {
      if (carried.length > 0) carryAnew(tenant, tally, carriedBefore);
      Object.assign(tally, before);
    });
    if (carried.length > 0) carryAnew(tenant, tally, leftCarried);
    Object.assign(tally, left, { charge });
    return owed;
  });
}

/** Books what was taken off. */
export function book(run: BlockRun & PlanContext, { id, blocks, tallies }: Reversal, owed: readonly Owed[]): void {
  const { changes, state, tenant } = run;
  for (const { tally, carried } of tallies) {
    if (carried.length > 0) changes.carried.add(tally);
    changes.tally(tally);
  }
  const office = { ...officeSource(tenant.id, state.logTimeMs), correction: id };
  for (const block of blocks) {
    const { producer, epoch, seq, usageSeq, ref } = block.stored;
    addRows(run, block);
    closeBlocks({ ...run, source: { ...office, producer, epoch, seq, usageSeq, reverses: ref } });
  }
  bookOwed(run, id, owed);
}

export function bookOwed(run: BlockRun & PlanContext, correction: string, owed: readonly Owed[]): void {
  const { state, tenant } = run;
  for (const { tally, quantity, amount } of owed)
    if (quantity !== 0n || amount !== 0n)
      addAdjustment(run, tally, tenant.master.accounts.get(tally.entry.account)!, { quantity, amount });
  closeBlocks({ ...run, source: { ...officeSource(tenant.id, state.logTimeMs), correction } });
}

function addRows(run: BlockRun & PlanContext, { stored, account, scale, rows }: ReadBlock): void {
  const { master } = run.tenant;
  const price = master.prices.get(stored.price);
  const kind = stored.kind === 'void' ? 'corrected' : 'void';
  const groupAt = (startMs: number): Group => {
    const { tally } = rows[0]!;
    return run.groups.of({
      account,
      period: { startMs: stored.periodStartMs, endMs: tally.entry.periodEndMs },
      kind,
      meter: stored.meter,
      scale,
      price,
      cell: stored.cell,
      pool: poolOf(price, tally),
      ...bookingOf(run, account, price, startMs),
    });
  };
  // What lies between two instants that are booked alike is booked like them.
  const starts = rows.map(({ startMs }) => startMs);
  const group = groupAt(Math.min(...starts));
  const isAlike = group === groupAt(Math.max(...starts));
  for (const { resource, index, startMs, durationMs, grown, amount } of rows) {
    const wide = { quantity: -grown.quantity, amount: -amount };
    run.rows.addWide(isAlike ? group : groupAt(startMs), resource, index, startMs, durationMs, wide, false);
  }
}

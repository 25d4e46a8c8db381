/** Opening tallies, and their cursors (SPEC §5.1, §5.4). */
import { nothing, type Cell, type CompiledPrice, type Measures } from '../pricing/compiled.ts';
import { pow10 } from '../money/fixed.ts';
import type { TallyEntry } from '../messages/rated.ts';
import { chargeMax, reached, tallyUnitsMax } from './measures.ts';
import { versionBefore } from './carry.ts';
import { seat } from './narrow.ts';
import { forget } from './aggregate.ts';
import { carriedValues } from './distinct.ts';
import { copyOfSamples } from './ranked.ts';
import { cellOf, enlist, nothingRolled, rolledInto } from './rollover.ts';
import { copyOf } from './slots.ts';
import { spotTalliesWith } from './spotTallies.ts';
import { cellsKey, type PartitionState, type Tally, type Tenant } from './state.ts';

/** A tally that no row has fallen on yet. */
export function newTally(entry: TallyEntry): Tally {
  return {
    entry, carried: nothing, carriedCharge: 0n, quantity: 0n, events: 0n, value: 0n, charge: 0n, dirty: false,
    newest: undefined, distinct: undefined, slots: undefined, samples: undefined, pool: undefined, isCleared: false, rolled: nothingRolled, cursor: undefined, isTouched: false,
  }; // prettier-ignore
}

/** Behind all samples of a batch. */
const indexMax = 2 ** 32 - 1;

/** `index`: of the sample in its batch, where one begins it. Gives the tally its id and, for a new version of a price, the position carried over from the version before. */
export function openTally(
  state: PartitionState,
  tenant: Tenant,
  tally: Tally,
  price: CompiledPrice | undefined,
  firstMs: number,
  index = indexMax,
): void {
  const { before, cell, carried } = takeOver(tenant, tally, price);
  tally.newest = before?.newest;
  tally.distinct = before?.distinct && carriedValues(before.distinct, before.entry.id);
  tally.slots = before?.slots && copyOf(before.slots);
  tally.samples = before?.samples && copyOfSamples(before.samples);
  tally.entry = {
    ...tally.entry,
    id: state.tallies.length + 1,
    firstMs,
    ...carriedText(carried, cell),
    ...(before && { from: [before.entry.id, state.usage.seq, index] as const }),
  };
  state.tallies.push(tally);
  countCell(tenant, tally.entry, 1);
  spotTalliesWith(tenant, tally)?.push(tally);
  enlist(tenant, tally, 1);
}

/** What a tally that begins goes on from: the position of the version before, and what periods before left of their allowance. */
export function takeOver(tenant: Tenant, tally: Tally, price: CompiledPrice | undefined) {
  const before = price === undefined ? undefined : versionBefore(tenant, tally, price);
  if (before !== undefined) settle(before);
  if (price?.record.rollover !== undefined) {
    // Versions of one period are carried over the same.
    const isSame = before !== undefined && tenant.master.prices.get(before.entry.price)!.record.rollover !== undefined;
    tally.rolled = isSame ? before.rolled : rolledInto(tenant, tally, price);
  }
  const cell = cellOf(tenant.master, tally);
  const carried = before === undefined ? nothing : reached(before);
  setCarried(tally, cell, carried);
  return { before, cell, carried };
}

/** Cells in use are counted, for groups have a limit. */
export function countCell({ cellCounts }: Tenant, entry: TallyEntry, change: 1 | -1): void {
  if (entry.cell === undefined) return;
  const key = cellsKey(entry);
  cellCounts.set(key, (cellCounts.get(key) ?? 0) + change);
}

export function setCarried(tally: Tally, cell: Cell | undefined, carried: Measures): void {
  tally.carried = carried;
  tally.carriedCharge = cell?.charge(carried) ?? 0n;
}

/** Another position was taken over than the tally began with. */
export function carryAnew({ master }: Tenant, tally: Tally, carried: Measures): void {
  const cell = cellOf(master, tally);
  const { carriedEvents: _, carriedValue: __, ...entry } = tally.entry;
  tally.cursor = undefined;
  setCarried(tally, cell, carried);
  tally.entry = { ...entry, ...carriedText(carried, cell) };
}

const carriedText = (carried: Measures, cell: Cell | undefined) => ({
  carried: carried.quantity.toString(),
  ...(cell?.countsEvents === true && (carried.events > 0n || carried.value > 0n)
    ? { carriedEvents: carried.events.toString(), carriedValue: carried.value.toString() }
    : {}),
});

/** Takes back the opening of the newest tally: the sample that opened it was refused after all. */
export function closeTally(state: PartitionState, tenant: Tenant, tally: Tally): void {
  countCell(tenant, tally.entry, -1);
  spotTalliesWith(tenant, tally)?.pop();
  enlist(tenant, tally, -1);
  tally.rolled = nothingRolled;
  const { from: _, carriedEvents: __, carriedValue: ___, ...entry } = tally.entry;
  tally.entry = { ...entry, id: 0, carried: '0' };
  forget(tally);
  state.tallies.pop();
}

/** Puts the tally's cursor where its figures are, where the narrow path can follow. */
export function seatCursor(tally: Tally, cell: Cell | undefined, scale: number): void {
  const room = tallyUnitsMax * pow10(scale) - 1n - tally.quantity;
  // A charge within the last 2⁵³ pico below its bound is left to the wide path, which refuses what passes it.
  if (chargeMax - tally.charge <= BigInt(Number.MAX_SAFE_INTEGER)) return;
  tally.cursor = seat(cell, reached(tally), room);
}

/** Makes the tally's own figures true again after the narrow path has moved its cursor. */
export function settle(tally: Tally): void {
  const { cursor } = tally;
  if (cursor === undefined) return;
  tally.quantity += BigInt(cursor.quantity);
  tally.charge += BigInt(cursor.charge);
  cursor.quantity = 0;
  cursor.charge = 0;
}

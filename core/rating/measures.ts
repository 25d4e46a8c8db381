/** What samples do to tallies: aggregation (`MeterRecord.aggregation`), bounds, charge by difference (SPEC §3.5, §4.6, §5.4). */
import type { MeterRecord } from '../messages/control.ts';
import type { SamplePlace } from '../messages/rated.ts';
import { AMOUNT_SCALE, pow10 } from '../money/fixed.ts';
import type { Cell, Measures } from '../pricing/compiled.ts';
import { compareText } from './attribution.ts';
import { addToSlot, emptySlots, slotAt } from './slots.ts';
import type { Tally } from './state.ts';

/** Tallies stay below 10²⁶ base units and the charge of one below 10¹⁸ currency units (SPEC §3.5). */
export const tallyUnitsMax = 10n ** 26n;
export const chargeMax = 10n ** BigInt(18 + AMOUNT_SCALE);
/** Distinct values of one tally of a `unique` meter; beyond, the sample is refused. */
export const distinctMax = 10_000;

/** The part of a sample that falls on a tally. */
export interface Contribution {
  readonly quantity: bigint;
  readonly durationMs: number;
  /** What of the sample came before this part, as the tally counts it. */
  readonly begun: bigint;
  /** Whether the sample begins with this part: what counts events looks at no other. */
  readonly isStart: boolean;
  readonly place: SamplePlace;
  /** The value that a `unique` meter distinguishes. */
  readonly value: string;
  readonly startMs: number;
}

/** A movement that can be taken back. */
export interface Movement {
  readonly quantity: bigint;
  readonly amount: bigint;
  readonly undo: () => void;
}

/** Moves a tally by a sample; undefined, and nothing is moved, when a bound would be passed. */
export function move(
  tally: Tally,
  meter: MeterRecord | undefined,
  cell: Cell | undefined,
  scale: number,
  part: Contribution,
): Movement | undefined {
  const { newest, values } = tally;
  /** What a version of the price before this one had reached counts as if it had been tallied here. */
  const total = tally.carried.quantity + tally.quantity;
  let { quantity } = part;
  let slot = -1;
  switch (meter?.aggregation) {
    case undefined:
    case 'sum':
      break;
    case 'timeWeighted':
      quantity *= BigInt(part.durationMs);
      break;
    case 'count':
      quantity = part.isStart ? 1n : 0n;
      break;
    case 'max':
      quantity = quantity > total ? quantity - total : 0n;
      break;
    case 'latest':
      if (newest !== undefined && comparePlaces(part.place, newest) < 0) quantity = 0n;
      else {
        quantity -= total;
        tally.newest = part.place;
      }
      break;
    case 'unique':
      if (values?.has(part.value) === true || !part.isStart) quantity = 0n;
      else if ((values?.size ?? 0) >= distinctMax) return undefined;
      else {
        quantity = 1n;
        (tally.values ??= new Set()).add(part.value);
        (tally.freshValues ??= []).push(part.value);
      }
      break;
    case 'percentile': {
      tally.slots ??= emptySlots(meter, tally.entry);
      slot = slotAt(meter, tally.entry.periodStartMs, part.startMs).index;
      const percentile = addToSlot(tally.slots, slot, quantity, total);
      if (percentile === undefined) return undefined;
      quantity = percentile - total;
    }
  }
  const restore = (): void => {
    tally.newest = newest;
    if (slot >= 0) tally.slots!.sums[slot]! -= part.quantity;
    if (meter?.aggregation === 'unique' && quantity === 1n) {
      tally.values!.delete(part.value);
      tally.freshValues!.pop();
    }
  };
  const amount = charged(tally, cell, scale, quantity, part.isStart ? 1n : 0n, adds(meter) ? part.begun : 0n);
  if (amount === undefined) {
    restore();
    return undefined;
  }
  return {
    quantity,
    amount: amount.charge,
    undo() {
      restore();
      tally.quantity -= quantity;
      tally.charge -= amount.charge;
      tally.events -= amount.events;
      tally.value -= amount.value;
    },
  };
}

/** Whether the rows of a meter are shares of what was sent. */
export const adds = (meter: MeterRecord | undefined): boolean =>
  meter?.aggregation === 'sum' || meter?.aggregation === 'timeWeighted';

/** Adds to the tally and returns what its charge grows by; undefined, and nothing is added, when a bound would be passed. */
export function charged(
  tally: Tally,
  cell: Cell | undefined,
  scale: number,
  quantity: bigint,
  starts: 0n | 1n,
  begun = 0n,
): { charge: bigint; events: bigint; value: bigint } | undefined {
  const after = tally.quantity + quantity;
  if (after >= tallyUnitsMax * pow10(scale)) return undefined;
  const growth = { charge: 0n, events: 0n, value: 0n };
  if (cell !== undefined) {
    if (cell.countsEvents) {
      const before = reached(tally);
      growth.events = starts;
      growth.value = cell.valueAfter(before, quantity, starts, begun) - before.value;
    }
    const charge = cell.charge(reached(tally, quantity, growth)) - tally.carriedCharge;
    if (charge >= chargeMax) return undefined;
    growth.charge = charge - tally.charge;
  }
  tally.quantity = after;
  tally.charge += growth.charge;
  tally.events += growth.events;
  tally.value += growth.value;
  return growth;
}

/** What the charge is a function of: all that was carried over and tallied, and `more`. */
export function reached(tally: Tally, quantity = 0n, more = { events: 0n, value: 0n }): Measures {
  const { carried } = tally;
  return {
    quantity: carried.quantity + tally.quantity + quantity,
    events: carried.events + tally.events + more.events,
    value: carried.value + tally.value + more.value,
  };
}

/** The order in which samples count as newer: end, producer, epoch, seq, index. */
export function comparePlaces(a: SamplePlace, b: SamplePlace): number {
  return a[0] - b[0] || compareText(a[1], b[1]) || compareText(a[2], b[2]) || a[3] - b[3] || a[4] - b[4];
}

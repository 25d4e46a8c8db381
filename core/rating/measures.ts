/** What samples do to tallies: bounds, charge by difference (SPEC §3.5, §4.6, §5.4). */
import type { MeterRecord } from '../messages/control.ts';
import { AMOUNT_SCALE, pow10 } from '../money/fixed.ts';
import type { Cell, Measures } from '../pricing/compiled.ts';
import { grow, type Contribution } from './aggregate.ts';
import type { Tally } from './state.ts';

/** Tallies stay below 10²⁶ base units and the charge of one below 10¹⁸ currency units (SPEC §3.5). */
export const tallyUnitsMax = 10n ** 26n;
export const chargeMax = 10n ** BigInt(18 + AMOUNT_SCALE);
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
  const grown = grow(tally, meter, part);
  if (grown === undefined) return undefined;
  const { quantity } = grown;
  const amount = charged(
    tally,
    cell,
    scale,
    quantity,
    part.isStart ? 1n : 0n,
    adds(meter) || meter?.aggregation === 'recurring' ? part.begun : 0n,
  );
  if (amount === undefined) {
    grown.undo();
    return undefined;
  }
  return {
    quantity,
    amount: amount.charge,
    undo() {
      grown.undo();
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
    if (isBeyond(charge)) return undefined;
    growth.charge = charge - tally.charge;
  }
  tally.quantity = after;
  tally.charge += growth.charge;
  tally.events += growth.events;
  tally.value += growth.value;
  return growth;
}

/** Whether a charge, of either sign, would pass its bound. */
export const isBeyond = (charge: bigint): boolean => charge >= chargeMax || charge <= -chargeMax;

/** What the charge is a function of: all that was carried over and tallied, and `more`. */
export function reached(tally: Tally, quantity = 0n, more = { events: 0n, value: 0n }): Measures {
  const { carried } = tally;
  return {
    quantity: carried.quantity + tally.quantity + quantity,
    events: carried.events + tally.events + more.events,
    value: carried.value + tally.value + more.value,
  };
}

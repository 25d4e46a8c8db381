/** What falls on tallies part by part and lane by lane: all of a sample, or nothing (SPEC §3.5, §5). */
import { divideRounded } from '../money/fixed.ts';
import type { CompiledPrice } from '../pricing/compiled.ts';
import type { Contribution } from './aggregate.ts';
import type { Batch } from './batch.ts';
import { growShadow } from './corrections/shadows.ts';
import type { Fault } from './dictionary.ts';
import { move } from './measures.ts';
import type { Lane, Plan } from './plan.ts';
import { isRepriced, lateCharge } from './repricing.ts';
import { cellOf, isOwnCell } from './rollover.ts';
import { cellsKey, type Resource, type Tally, type Tenant } from './state.ts';
import { closeTally, openTally, settle } from './tally.ts';

/** A piece of a sample, or of a level that goes on, within which nothing changes. */
export interface Part {
  readonly plan: Plan;
  readonly startMs: number;
  readonly durationMs: number;
  readonly quantity: bigint;
  /** What came before the part: of a delta its share, of a level the level times the time. */
  readonly begun: bigint;
}

/** What of a delta falls before an instant in it (SPEC §4.5); of a length above 0. */
export const shareUntil = (quantity: bigint, startMs: number, endMs: number, untilMs: number): bigint =>
  divideRounded(quantity * BigInt(untilMs - startMs), BigInt(endMs - startMs), 'halfEven');

export const isFault = (value: object): value is Fault => Array.isArray(value) && typeof value[0] === 'string';

export interface Charge {
  readonly lane: Lane;
  readonly part: Part;
  readonly quantity: bigint;
  readonly amount: bigint;
  readonly opened: boolean;
  readonly undo: () => void;
}

/** A part on a lane. */
export interface Portion {
  readonly part: Part;
  readonly lane: Lane;
  readonly isStart: boolean;
  /** Whether it is a stretch of a level that goes on, and not of the sample itself. */
  readonly isHeld: boolean;
}

/** Moves the tallies portion by portion; when a bound would be passed all is taken back and nothing is charged. */
export function chargeAll(
  run: ChargeRun,
  resource: Resource,
  sample: SampleFacts,
  portions: readonly Portion[],
): Charge[] | Fault {
  const charges: Charge[] = [];
  for (const portion of portions) {
    const charge = chargeLane(run, resource, sample, portion);
    if (!isFault(charge)) {
      charges.push(charge);
      continue;
    }
    for (const { undo } of charges.toReversed()) undo();
    return charge;
  }
  return charges;
}

/** What all parts of a sample have in common. */
export type SampleFacts = Pick<Contribution, 'place' | 'whole'>;

export interface ChargeRun extends Pick<Batch, 'state' | 'tenant' | 'changes' | 'late'> {
  /** Of samples that are rated again: a tally that one of them begins, begins behind all that has come. */
  readonly isAgain?: boolean;
}

function chargeLane(
  { state, tenant, changes, late, isAgain }: ChargeRun,
  resource: Resource,
  sample: SampleFacts,
  { part, lane, isStart, isHeld }: Portion,
): Charge | Fault {
  const { tally, meter, price, cell, group } = lane;
  if (tally === undefined)
    return { lane, part, quantity: part.quantity, amount: 0n, opened: false, undo: () => undefined };
  const opened = tally.entry.id === 0;
  if (opened) {
    if (price !== undefined && !hasRoom(tenant, price, tally.entry))
      return ['out_of_range', 'the price has no room for another group'];
    openTally(state, tenant, tally, price, part.startMs, isAgain === true ? undefined : sample.place[4]);
  }
  const close = (): void => {
    if (opened) closeTally(state, tenant, tally);
  };
  settle(tally);
  tally.cursor = undefined;
  if (state.repriced.length > 0 && isRepriced(price)) {
    // What came before is charged by the terms in force first, so that the sample's row is the sample's.
    const amount = lateCharge(tenant, tally);
    if (amount !== 0n) late.push({ tally, amount });
    tally.charge += amount;
  }
  const { quantity, durationMs, begun, startMs } = part;
  const { direction, distinct: value = resource.name } = lane;
  const charging = isOwnCell(price, tally) ? cellOf(tenant.master, tally) : cell;
  const contribution = { ...sample, quantity, durationMs, isHeld, begun, isStart, value, direction, startMs };
  const moved = move(tally, meter, charging, group.scale, contribution);
  if (moved === undefined) {
    close();
    return ['out_of_range', 'the tally or its charge would exceed its bound'];
  }
  const lessen = tenant.shadows.size === 0 ? nothing : growShadow(tenant, changes, tally, contribution);
  return {
    lane,
    part,
    quantity: moved.quantity,
    amount: moved.amount,
    opened,
    undo() {
      moved.undo();
      lessen();
      close();
    },
  };
}

const nothing = (): void => undefined;

/** Whether a price with tiers per group may begin another group. */
export function hasRoom(
  { cellCounts }: Pick<Tenant, 'cellCounts'>,
  { record: { model } }: CompiledPrice,
  entry: Tally['entry'],
): boolean {
  return model.kind !== 'grouped' || (cellCounts.get(cellsKey(entry)) ?? 0) < model.groupsMax;
}

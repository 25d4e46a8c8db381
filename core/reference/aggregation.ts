/** SPEC §8.6: what a part of a sample adds to a tally, and what the tally keeps of it. */
import type { MeterRecord } from '../messages/control.ts';
import type { SamplePlace } from '../messages/rated.ts';
import { byCodeUnit } from './attribution.ts';
import { decimal } from './number.ts';
import type { UsageEvent } from './prices/noted.ts';
import type { Tally } from './state.ts';

export interface Part {
  /** Share of a delta, or the level; an integer of 10⁻ˢᶜᵃˡᵉ. */
  readonly sent: bigint;
  readonly durationMs: number;
  /** What of the sample came before: its share of a delta, or of a level the level times the time. */
  readonly begun: bigint;
  /** Whether the sample begins with it. */
  readonly isStart: boolean;
  /** Where the sample stands. */
  readonly sample: SamplePlace;
  /** What a `unique` meter tells apart. */
  readonly value: string;
  readonly startMs: number;
}

export interface Contribution {
  readonly event: UsageEvent;
  readonly newest: SamplePlace | undefined;
  /** Values that are new to the tally. */
  readonly fresh: readonly string[];
  readonly slots: Tally['slots'];
}

export function contributionOf(meter: MeterRecord, tally: Tally, part: Part): Contribution {
  const { isStart, sample, value, sent } = part;
  const { newest, values, slots } = tally;
  const reached = tally.noted.quantity;
  const adds = (quantity: bigint): Contribution => ({ event: { quantity, isStart }, newest, fresh: [], slots });
  switch (meter.aggregation) {
    case 'sum':
      return { ...adds(0n), event: { quantity: sent, isStart, begun: part.begun } };
    case 'timeWeighted':
      return { ...adds(0n), event: { quantity: sent * BigInt(part.durationMs), isStart, begun: part.begun } };
    case 'count':
      return adds(isStart ? 1n : 0n);
    case 'max':
      return adds(sent > reached ? sent - reached : 0n);
    case 'latest':
      return isOlder(sample, newest) ? adds(0n) : { ...adds(sent - reached), newest: sample };
    case 'unique':
      return !isStart || values.has(value) ? adds(0n) : { ...adds(1n), fresh: [value] };
    case 'percentile': {
      const slot = Math.floor((part.startMs - tally.month.startMs) / meter.slots!.lengthMs);
      const after = new Map(slots).set(slot, (slots.get(slot) ?? 0n) + sent);
      return { ...adds(percentileOf(meter, tally, after) - reached), slots: after };
    }
  }
}

/** By end, producer, epoch, seq and index. */
export function isOlder(a: SamplePlace | undefined, b: SamplePlace | undefined): boolean {
  if (a === undefined || b === undefined) return b !== undefined;
  const order = a[0] - b[0] || byCodeUnit(a[1], b[1]) || byCodeUnit(a[2], b[2]) || a[3] - b[3] || a[4] - b[4];
  return order < 0;
}

/** What an unpriced tally adds to the one that takes it over. */
export function takenOver(meter: MeterRecord, from: Tally, into: Tally): Contribution {
  const { quantity } = from.noted;
  const reached = into.noted.quantity;
  const adds = (more: bigint): Contribution => ({
    event: { quantity: more, isStart: false },
    newest: into.newest,
    fresh: [],
    slots: into.slots,
  });
  switch (meter.aggregation) {
    case 'max':
      return adds(quantity > reached ? quantity - reached : 0n);
    case 'latest':
      return isOlder(from.newest, into.newest) ? adds(0n) : { ...adds(quantity - reached), newest: from.newest };
    case 'unique': {
      const fresh = [...from.values].filter((value) => !into.values.has(value));
      return { ...adds(BigInt(fresh.length)), fresh };
    }
    case 'percentile': {
      const after = new Map(into.slots);
      for (const [slot, sum] of from.slots) after.set(slot, (after.get(slot) ?? 0n) + sum);
      return { ...adds(percentileOf(meter, into, after) - reached), slots: after };
    }
    default:
      return adds(quantity);
  }
}

/** A slot's sum stays below this. */
export const slotMax = 2n ** 63n;

/** All slots of the month in falling order, those without usage as nought; a share of them set aside, the next one counts. */
function percentileOf({ slots }: MeterRecord, { month }: Pick<Tally, 'month'>, sums: Tally['slots']): bigint {
  const count = Math.ceil((month.endMs - month.startMs) / slots!.lengthMs);
  const all = Array.from({ length: count }, (_, slot) => sums.get(slot) ?? 0n);
  const falling = all.toSorted((a, b) => (a < b ? 1 : a > b ? -1 : 0));
  return falling[decimal(slots!.discardPercent).times(count).div(100).floor().toNumber()]!;
}

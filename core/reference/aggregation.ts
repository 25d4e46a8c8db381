/** SPEC §8.6: what a part of a sample adds to a tally, and what the tally keeps of it. */
import type { MeterRecord } from '../messages/control.ts';
import type { SamplePlace } from '../messages/rated.ts';
import { byCodeUnit } from './attribution.ts';
import { numberOf, withValues, type Values } from './distinct.ts';
import { decimal } from './number.ts';
import type { UsageEvent } from './prices/noted.ts';
import type { Tally } from './state.ts';

export interface Part {
  /** Share of a delta, or the level; an integer of 10⁻ˢᶜᵃˡᵉ. */
  readonly sent: bigint;
  /** The same of the sample as a whole. */
  readonly whole: bigint;
  readonly durationMs: number;
  /** Whether it is a stretch of a level that goes on, and not of the sample itself (8.6.5). */
  readonly isHeld: boolean;
  /** What of the sample came before: its share of a delta, or of a level the level times the time. */
  readonly begun: bigint;
  /** Whether the sample begins with it. */
  readonly isStart: boolean;
  /** Where the sample stands. */
  readonly sample: SamplePlace;
  /** What a `unique` meter tells apart. */
  readonly value: string;
  /** 1 where the sample goes out, of a meter that looks at directions. */
  readonly direction: 0 | 1;
  readonly startMs: number;
}

/** What the tally keeps from then on, `fresh` being the values that are new to it. */
export interface Contribution extends Omit<Kept, 'values'> {
  readonly event: UsageEvent;
  readonly fresh: readonly string[];
}

export type Kept = Pick<Tally, 'newest' | 'values' | 'hashes' | 'slots' | 'samples'>;

/** Nothing changes but the quantity. */
function adding({ newest, hashes, slots, samples }: Kept, quantity: bigint, isStart: boolean): Contribution {
  return { event: { quantity, isStart }, newest, fresh: [], hashes, slots, samples };
}

export function contributionOf(meter: MeterRecord, tally: Tally, part: Part): Contribution {
  const { isStart, sample, value, sent } = part;
  const reached = tally.noted.quantity;
  const adds = (quantity: bigint) => adding(tally, quantity, isStart);
  switch (meter.aggregation) {
    case 'sum':
      return { ...adds(0n), event: { quantity: sent, isStart, begun: part.begun } };
    case 'timeWeighted':
      return { ...adds(0n), event: { quantity: sent * BigInt(part.durationMs), isStart, begun: part.begun } };
    case 'recurring':
      if (!part.isHeld) return adding(tally, 0n, false);
      return { ...adds(0n), event: { quantity: sent * BigInt(part.durationMs), isStart, begun: part.begun } };
    case 'count':
      return adds(isStart ? 1n : 0n);
    case 'max':
      return adds(sent > reached ? sent - reached : 0n);
    case 'latest':
      return isOlder(sample, tally.newest) ? adds(0n) : { ...adds(sent - reached), newest: sample };
    case 'unique': {
      const values: Values = { values: new Set(isStart ? [value] : []), hashes: undefined };
      return isStart ? { ...adds(0n), ...counting(meter, tally, values, isStart) } : adds(0n);
    }
    case 'percentile': {
      const slot = Math.floor((part.startMs - tally.period.startMs) / meter.slots!.lengthMs);
      const own = slot + part.direction * slotCount(meter, tally);
      const after = new Map(tally.slots).set(own, (tally.slots.get(own) ?? 0n) + sent);
      return { ...adds(percentileOf(meter, tally, after) - reached), slots: after };
    }
    case 'samplePercentile': {
      if (!isStart) return adds(0n);
      const after = [...tally.samples, part.whole];
      return { ...adds(left(after, meter.samples!.discardPercent) - reached), samples: after };
    }
  }
}

function counting(meter: MeterRecord, tally: Tally, more: Values, isStart: boolean) {
  const { fresh, hashes } = withValues(meter, tally, more);
  const after = numberOf(meter, tally.values.size + fresh.length, hashes);
  return { event: { quantity: after - tally.noted.quantity, isStart }, fresh, hashes };
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
  const adds = (more: bigint) => adding(into, more, false);
  switch (meter.aggregation) {
    case 'max':
      return adds(quantity > reached ? quantity - reached : 0n);
    case 'latest':
      return isOlder(from.newest, into.newest) ? adds(0n) : { ...adds(quantity - reached), newest: from.newest };
    case 'unique':
      return { ...adds(0n), ...counting(meter, into, from, false) };
    case 'percentile': {
      const after = new Map(into.slots);
      for (const [slot, sum] of from.slots) after.set(slot, (after.get(slot) ?? 0n) + sum);
      return { ...adds(percentileOf(meter, into, after) - reached), slots: after };
    }
    case 'samplePercentile': {
      const after = [...into.samples, ...from.samples];
      return { ...adds(left(after, meter.samples!.discardPercent) - reached), samples: after };
    }
    default:
      return adds(quantity);
  }
}

/** A slot's sum, and a sample that is kept, stay below this. */
export const keptMax = 2n ** 63n;

export const slotCount = ({ slots }: MeterRecord, { period }: Pick<Tally, 'period'>): number =>
  Math.ceil((period.endMs - period.startMs) / slots!.lengthMs);

/** Of all slots of the period, those without usage being nought. */
export function percentileOf(meter: MeterRecord, tally: Pick<Tally, 'period'>, sums: Tally['slots']): bigint {
  const count = slotCount(meter, tally);
  const { discardPercent, directions } = meter.slots!;
  const inward = Array.from({ length: count }, (_, slot) => sums.get(slot) ?? 0n);
  if (directions === undefined) return left(inward, discardPercent);
  const outward = inward.map((_, slot) => sums.get(count + slot) ?? 0n);
  const both = (a: bigint, b: bigint) => (directions.take === 'sum' ? a + b : [a, b].sort(falling)[0]!);
  if (directions.of === 'percentiles') return both(left(inward, discardPercent), left(outward, discardPercent));
  const slots = inward.map((sum, slot) => both(sum, outward[slot]!));
  return left(slots, discardPercent);
}

const falling = (a: bigint, b: bigint) => (a < b ? 1 : a > b ? -1 : 0);

/** The greatest that is left when a share of all is set aside; nought of none. */
export function left(values: readonly bigint[], discardPercent: string): bigint {
  const discarded = decimal(discardPercent).times(values.length).div(100).floor().toNumber();
  return values.toSorted(falling)[discarded] ?? 0n;
}

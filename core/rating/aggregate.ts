/** What a part of a sample makes a tally's quantity grow by, and what the tally keeps of it, by aggregation (SPEC §8.6). */
import type { MeterRecord } from '../messages/control.ts';
import type { SamplePlace } from '../messages/rated.ts';
import { compareText } from './attribution.ts';
import { addValue, countOf, mergeValues, noValues } from './distinct.ts';
import { addSample, mergeSamples, noSamples, percentileOf } from './ranked.ts';
import { addToSlot, billed, emptySlots, isEmpty, merge, slotAt } from './slots.ts';
import type { Tally } from './state.ts';

/** The part of a sample that falls on a tally. */
export interface Contribution {
  readonly quantity: bigint;
  readonly durationMs: number;
  /** Whether it is a stretch of a level that goes on, and not of the sample itself. */
  readonly isHeld: boolean;
  /** What of the sample came before this part, as the tally counts it. */
  readonly begun: bigint;
  /** Whether the sample begins with this part: what counts events looks at no other. */
  readonly isStart: boolean;
  /** Quantity of the sample, all of its parts. */
  readonly whole: bigint;
  readonly place: SamplePlace;
  /** The value that a `unique` meter distinguishes. */
  readonly value: string;
  /** Which of the two directions of a `percentile`. */
  readonly direction: 0 | 1;
  readonly startMs: number;
}

export interface Growth {
  readonly quantity: bigint;
  /** Takes back what the tally keeps; its figures are whose who moves them. */
  readonly undo: () => void;
}

const nothingKept = (): void => undefined;

/** Undefined, and nothing is kept, when the tally has no room. */
export function grow(tally: Tally, meter: MeterRecord | undefined, part: Contribution): Growth | undefined {
  const { quantity, isStart } = part;
  /** What a version of the price before this one had reached counts as if it had been tallied here. */
  const total = tally.carried.quantity + tally.quantity;
  const by = (growth: bigint, undo = nothingKept): Growth => ({ quantity: growth, undo });
  switch (meter?.aggregation) {
    case undefined:
    case 'sum':
      return by(quantity);
    case 'timeWeighted':
      return by(quantity * BigInt(part.durationMs));
    case 'recurring':
      return by(part.isHeld ? quantity * BigInt(part.durationMs) : 0n);
    case 'count':
      return by(isStart ? 1n : 0n);
    case 'max':
      return by(quantity > total ? quantity - total : 0n);
    case 'latest': {
      const { newest } = tally;
      if (newest !== undefined && comparePlaces(part.place, newest) < 0) return by(0n);
      tally.newest = part.place;
      return by(quantity - total, () => (tally.newest = newest));
    }
    case 'unique': {
      if (!isStart) return by(0n);
      const distinct = (tally.distinct ??= noValues());
      const undo = addValue(distinct, meter, part.value);
      return undo && by(countOf(distinct, meter) - total, undo);
    }
    case 'percentile': {
      const slots = (tally.slots ??= emptySlots(meter, tally.entry));
      const { index } = slotAt(meter, tally.entry.periodStartMs, part.startMs);
      const undo = addToSlot(slots, index, part.direction, quantity);
      return undo && by(billed(slots) - total, undo);
    }
    case 'samplePercentile': {
      if (!isStart) return by(0n);
      const samples = (tally.samples ??= noSamples());
      const undo = addSample(samples, meter, part.whole);
      return undo && by(percentileOf(samples, meter) - total, undo);
    }
  }
}

/** What a tally grows by when an unpriced one comes to it as if it were one sample; undefined when it has no room. */
export function absorb(
  tally: Tally,
  unpriced: Tally,
  meter: MeterRecord,
): { quantity: bigint; keep: () => void } | undefined {
  const total = tally.carried.quantity + tally.quantity;
  const { quantity } = unpriced;
  switch (meter.aggregation) {
    case 'max':
      return { quantity: quantity > total ? quantity - total : 0n, keep: nothingKept };
    case 'latest':
      if (!isNewer(unpriced, tally)) return { quantity: 0n, keep: nothingKept };
      return { quantity: quantity - total, keep: () => (tally.newest = unpriced.newest) };
    case 'unique': {
      const distinct = mergeValues(tally.distinct ?? noValues(), unpriced.distinct ?? noValues(), meter);
      return distinct && { quantity: countOf(distinct, meter) - total, keep: () => (tally.distinct = distinct) };
    }
    case 'percentile': {
      const slots = merge(tally.slots ?? emptySlots(meter, tally.entry), unpriced.slots ?? emptySlots(meter, tally.entry)); // prettier-ignore
      return slots && { quantity: billed(slots) - total, keep: () => (tally.slots = slots) };
    }
    case 'samplePercentile': {
      const samples = mergeSamples(tally.samples ?? noSamples(), unpriced.samples ?? noSamples(), meter);
      return samples && { quantity: percentileOf(samples, meter) - total, keep: () => (tally.samples = samples) };
    }
    default:
      return { quantity, keep: nothingKept };
  }
}

const isNewer = (a: Tally, b: Tally): boolean =>
  a.newest !== undefined && (b.newest === undefined || comparePlaces(a.newest, b.newest) >= 0);

/** Whether anything has fallen on an unpriced tally: a percentile may be nought although there was usage. */
export const isUsed = ({ quantity, slots, samples }: Tally): boolean =>
  quantity > 0n || (slots !== undefined && !isEmpty(slots)) || (samples !== undefined && samples.count > 0);

/** Forgets what a tally keeps, for another has taken it over. */
export function clearKept(tally: Tally): void {
  if ([tally.newest, tally.distinct, tally.slots, tally.samples].every((kept) => kept === undefined)) return;
  forget(tally);
  tally.isCleared = true;
}

export function forget(tally: Tally): void {
  tally.newest = undefined;
  tally.distinct = undefined;
  tally.slots = undefined;
  tally.samples = undefined;
}

/** The last commit carries all that the tally keeps. */
export function carried(tally: Tally): void {
  const { distinct, slots, samples } = tally;
  tally.isCleared = false;
  slots?.fresh.clear();
  if (samples !== undefined) samples.fresh.length = 0;
  if (distinct !== undefined) Object.assign(distinct, { fresh: [], from: undefined, freshHashes: [] });
}

/** The order in which samples count as newer: end, producer, epoch, seq, index. */
export function comparePlaces(a: SamplePlace, b: SamplePlace): number {
  return a[0] - b[0] || compareText(a[1], b[1]) || compareText(a[2], b[2]) || a[3] - b[3] || a[4] - b[4];
}

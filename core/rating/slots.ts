/**
 * The slots of a `percentile` tally (SPEC §8.6): the transit convention. A period has N slots, those without usage count
 * as 0; the ⌊N · discardPercent / 100⌋ highest are set aside and the next one is the quantity.
 */
import type { MeterRecord } from '../messages/control.ts';
import type { TallyEntry } from '../messages/rated.ts';
import { parseRational } from '../money/fixed.ts';

export interface Slots {
  /** Sums in tally units. Eight bytes each: 71 KB for a month of five minutes. */
  readonly sums: BigUint64Array;
  /** How many of the highest are set aside. */
  readonly discarded: number;
  /** Those that the last commit does not carry yet. */
  readonly fresh: Set<number>;
}

/** Length of a slot: a month has at most 8,940 of the shortest. */
export const slotLimits = { lengthMsMin: 300_000, lengthMsMax: 86_400_000 } as const;

/** A slot stays below this, so that sums never wrap. */
const slotMax = 2n ** 63n;

export function emptySlots({ slots }: MeterRecord, { periodStartMs, periodEndMs }: TallyEntry): Slots {
  const { lengthMs, discardPercent } = slots!;
  const count = Math.ceil((periodEndMs - periodStartMs) / lengthMs);
  const { numerator, denominator } = parseRational(discardPercent)!;
  const discarded = Number((BigInt(count) * numerator) / (denominator * 100n));
  return { sums: new BigUint64Array(count), discarded, fresh: new Set() };
}

export const copyOf = ({ sums, discarded }: Slots): Slots => ({
  sums: sums.slice(),
  discarded,
  fresh: new Set(usedSlots({ sums })),
});

/** Indexes of the slots that are not empty. */
export const usedSlots = ({ sums }: Pick<Slots, 'sums'>): Iterable<number> =>
  sums.keys().filter((index) => sums[index] !== 0n);

/** The slot that holds an instant: where it begins and ends. */
export function slotAt(
  { slots }: MeterRecord,
  periodStartMs: number,
  atMs: number,
): { index: number; startMs: number; endMs: number } {
  const { lengthMs } = slots!;
  const index = Math.floor((atMs - periodStartMs) / lengthMs);
  const startMs = periodStartMs + index * lengthMs;
  return { index, startMs, endMs: startMs + lengthMs };
}

/** Adds to a slot and returns the percentile, which was `before`; undefined, and nothing is added, when the slot has no room. */
export function addToSlot(
  { sums, discarded, fresh }: Slots,
  index: number,
  quantity: bigint,
  before: bigint,
): bigint | undefined {
  const old = sums[index]!;
  const now = old + quantity;
  if (now >= slotMax) return undefined;
  sums[index] = now;
  fresh.add(index);
  // A slot that stays at or below the one that is billed, or was above it already, changes nothing.
  return now <= before || old > before ? before : billed(sums, discarded);
}

export const isEmpty = ({ sums }: Slots): boolean => sums.every((sum) => sum === 0n);

/** The sums of both; undefined when a slot has no room. */
export function merge(a: Slots, b: Slots): Slots | undefined {
  const sums = a.sums.map((sum, index) => sum + b.sums[index]!);
  // Each is below 2⁶³, so that their sum does not wrap.
  return sums.some((sum) => sum >= slotMax) ? undefined : { ...a, sums, fresh: new Set(usedSlots({ sums })) };
}

export const billed = (sums: BigUint64Array, discarded: number): bigint =>
  sums.slice().sort()[sums.length - 1 - discarded]!;

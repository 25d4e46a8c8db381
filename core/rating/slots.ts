/**
 * The slots of a `percentile` tally (SPEC §8.6.2): the transit convention. A period has N slots, those without usage count
 * as 0; the ⌊N · discardPercent / 100⌋ highest are set aside and the next one is the quantity. Usage in two directions has slots of its own in
 * each; the customary bill is the greater of the two percentiles (nanog.cluepon.net "Billing", drpeering.net), others bill in + out.
 */
import type { Directions, MeterRecord } from '../messages/control.ts';
import type { TallyEntry } from '../messages/rated.ts';
import { parseRational } from '../money/fixed.ts';

export interface Slots {
  /** Sums in tally units, eight bytes each: 71 KB for a month of five minutes. Those of the second direction follow those of the first. */
  readonly sums: BigUint64Array;
  /** How many of the highest are set aside. */
  readonly discarded: number;
  readonly directions: Directions | undefined;
  /** Derived: the percentile, or those of both directions where they are compared. */
  percentiles: readonly bigint[];
  /** Those that the last commit does not carry yet. */
  readonly fresh: Set<number>;
}

/** Length of a slot: a month has at most 8,940 of the shortest. */
export const slotLimits = { lengthMsMin: 300_000, lengthMsMax: 86_400_000 } as const;

/** A slot stays below this, so that sums never wrap. */
const slotMax = 2n ** 63n;

export function emptySlots({ slots }: MeterRecord, { periodStartMs, periodEndMs }: TallyEntry): Slots {
  const { lengthMs, discardPercent, directions } = slots!;
  const count = Math.ceil((periodEndMs - periodStartMs) / lengthMs);
  const { numerator, denominator } = parseRational(discardPercent)!;
  const discarded = Number((BigInt(count) * numerator) / (denominator * 100n));
  const sums = new BigUint64Array(directions === undefined ? count : 2 * count);
  return { sums, discarded, directions, percentiles: [0n, 0n], fresh: new Set() };
}

export const copyOf = (slots: Slots): Slots => ({
  ...slots,
  sums: slots.sums.slice(),
  fresh: new Set(usedSlots(slots)),
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

/** Which of the directions a sample's dimensions tell; undefined for neither. */
export function directionOf(directions: Directions, dims: Readonly<Record<string, string>>): 0 | 1 | undefined {
  const value = dims[directions.dimension] ?? '';
  return directions.in.includes(value) ? 0 : directions.out.includes(value) ? 1 : undefined;
}

const take = ({ take: how }: Directions, a: bigint, b: bigint): bigint => (how === 'sum' ? a + b : a > b ? a : b);

/** Adds to a slot and returns how to take it back; undefined, and nothing is added, when the slot has no room. */
export function addToSlot(slots: Slots, index: number, direction: 0 | 1, quantity: bigint): (() => void) | undefined {
  const { sums, directions, fresh, percentiles } = slots;
  const own = direction === 0 ? index : index + sums.length / 2;
  if (sums[own]! + quantity >= slotMax) return undefined;
  const inSlot = (): bigint =>
    directions?.of === 'slots' ? take(directions, sums[index]!, sums[index + sums.length / 2]!) : sums[own]!;
  const compared = directions?.of === 'percentiles' ? direction : 0;
  const known = percentiles[compared]!;
  const before = inSlot();
  sums[own]! += quantity;
  fresh.add(own);
  // A slot that stays at or below the one that is billed, or was above it already, changes nothing.
  if (inSlot() > known && before <= known)
    slots.percentiles = percentiles.with(compared, percentileOf(slots, compared));
  return () => {
    sums[own]! -= quantity;
    slots.percentiles = percentiles;
  };
}

/** What is billed. */
export const billed = ({ directions, percentiles: [a, b] }: Slots): bigint =>
  directions?.of === 'percentiles' ? take(directions, a!, b!) : a!;

/** Works out what is derived, for slots that were filled in. */
export function rank(slots: Slots): Slots {
  slots.percentiles = [percentileOf(slots, 0), slots.directions?.of === 'percentiles' ? percentileOf(slots, 1) : 0n];
  return slots;
}

function percentileOf({ sums, discarded, directions }: Slots, compared: 0 | 1): bigint {
  if (directions === undefined) return nextAfter(sums.slice(), discarded);
  const half = sums.length / 2;
  const one = sums.slice(compared * half, (compared + 1) * half);
  // Each is below 2⁶³, so that their sum does not wrap.
  return nextAfter(
    directions.of === 'slots' ? one.map((sum, index) => take(directions, sum, sums[half + index]!)) : one,
    discarded,
  );
}

/** The highest that is left when so many are set aside. */
const nextAfter = (sums: BigUint64Array, discarded: number): bigint => sums.sort()[sums.length - 1 - discarded]!;

export const isEmpty = ({ sums }: Slots): boolean => sums.every((sum) => sum === 0n);

/** The sums of both; undefined when a slot has no room. */
export function merge(a: Slots, b: Slots): Slots | undefined {
  const sums = a.sums.map((sum, index) => sum + b.sums[index]!);
  return sums.some((sum) => sum >= slotMax) ? undefined : rank({ ...a, sums, fresh: new Set(usedSlots({ sums })) });
}

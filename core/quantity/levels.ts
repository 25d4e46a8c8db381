/**
 * Levels that go on until they are changed: seats, gigabytes held, addresses. A level carries over from period to period; within one it is
 * weighed by time, by the second or by whole days of the account's zone. Pure functions of the changes; nothing here knows a price.
 */
import type { Rational } from '../money/fixed.ts';
import { add, multiply, one, ratio, sign, subtract, sum, zero } from '../money/rational.ts';
import type { Period } from '../time/period.ts';
import { daysTouched, type ProrationBasis } from '../time/proration.ts';
import { dateAt, startOfDayMs } from '../time/dates.ts';

export interface LevelChange {
  readonly atMs: number;
  /** Added to the level; negative takes away. */
  readonly by: Rational;
}

/** A change as it counts in a period: what it adds to the level, and which share of the period it holds for. */
export interface WeightedChange {
  readonly by: Rational;
  readonly share: Rational;
  /** by × share. */
  readonly weighted: Rational;
}

/** The level at the end of the period, from which the next one starts. */
export const carriedLevel = (carried: Rational, changes: readonly LevelChange[], period: Period): Rational =>
  add(carried, sum(changes.filter(({ atMs }) => atMs < period.endMs).map(({ by }) => by)));

/**
 * What each change adds to the time-weighted level of the period, in order of time; what was carried in counts first, for
 * the whole period, and changes before the start do too. Changes from the end on do not count. By `day` the day of a change
 * counts for the new level, which is that of the end of the day; with `none` a change counts in full.
 */
export function weightedChanges(
  carried: Rational,
  changes: readonly LevelChange[],
  period: Period,
  basis: ProrationBasis,
  timeZone: string,
): WeightedChange[] {
  const weigh = (by: Rational, share: Rational): WeightedChange => ({ by, share, weighted: multiply(by, share) });
  const inside = changes
    .filter(({ atMs }) => atMs < period.endMs)
    .map((change, index) => ({ ...change, index }))
    .sort((a, b) => a.atMs - b.atMs || a.index - b.index)
    .map(({ atMs, by }) => weigh(by, shareFrom(Math.max(atMs, period.startMs), period, basis, timeZone)));
  return carried.numerator === 0n ? inside : [weigh(carried, one), ...inside];
}

function shareFrom(atMs: number, whole: Period, basis: ProrationBasis, timeZone: string): Rational {
  if (basis === 'none' || atMs <= whole.startMs) return one;
  if (basis === 'second') return ratio(BigInt(whole.endMs - atMs), BigInt(whole.endMs - whole.startMs));
  const startMs = Math.max(startOfDayMs(dateAt(atMs, timeZone), timeZone), whole.startMs);
  return ratio(BigInt(daysTouched({ startMs, endMs: whole.endMs }, timeZone)), BigInt(daysTouched(whole, timeZone)));
}

/** The level's average over the period: what a time-weighted meter bills in units held for the whole period. */
export const timeWeightedAverage = (changes: readonly WeightedChange[]): Rational =>
  sum(changes.map(({ weighted }) => weighted));

/** A tier of a tariff on levels: `upTo` inclusive, null for the rest. */
export interface LevelTier {
  readonly upTo: Rational | null;
  readonly unitPrice: Rational;
  readonly flat: Rational;
}

/**
 * Graduated tiers on a level: each change adds its units on top of the level before it, or takes them off the top, and every unit is
 * priced in the tier where it stands, for the share of the period that the change holds. The flats of all tiers up to the highest
 * level reached are owed in full. A level below 0 at the end is no level: nothing is owed.
 */
export function graduatedLevelCharge(changes: readonly WeightedChange[], tiers: readonly LevelTier[]): Rational {
  let level = zero;
  let highest = zero;
  let charge = zero;
  for (const { by, share } of changes) {
    const next = add(level, by);
    // Units that are added and hold for none of the period are not in it, nor is it when they are taken away again.
    if (sign(share) === 0 && (sign(by) > 0 || sign(next) < 0)) continue;
    charge = add(charge, multiply(share, subtract(unitsCharge(next, tiers), unitsCharge(level, tiers))));
    level = next;
    if (subtract(level, highest).numerator > 0n) highest = level;
  }
  if (level.numerator < 0n) return zero;
  const units = charge.numerator < 0n ? zero : charge;
  return add(units, flatsUpTo(highest, tiers));
}

/** Volume tiers on a level: the level itself chooses the tier, the time-weighted quantity is charged in it, its flat in full. */
export function volumeLevelCharge(level: Rational, weighted: Rational, tiers: readonly LevelTier[]): Rational {
  const tier = tiers.find(({ upTo }) => upTo === null || subtract(level, upTo).numerator <= 0n);
  if (tier === undefined) throw new RangeError('the tiers end below the level');
  return add(multiply(weighted, tier.unitPrice), tier.flat);
}

function unitsCharge(level: Rational, tiers: readonly LevelTier[]): Rational {
  let from = zero;
  let charge = zero;
  for (const { upTo, unitPrice } of tiers) {
    const top = upTo === null || subtract(level, upTo).numerator < 0n ? level : upTo;
    const units = subtract(top, from);
    // Below zero there are no tiers: what is taken away beyond nothing is priced in the first.
    charge = add(charge, multiply(units, unitPrice));
    if (upTo === null || subtract(level, upTo).numerator <= 0n) break;
    from = upTo;
  }
  return charge;
}

function flatsUpTo(level: Rational, tiers: readonly LevelTier[]): Rational {
  let owed = zero;
  for (const { upTo, flat } of tiers) {
    owed = add(owed, flat);
    if (upTo === null || subtract(level, upTo).numerator <= 0n) break;
  }
  return owed;
}

/** Daily exchange rates as dated inputs, and the documented order in which one is found. */
import type { Rational } from '../money/fixed.ts';
import { divide, multiply, one } from '../money/rational.ts';
import { exact } from '../fees/exact.ts';
import { Check, type Problem } from '../fees/problems.ts';
import type { Shape } from '../fees/shape.ts';

/** 1 `base` = `rate` `quote` on that date. A revised rate is a new point with a higher revision; points never change. */
export interface RatePoint {
  readonly id: string;
  readonly base: string;
  readonly quote: string;
  /** ISO date, "2026-11-23". */
  readonly date: string;
  readonly rate: string;
  readonly source: string;
  /** 0 when absent; the highest counts. */
  readonly revision?: number;
}

/** What may stand in for a direct rate, in this order, on each day before the day before it is looked at. */
export interface RatePolicy {
  /** Days before the date that may serve, 0 to 31. */
  readonly fallbackDaysMax: number;
  /** Whether the opposite pair may serve, as the exact fraction 1 / rate. */
  readonly inverse: boolean;
  /** Pivot currencies for triangulation, in the order in which they are tried; both legs are of the same day. */
  readonly via: readonly string[];
}

export interface FoundRate {
  readonly rate: Rational;
  /** Ids of the points used, both legs of a triangulation; empty for one currency. */
  readonly ids: readonly string[];
  readonly way: 'same' | 'direct' | 'inverse' | 'triangulated';
  readonly date: string;
  /** Days between the date asked for and the date used. */
  readonly daysBack: number;
}

/** What is missing: publish a point of one of `wanted` for the date, or allow more days. */
export interface MissingRate {
  readonly missing: true;
  readonly base: string;
  readonly quote: string;
  readonly date: string;
  readonly oldestDateTried: string;
  readonly wanted: readonly string[];
}

export interface RateTable {
  /** The point of a pair on a date, of the highest revision. */
  readonly point: (base: string, quote: string, date: string) => RatePoint | undefined;
}

const datePattern = /^\d{4}-\d{2}-\d{2}$/;
export const fallbackDaysMax = 31;

export const ratePointsMax = 1_000_000;

const pointShape: Shape = {
  record: {
    id: 'text',
    base: 'text',
    quote: 'text',
    date: 'text',
    rate: 'text',
    source: 'text',
    revision: { optional: 'number' },
  },
};
const policyShape: Shape = {
  record: { fallbackDaysMax: 'number', inverse: 'boolean', via: { list: 'text', max: 20 } },
};

/** Every fault of a list of points and its policy, which may be anything. Never throws. */
export function checkRates(given: unknown, rules?: unknown): Problem[] {
  const check = new Check();
  const list = check.at('points');
  const arePoints = list.shape(given, { list: pointShape, max: ratePointsMax });
  const isPolicy = rules === undefined || check.at('policy').shape(rules, policyShape);
  if (!arePoints || !isPolicy) return check.problems;
  const points = given as readonly RatePoint[];
  const policy = rules as RatePolicy | undefined;
  list.unique(points.map(({ id }) => id));
  const seen = new Set<string>();
  points.forEach((point, index) => {
    const here = list.at(index);
    for (const side of ['base', 'quote'] as const) here.at(side).currency(point[side]);
    here.at('quote').that(point.base !== point.quote, point.quote, 'another currency than the base');
    here.at('rate').decimal(point.rate, 'positive');
    here.at('date').that(isDate(point.date), point.date, 'a date, as 2026-11-23');
    const revision = point.revision ?? 0;
    here.at('revision').that(Number.isInteger(revision) && revision >= 0, revision, 'a whole number, 0 or more');
    const key = `${keyOf(point.base, point.quote, point.date)} ${revision}`;
    here.that(!seen.has(key), key, 'one rate for a pair, date and revision');
    seen.add(key);
  });
  if (policy === undefined) return check.problems;
  const days = policy.fallbackDaysMax;
  const isDays = Number.isInteger(days) && days >= 0 && days <= fallbackDaysMax;
  check.at('policy').at('fallbackDaysMax').that(isDays, days, `a whole number of days from 0 to ${fallbackDaysMax}`);
  policy.via.forEach((currency, index) => check.at('policy').at('via').at(index).currency(currency));
  return check.problems;
}

/** Later revisions win, whatever the order of the list. Rates are checked before. */
export function rateTable(points: readonly RatePoint[]): RateTable {
  const newest = new Map<string, RatePoint>();
  for (const point of points) {
    const key = keyOf(point.base, point.quote, point.date);
    if ((newest.get(key)?.revision ?? -1) < (point.revision ?? 0)) newest.set(key, point);
  }
  return { point: (base, quote, date) => newest.get(keyOf(base, quote, date)) };
}

/**
 * The rate for a date: of this day direct, inverse, by each pivot; then of the day before in the same order, and so on.
 * The nearest day wins over the nearer way. Throws RangeError for a date that is none.
 */
export function findRate(
  table: RateTable,
  base: string,
  quote: string,
  date: string,
  policy: RatePolicy,
): FoundRate | MissingRate {
  if (!isDate(date)) throw new RangeError(`${JSON.stringify(date)} is not a date, as 2026-11-23`);
  if (base === quote) return { rate: one, ids: [], way: 'same', date, daysBack: 0 };
  let tried = date;
  for (let daysBack = 0; daysBack <= policy.fallbackDaysMax; daysBack += 1) {
    tried = Temporal.PlainDate.from(date).subtract({ days: daysBack }).toString();
    const found = onDay(table, base, quote, tried, policy);
    if (found !== undefined) return { ...found, date: tried, daysBack };
  }
  const pivots = policy.via.filter((pivot) => pivot !== base && pivot !== quote);
  const wanted = [`${base}/${quote}`, ...pivots.map((pivot) => `${base}/${pivot} and ${pivot}/${quote}`)];
  return { missing: true, base, quote, date, oldestDateTried: tried, wanted };
}

type Leg = Pick<FoundRate, 'rate' | 'ids' | 'way'>;

function onDay(table: RateTable, base: string, quote: string, date: string, policy: RatePolicy): Leg | undefined {
  const straight = leg(table, base, quote, date, policy);
  if (straight !== undefined) return straight;
  for (const pivot of policy.via) {
    if (pivot === base || pivot === quote) continue;
    const first = leg(table, base, pivot, date, policy);
    const second = leg(table, pivot, quote, date, policy);
    if (first === undefined || second === undefined) continue;
    return { rate: multiply(first.rate, second.rate), ids: [...first.ids, ...second.ids], way: 'triangulated' };
  }
  return undefined;
}

function leg(table: RateTable, base: string, quote: string, date: string, policy: RatePolicy): Leg | undefined {
  const direct = table.point(base, quote, date);
  if (direct !== undefined) return { rate: exact(direct.rate), ids: [direct.id], way: 'direct' };
  const opposite = policy.inverse ? table.point(quote, base, date) : undefined;
  if (opposite === undefined) return undefined;
  return { rate: divide(one, exact(opposite.rate)), ids: [opposite.id], way: 'inverse' };
}

const keyOf = (base: string, quote: string, date: string): string => `${base} ${quote} ${date}`;

function isDate(text: string): boolean {
  if (!datePattern.test(text)) return false;
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' }).toString() === text;
  } catch {
    return false;
  }
}

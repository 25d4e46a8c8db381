import { ratio, sum } from '../money/rational.ts';
import type { Rational } from '../money/fixed.ts';
import { daysBetween, earlierDate, isBefore, laterDate } from './dates.ts';
import { addIntervals, durationOf, type IntervalUnit } from './interval.ts';

/** A billed stretch of days and the whole cycle that it lies in; `to` is exclusive. */
export interface Cycle {
  readonly from: Temporal.PlainDate;
  readonly to: Temporal.PlainDate;
  readonly cycleFrom: Temporal.PlainDate;
  readonly cycleTo: Temporal.PlainDate;
}

export interface Subscription {
  readonly start: Temporal.PlainDate;
  /** First day that is not billed; absent when open. */
  readonly end?: Temporal.PlainDate;
  readonly interval: IntervalUnit;
  /** A cycle is so many intervals; 1 when absent. */
  readonly every?: number;
  /** Day of the month on which cycles begin, 1 to 31; a month without it begins a cycle on its last day. Not used for days and weeks. */
  readonly cycleDay: number;
}

/**
 * The cycles billed in advance up to and with the one that holds `through`: what lies before the first cycle day is a
 * partial cycle, the last is cut by the end. Cycle days are computed from the first one each time, so that a cycle on the 31st
 * is on the 31st again after February, before and after the start alike. Throws RangeError when `through` or the end lie before the start.
 */
export function cyclesInAdvance(subscription: Subscription, through: Temporal.PlainDate): Cycle[] {
  const { start, end } = subscription;
  if (isBefore(through, start)) throw new RangeError(`${through.toString()} lies before the start ${start.toString()}`);
  if (end !== undefined && isBefore(end, start))
    throw new RangeError(`the end ${end.toString()} lies before the start ${start.toString()}`);
  const boundary = boundaries(subscription);
  const cycles: Cycle[] = [];
  for (let index = -1; ; index += 1) {
    const cycleFrom = boundary(index);
    const cycleTo = boundary(index + 1);
    const from = laterDate(cycleFrom, start);
    if (isBefore(through, from) || (end !== undefined && !isBefore(from, end))) break;
    const to = end === undefined ? cycleTo : earlierDate(cycleTo, end);
    if (isBefore(from, to)) cycles.push({ from, to, cycleFrom, cycleTo });
  }
  return cycles;
}

/** How many cycles these are, as an exact fraction: days of each over the days of its whole cycle. */
export const cycleCount = (cycles: readonly Cycle[]): Rational => sum(cycles.map(cycleShare));

export const cycleShare = ({ from, to, cycleFrom, cycleTo }: Cycle): Rational =>
  ratio(BigInt(daysBetween(from, to)), BigInt(daysBetween(cycleFrom, cycleTo)));

/** The n-th cycle day, 0 being the first on or after the start. */
function boundaries({ start, interval, every = 1, cycleDay }: Subscription): (index: number) => Temporal.PlainDate {
  const months = durationOf(interval).months * every;
  if (months === 0) return (index) => addIntervals(start, interval, index * every);
  const inMonth = (first: Temporal.PlainDate) => first.with({ day: Math.min(cycleDay, first.daysInMonth) });
  const month = start.with({ day: 1 });
  const offset = isBefore(inMonth(month), start) ? months : 0;
  return (index) => inMonth(month.add({ months: offset + months * index }));
}

/**
 * Days between two dates where every month is counted as having `fixedDays`: whole months apart count that many, the rest
 * by day of the month.
 */
export function fixedMonthDays(from: Temporal.PlainDate, to: Temporal.PlainDate, fixedDays: number): number {
  const months = (to.year - from.year) * 12 + to.month - from.month;
  return months * fixedDays + to.day - from.day;
}

/** Share of so many intervals that such days are; days and weeks keep their own length. */
export function fixedMonthShare(days: number, interval: IntervalUnit, every: number, fixedDays: number): Rational {
  const { months, days: ownDays } = durationOf(interval);
  return ratio(BigInt(days), BigInt(every * (months === 0 ? ownDays : months * fixedDays)));
}

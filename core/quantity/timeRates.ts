import type { Rational, RoundingMode } from '../money/fixed.ts';
import { add, divide, multiply, ratio, sign, smaller, subtract, sum, zero } from '../money/rational.ts';
import { divideRounded } from '../money/fixed.ts';
import { requireIncrement, rounded } from './rounding.ts';

/**
 * Rates of one long event (a call, a session, a job) whose price changes while it lasts: by the time of day, or the longer it
 * runs. This is a function of one event alone. A price list says the same with `schedule` and `perEvent` when increments
 * are not cut by the bands; here an increment begun is owed whole, at the rate that held when it began, and the next rate takes over after it.
 */
export interface Rate {
  /** Amount per `per` units of usage. */
  readonly fee: Rational;
  readonly per: Rational;
  /** Usage is counted in whole increments, the last one begun included. */
  readonly increment: Rational;
  /** Owed once for the event when it begins under this rate. */
  readonly connectFee?: Rational;
}

/** A rate and the usage position (distance from the start of the schedule) from which it holds. */
export interface RateFrom {
  readonly from: Rational;
  readonly rate: Rate;
}

export interface RatedStretch {
  /** What was used under the rate; the last increment may be longer. */
  readonly used: Rational;
  readonly billed: Rational;
  readonly increments: bigint;
  readonly amount: Rational;
  readonly rate: Rate;
}

export interface RatedEvent {
  readonly stretches: readonly RatedStretch[];
  readonly billed: Rational;
  readonly connectFee: Rational;
  /** Exact, connect fee included. */
  readonly amount: Rational;
}

/**
 * Rates an event that uses `length` units from position `start` on. Throws RangeError when there is no rate at a
 * position that is used, or an increment or `per` is not greater than 0. An event without length costs nothing, no fee either.
 */
export function rateEvent(start: Rational, length: Rational, rates: readonly RateFrom[]): RatedEvent {
  if (sign(start) < 0 || sign(length) < 0) throw new RangeError('usage begins and lasts 0 or more');
  for (const { rate } of rates) {
    requireIncrement(rate.increment);
    if (sign(rate.per) <= 0) throw new RangeError('a rate is per more than 0 units');
  }
  const end = add(start, length);
  const stretches: RatedStretch[] = [];
  let position = start;
  while (sign(subtract(end, position)) > 0) {
    const index = rates.findLastIndex(({ from }) => sign(subtract(position, from)) >= 0);
    const current = rates[index];
    if (current === undefined) throw new RangeError('there is no rate where the usage begins');
    const stretchEnd = rates
      .filter(({ from }) => sign(subtract(from, position)) > 0)
      .reduce((nearest, { from }) => smaller(nearest, from), end);
    stretches.push(rateStretch(subtract(stretchEnd, position), current.rate));
    position = add(position, stretches.at(-1)!.billed);
  }
  const connectFee = stretches[0]?.rate.connectFee ?? zero;
  return {
    stretches,
    billed: sum(stretches.map(({ billed }) => billed)),
    connectFee,
    amount: add(connectFee, sum(stretches.map(({ amount }) => amount))),
  };
}

function rateStretch(used: Rational, rate: Rate): RatedStretch {
  const exact = divide(used, rate.increment);
  const increments = divideRounded(exact.numerator, exact.denominator, 'up');
  const billed = multiply(ratio(increments), rate.increment);
  return { used, billed, increments, amount: divide(multiply(billed, rate.fee), rate.per), rate };
}

/** Weekdays (1 Monday … 7 Sunday) and second of the day from which a rate holds, until the next one of that day. */
export interface DailyRate {
  readonly days: readonly number[];
  readonly fromSecond: number;
  readonly rate: Rate;
}

/**
 * The rates that hold from an instant on, as positions in seconds after it, by the clock of the zone: a band begins at its
 * wall-clock time, so a night may be an hour longer or shorter.
 */
export function dailyRates(startMs: number, endMs: number, timeZone: string, rates: readonly DailyRate[]): RateFrom[] {
  const timeline: RateFrom[] = [];
  let day = Temporal.Instant.fromEpochMilliseconds(startMs).toZonedDateTimeISO(timeZone).toPlainDate();
  for (;;) {
    for (const { days, fromSecond, rate } of rates.toSorted((a, b) => a.fromSecond - b.fromSecond)) {
      if (!days.includes(day.dayOfWeek)) continue;
      const time = Temporal.PlainTime.from('00:00').add({ seconds: fromSecond });
      const beginMs = day.toZonedDateTime({ timeZone, plainTime: time }).epochMilliseconds;
      timeline.push({ from: ratio(BigInt(beginMs - startMs), 1000n), rate });
    }
    day = day.add({ days: 1 });
    if (day.toZonedDateTime({ timeZone }).epochMilliseconds >= endMs) return timeline;
  }
}

/** The amount as a bill shows it. */
export const roundedAmount = (event: RatedEvent, decimals: number, mode: RoundingMode | 'none'): Rational =>
  rounded(event.amount, decimals, mode);

import type { AmountPico } from '../money/fixed.ts';
import { periodAt } from '../time/period.ts';
import { compare } from '../money/rational.ts';
import { share } from './exact.ts';
import type { Period, RecurringFee } from './records.ts';
import { sameRate, stretches, type Rate, type Stretch } from './timeline.ts';

/** A part of a period with one rate: [from, to) of `whole`, in milliseconds or days; the whole period is one unit without proration. */
export interface Part {
  readonly fromMs: number;
  readonly toMs: number;
  readonly from: bigint;
  readonly to: bigint;
  readonly whole: bigint;
  readonly rate: Rate | undefined;
}

/** Longest period that is prorated by day. */
export const periodDaysMax = 3700;

/** A period as parts, in order, without gap or overlap, from its first unit to its last. */
export function partsOf(fee: RecurringFee, period: Period): Part[] {
  if (period.endMs <= period.startMs)
    throw new RangeError(`a period from ${period.startMs} to ${period.endMs} is empty`);
  const rates = stretches(fee, { fromMs: period.startMs, toMs: period.endMs });
  const parts =
    fee.proration === 'second'
      ? bySecond(rates, period)
      : fee.proration === 'day'
        ? byDay(rates, fee, period)
        : [{ ...whole(period), rate: rates.find(({ rate }) => rate !== undefined)?.rate }];
  return fee.onDecrease === 'keep' ? neverFalling(parts) : parts;
}

/** What a part owes: its cumulative share of its own rate. */
export const amountOf = (part: Part): AmountPico =>
  part.rate === undefined ? 0n : share(part.rate.rate, part.from, part.to, part.whole);

const whole = (period: Period) => ({ fromMs: period.startMs, toMs: period.endMs, from: 0n, to: 1n, whole: 1n });

function bySecond(rates: readonly Stretch[], period: Period): Part[] {
  const offset = (ms: number): bigint => BigInt(ms - period.startMs);
  return rates.map((stretch) => ({
    ...stretch,
    from: offset(stretch.fromMs),
    to: offset(stretch.toMs),
    whole: offset(period.endMs),
  }));
}

function byDay(rates: readonly Stretch[], fee: RecurringFee, period: Period): Part[] {
  const days = daysOf(period, fee.timeZone);
  const parts: Part[] = [];
  days.forEach((day, index) => {
    const rate = rateOfDay(rates, fee, day);
    const last = parts.at(-1);
    const to = BigInt(index + 1);
    if (last !== undefined && sameRate(last.rate, rate)) parts[parts.length - 1] = { ...last, toMs: day.endMs, to };
    else parts.push({ fromMs: day.startMs, toMs: day.endMs, from: to - 1n, to, whole: BigInt(days.length), rate });
  });
  return parts;
}

/** The rate in effect when the day ends, else the last in effect in it; a successor takes the day of the change over. */
function rateOfDay(rates: readonly Stretch[], fee: RecurringFee, day: Period): Rate | undefined {
  const within = rates.filter(({ fromMs, toMs }) => fromMs < day.endMs && toMs > day.startMs);
  const { toMs, handedOver } = fee.term;
  if (handedOver === true && toMs !== null && toMs < day.endMs) return undefined;
  return within.findLast(({ rate }) => rate !== undefined)?.rate;
}

/** The days of a period, cut to it: a day that it shares with its neighbour is a unit of both. */
function daysOf(period: Period, timeZone: string): Period[] {
  const days: Period[] = [];
  for (let startMs = period.startMs; startMs < period.endMs; startMs = days.at(-1)!.endMs) {
    if (days.length >= periodDaysMax)
      throw new RangeError(`a period prorated by day has at most ${periodDaysMax} days`);
    days.push({ startMs, endMs: Math.min(periodAt(startMs, timeZone, 'day').endMs, period.endMs) });
  }
  return days;
}

/** Once a rate is in effect it goes on to the end of the period unless a higher one takes its place. */
function neverFalling(parts: readonly Part[]): Part[] {
  const kept: Part[] = [];
  let highest: Rate | undefined;
  for (const part of parts) {
    if (part.rate !== undefined && (highest === undefined || compare(part.rate.rate, highest.rate) > 0))
      highest = part.rate;
    const last = kept.at(-1);
    if (last !== undefined && last.rate === highest) kept[kept.length - 1] = { ...last, toMs: part.toMs, to: part.to };
    else kept.push({ ...part, rate: highest });
  }
  return kept;
}

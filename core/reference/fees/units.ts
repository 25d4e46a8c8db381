/** SPEC §9.1.1–9.1.5: a period as units, each with its rate: milliseconds between two changes, days, or the whole. */
import type { Span } from '../calendar.ts';
import { fraction, isMore, pico, times } from '../prices/fraction.ts';
import type { Due } from './dues.ts';
import { rateAt, turns, type Rate, type Recurring } from './rate.ts';

/** Units `from` to `to` of `whole`. */
export interface Unit {
  readonly fromMs: number;
  readonly toMs: number;
  readonly from: number;
  readonly to: number;
  readonly whole: number;
}

/** What one version owes in each unit; `undefined` for nothing. */
export type Rates = (Rate | undefined)[];

/** The units in which dues of one period are compared: all that any of them needs. */
export function unitsOf(dues: readonly Due[]): Unit[] {
  const [{ fee, zone, period, amount, atMs }] = dues as [Due];
  if (amount !== undefined) return [{ fromMs: atMs, toMs: atMs, from: 0, to: 1, whole: 1 }];
  const { startMs, endMs } = period;
  switch ((fee.terms as Recurring).proration) {
    case 'none':
      return [{ fromMs: startMs, toMs: endMs, from: 0, to: 1, whole: 1 }];
    case 'day': {
      const days = daysOf(period, zone);
      return days.map((day, i) => ({ fromMs: day.startMs, toMs: day.endMs, from: i, to: i + 1, whole: days.length }));
    }
    case 'second': {
      const changes = dues.flatMap((due) => turns(due.fee.terms as Recurring, zone, startMs, endMs));
      const cuts = [...new Set([startMs, ...changes, endMs])].sort((a, b) => a - b);
      return cuts.slice(1).map((toMs, i) => ({
        fromMs: cuts[i]!, toMs, from: cuts[i]! - startMs, to: toMs - startMs, whole: endMs - startMs,
      })); // prettier-ignore
    }
  }
}

export function ratesOf({ fee, zone, amount }: Due, units: readonly Unit[]): Rates {
  if (amount !== undefined) return [{ price: fraction(amount, 10n ** 12n), quantity: fraction(1n) }];
  const terms = fee.terms as Recurring;
  const within = ({ fromMs, toMs }: Unit): Rates =>
    [fromMs, ...turns(terms, zone, fromMs, toMs)].sort((a, b) => a - b).map((atMs) => rateAt(terms, zone, atMs));
  const rates = units.map((unit) => {
    if (terms.proration === 'none') return within(unit).find((rate) => rate !== undefined);
    if (terms.proration === 'second') return rateAt(terms, zone, unit.fromMs);
    const { handedOver, toMs } = terms.term;
    const isGone = handedOver === true && toMs !== null && toMs < unit.toMs;
    return isGone ? undefined : within(unit).findLast((rate) => rate !== undefined);
  });
  if (terms.onDecrease === 'credit') return rates;
  let highest: Rate | undefined;
  return rates.map((rate) => {
    if (rate !== undefined && (highest === undefined || isMore(wholeOf(rate), wholeOf(highest)))) highest = rate;
    return highest;
  });
}

/** What of a whole period's rate lies in the units. */
export function amountIn(rate: Rate, { from, to, whole }: Unit): bigint {
  const upTo = (unit: number) => pico(times(wholeOf(rate), fraction(BigInt(unit), BigInt(whole))));
  return upTo(to) - upTo(from);
}

const wholeOf = ({ price, quantity }: Rate) => times(price, quantity);

/** Days by the clock of the zone, the first and the last cut to the period. */
function daysOf({ startMs, endMs }: Span, zone: string): Span[] {
  const days: Span[] = [];
  let atMs = startMs;
  while (atMs < endMs) {
    const next = new Temporal.ZonedDateTime(BigInt(atMs) * 1_000_000n, zone).toPlainDate().add({ days: 1 });
    const nextMs = Math.min(endMs, next.toZonedDateTime({ timeZone: zone }).startOfDay().epochMilliseconds);
    days.push({ startMs: atMs, endMs: nextMs });
    atMs = nextMs;
  }
  return days;
}

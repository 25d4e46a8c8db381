import { divideRounded, pow10, type Rational } from '../money/fixed.ts';
import { add, divide, multiply, one, ratio, subtract } from '../money/rational.ts';
import { exact, percent } from './exact.ts';
import type { Uplift } from './records.ts';

/** Uplifts of one fee that are looked at; later ones have no effect. At a rise a month that is 40 years. */
export const upliftsMax = 480;

/** Instants in (fromMs, toMs) at which the uplift changes the amount. */
export function upliftInstants(uplift: Uplift, fromMs: number, toMs: number, timeZone: string): number[] {
  if (uplift.kind === 'indexed')
    return uplift.points.map((point) => point.fromMs).filter((ms) => ms > fromMs && ms < toMs);
  const instants: number[] = [];
  for (let count = 1; count <= upliftsMax; count += 1) {
    const atMs = anniversaryMs(uplift.fromMs, count * uplift.everyMonths, timeZone);
    if (atMs >= toMs) break;
    if (atMs > fromMs) instants.push(atMs);
  }
  return instants;
}

/** What the amount is at an instant. */
export function uplifted(amount: Rational, uplift: Uplift, atMs: number, timeZone: string): Rational {
  const factor = uplift.kind === 'indexed' ? indexFactor(uplift, atMs) : scheduledFactor(uplift, atMs, timeZone);
  const raised = multiply(amount, factor);
  if (uplift.round === undefined || factor === one) return raised;
  const scale = pow10(uplift.round.decimals);
  return ratio(divideRounded(raised.numerator * scale, raised.denominator, uplift.round.mode), scale);
}

function indexFactor(uplift: Extract<Uplift, { kind: 'indexed' }>, atMs: number): Rational {
  const point = uplift.points.findLast(({ fromMs }) => fromMs <= atMs);
  if (point === undefined) return one;
  const change = subtract(divide(exact(point.value), exact(uplift.base)), one);
  return add(one, multiply(percent(uplift.share ?? '100'), change));
}

function scheduledFactor(uplift: Extract<Uplift, { kind: 'scheduled' }>, atMs: number, timeZone: string): Rational {
  let count = 0;
  while (count < upliftsMax && anniversaryMs(uplift.fromMs, (count + 1) * uplift.everyMonths, timeZone) <= atMs)
    count += 1;
  if (count === 0) return one;
  const rate = percent(uplift.percent);
  if (!uplift.compounding) return add(one, multiply(rate, { numerator: BigInt(count), denominator: 1n }));
  const { numerator, denominator } = add(one, rate);
  return { numerator: numerator ** BigInt(count), denominator: denominator ** BigInt(count) };
}

/** Months after an instant, in the account's zone, re-derived from the first date: the 31st clamps and comes back. */
function anniversaryMs(fromMs: number, months: number, timeZone: string): number {
  return Temporal.Instant.fromEpochMilliseconds(fromMs).toZonedDateTimeISO(timeZone).add({ months }).epochMilliseconds;
}

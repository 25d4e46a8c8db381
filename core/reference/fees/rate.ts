/** SPEC §9.1.1 and 9.1.6: what a whole period of a fee would cost at an instant. */
import type { FeeTerms } from '../../messages/fee.ts';
import { fraction, fractionOf, minus, over, plus, rounded, times, type Fraction } from '../prices/fraction.ts';

export type Recurring = Extract<FeeTerms, { kind: 'recurring' }>;
type Uplift = NonNullable<Recurring['uplift']>;

export interface Rate {
  readonly price: Fraction;
  readonly quantity: Fraction;
}

const one = fraction(1n);
const risesMax = 480;

/** `undefined` when the fee is not in effect. */
export function rateAt(terms: Recurring, zone: string, atMs: number): Rate | undefined {
  if (!isInEffect(terms, atMs)) return undefined;
  const amount = newest(terms.amounts, atMs)!.amount;
  const quantity = terms.quantities === undefined ? '1' : newest(terms.quantities, atMs)!.quantity;
  return { price: raised(fractionOf(amount), terms.uplift, zone, atMs), quantity: fractionOf(quantity) };
}

export function isInEffect({ term, amounts, quantities }: Recurring, atMs: number): boolean {
  const isPaused = term.pauses.some((pause) => pause.fromMs <= atMs && atMs < pause.toMs);
  const isOver = term.toMs !== null && term.toMs <= atMs;
  const isBegun = term.fromMs <= atMs && (term.trialEndMs ?? 0) <= atMs;
  const isPriced = newest(amounts, atMs) !== undefined && (quantities === undefined || newest(quantities, atMs) !== undefined); // prettier-ignore
  return isBegun && !isOver && !isPaused && isPriced;
}

/** All instants at which the rate may change, between two. */
export function turns(terms: Recurring, zone: string, fromMs: number, toMs: number): number[] {
  const { term, amounts, quantities = [], uplift } = terms;
  const instants = [
    ...[term.fromMs, term.toMs ?? fromMs, term.trialEndMs ?? fromMs],
    ...term.pauses.flatMap((pause) => [pause.fromMs, pause.toMs]),
    ...[...amounts, ...quantities].map((entry) => entry.fromMs),
    ...(uplift === undefined ? [] : uplift.kind === 'indexed' ? uplift.points.map((point) => point.fromMs) : rises(uplift, zone, toMs)),
  ]; // prettier-ignore
  return instants.filter((instant) => instant > fromMs && instant < toMs);
}

const newest = <Entry extends { readonly fromMs: number }>(
  entries: readonly Entry[],
  atMs: number,
): Entry | undefined => entries.filter(({ fromMs }) => fromMs <= atMs).at(-1);

/** The instants of the rises up to and with one, at most 480: months later by the clock of the zone, each from the first. */
function rises(
  { fromMs, everyMonths }: Extract<Uplift, { kind: 'scheduled' }>,
  zone: string,
  untilMs: number,
): number[] {
  const first = new Temporal.ZonedDateTime(BigInt(fromMs) * 1_000_000n, zone).toPlainDateTime();
  const instants: number[] = [];
  while (instants.length < risesMax) {
    const months = first.year * 12 + first.month - 1 + (instants.length + 1) * everyMonths;
    const month = new Temporal.PlainYearMonth(Math.floor(months / 12), (months % 12) + 1);
    const day = month.toPlainDate({ day: Math.min(first.day, month.daysInMonth) });
    const atMs = day.toPlainDateTime(first.toPlainTime()).toZonedDateTime(zone).epochMilliseconds;
    if (atMs > untilMs) break;
    instants.push(atMs);
  }
  return instants;
}

function raised(amount: Fraction, uplift: Uplift | undefined, zone: string, atMs: number): Fraction {
  const factor = uplift && factorAt(uplift, zone, atMs);
  if (factor === undefined) return amount;
  const exact = times(amount, factor);
  const round = uplift?.round;
  if (round === undefined) return exact;
  const scale = fraction(10n ** BigInt(round.decimals));
  // Nothing here is below 0.
  const mode = round.mode === 'ceiling' ? 'up' : round.mode === 'floor' ? 'down' : round.mode;
  return over(fraction(rounded(times(exact, scale), mode)), scale);
}

/** `undefined` before the first rise, and before the first point of an index. */
function factorAt(uplift: Uplift, zone: string, atMs: number): Fraction | undefined {
  const hundredth = (text: string): Fraction => over(fractionOf(text), fraction(100n));
  if (uplift.kind === 'indexed') {
    const point = newest(uplift.points, atMs);
    if (point === undefined) return undefined;
    const change = minus(over(fractionOf(point.value), fractionOf(uplift.base)), one);
    return plus(one, times(hundredth(uplift.share ?? '100'), change));
  }
  const count = rises(uplift, zone, atMs).length;
  if (count === 0) return undefined;
  const rise = hundredth(uplift.percent);
  if (!uplift.compounding) return plus(one, times(rise, fraction(BigInt(count))));
  return Array.from({ length: count }, () => plus(one, rise)).reduce(times, one);
}

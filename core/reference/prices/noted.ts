/** SPEC §8.1–8.4: what is kept of the events of a cell, event by event. */
import type { LeafModel, PriceRecord, QuantityRule } from '../../messages/price.ts';
import {
  above,
  fraction,
  fractionOf,
  greater,
  isMore,
  lesser,
  minus,
  nought,
  over,
  pico,
  plus,
  rounded,
  times,
  type Fraction,
} from './fraction.ts';

export interface UsageEvent {
  /** Tally units, an integer of 10⁻ˢᶜᵃˡᵉ. */
  readonly quantity: bigint;
  /** Whether it begins here; else it is a part that a boundary cut off one. */
  readonly isStart: boolean;
  /** What of the same event came before this part, in tally units; nought when absent. */
  readonly begun?: bigint;
}

/** All that a charge is worked out from. */
export interface Noted {
  readonly quantity: bigint;
  readonly events: bigint;
  /** Sum of the events' own roundings, in priced units; nought where events are not rounded. */
  readonly roundedEvents: Fraction;
  /** What the events of an event-charged model owe, each settled when it came; in pico. */
  readonly settled: bigint;
}

export const nothingNoted: Noted = { quantity: 0n, events: 0n, roundedEvents: nought, settled: 0n };

type EventCharged = Extract<LeafModel, { kind: 'perEvent' | 'percentage' }>;

/** Whether what is owed is settled with each event. */
export function isEventCharged(leaf: LeafModel): boolean {
  if (leaf.kind !== 'percentage') return leaf.kind === 'perEvent';
  return leaf.free === 'whicheverFirst' || leaf.minimum !== undefined || leaf.maximum !== undefined;
}

/** Whether events are counted: the quantity alone does not tell the charge (8.2). */
export function countsEvents(price: PriceRecord, leaf: LeafModel): boolean {
  if (price.quantity?.at === 'event' || isEventCharged(leaf)) return true;
  return leaf.kind === 'percentage' && fractionOf(leaf.perEvent).top !== 0n;
}

/** Tally units as priced units. */
export function converted({ unit }: PriceRecord, scale: number, quantity: bigint): Fraction {
  return fraction(quantity * BigInt(unit.numerator), BigInt(unit.denominator) * 10n ** BigInt(scale));
}

/** §8.3. */
export function roundedBy(rule: QuantityRule, quantity: Fraction): Fraction {
  if (quantity.top === 0n) return nought;
  const first = rule.first === undefined ? nought : fractionOf(rule.first);
  if (!isMore(quantity, first)) return first;
  const increment = fractionOf(rule.increment);
  const increments = rounded(over(minus(quantity, first), increment), rule.mode);
  return plus(first, times(fraction(increments), increment));
}

/** The total that thresholds, allowances and free values look at, in priced units. */
export function total(price: PriceRecord, scale: number, noted: Noted): Fraction {
  return price.quantity?.at === 'event' ? noted.roundedEvents : converted(price, scale, noted.quantity);
}

/** What a part adds to its rounded event. */
const grownBy = (rule: QuantityRule, begun: Fraction, part: Fraction): Fraction =>
  minus(roundedBy(rule, plus(begun, part)), roundedBy(rule, begun));

export function note(price: PriceRecord, leaf: LeafModel, scale: number, before: Noted, event: UsageEvent): Noted {
  const exact = converted(price, scale, event.quantity);
  const rule = price.quantity?.at === 'event' ? price.quantity : undefined;
  const units = rule === undefined ? exact : grownBy(rule, converted(price, scale, event.begun ?? 0n), exact);
  const events = before.events + (event.isStart && countsEvents(price, leaf) ? 1n : 0n);
  const canOwe = leaf.kind === 'perEvent' || leaf.kind === 'percentage';
  const owed =
    canOwe && isEventCharged(leaf)
      ? owedBy(leaf, { units, before: total(price, scale, before), events, isStart: event.isStart })
      : 0n;
  return {
    quantity: before.quantity + event.quantity,
    events,
    roundedEvents: rule === undefined ? nought : plus(before.roundedEvents, units),
    settled: before.settled + owed,
  };
}

interface EventInPlace {
  readonly units: Fraction;
  /** Priced units before it. */
  readonly before: Fraction;
  /** Events so far, with it. */
  readonly events: bigint;
  readonly isStart: boolean;
}

function owedBy(leaf: EventCharged, event: EventInPlace): bigint {
  if (leaf.kind === 'perEvent') {
    const share = times(event.units, fractionOf(leaf.unitPrice));
    return pico(event.isStart ? clamp(leaf, plus(share, fractionOf(leaf.fee))) : share);
  }
  const { units, isFeeFree } = leaf.free === 'totals' ? beyondTotals(leaf, event) : beyondFirstLimit(leaf, event);
  const share = over(times(units, fractionOf(leaf.percent)), fraction(100n));
  if (!event.isStart) return pico(share);
  if (isFeeFree && units.top === 0n) return 0n;
  return pico(clamp(leaf, isFeeFree ? share : plus(share, fractionOf(leaf.perEvent))));
}

interface Owed {
  /** Value that is not free. */
  readonly units: Fraction;
  readonly isFeeFree: boolean;
}

type Percentage = Extract<LeafModel, { kind: 'percentage' }>;

/** Free value and free fees, each by itself, to those who come first. */
function beyondTotals(leaf: Percentage, { units, before, events }: EventInPlace): Owed {
  const free = above(fractionOf(leaf.freeValue ?? '0'), before);
  return { units: above(units, free), isFeeFree: !isMore(fraction(events), fractionOf(leaf.freeEvents ?? '0')) };
}

function beyondFirstLimit(leaf: Percentage, { units, before, events }: EventInPlace): Owed {
  const { freeEvents, freeValue } = leaf;
  const hasLimit = freeEvents !== undefined || freeValue !== undefined;
  const isWithinEvents = freeEvents === undefined || !isMore(fraction(events), fractionOf(freeEvents));
  const owesAll = { units, isFeeFree: false };
  if (!hasLimit || !isWithinEvents) return owesAll;
  if (freeValue === undefined) return { units: nought, isFeeFree: true };
  const limit = fractionOf(freeValue);
  if (isMore(before, limit)) return owesAll;
  const beyond = above(plus(before, units), limit);
  return { units: beyond, isFeeFree: beyond.top === 0n };
}

function clamp(bounds: { readonly minimum?: string; readonly maximum?: string }, amount: Fraction): Fraction {
  const raised = bounds.minimum === undefined ? amount : greater(amount, fractionOf(bounds.minimum));
  return bounds.maximum === undefined ? raised : lesser(raised, fractionOf(bounds.maximum));
}

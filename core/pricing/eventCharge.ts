/** What one event is charged: shared by the models that charge event by event. */
import { divideRounded, type AmountPico, type Rational } from '../money/fixed.ts';
import { multiply } from '../money/rational.ts';
import { decimalText, inPico, leastCommonMultiple, rational, toPico } from './exact.ts';

export interface EventPrice {
  /** Per priced unit. */
  readonly unitPrice: Rational;
  /** Owed where the caller says so. */
  readonly fee: Rational;
  readonly minimum?: string | undefined;
  readonly maximum?: string | undefined;
}

/**
 * min(maximum, max(minimum, fee + quantity × unitPrice)), rounded once, half-even; `each` is the priced units of one integer of
 * `quantity`. A part cut off an event (`events` 0) owes its quantity alone: fee, minimum and maximum belong to the start.
 */
export function eventCharge(
  price: EventPrice,
  each: Rational,
): (quantity: bigint, events: 0n | 1n, fees: 0n | 1n) => AmountPico {
  const rate = inPico(multiply(price.unitPrice, each));
  const fee = inPico(price.fee);
  const divisor = leastCommonMultiple(rate.denominator, fee.denominator);
  const factor = rate.numerator * (divisor / rate.denominator);
  const feeFactor = fee.numerator * (divisor / fee.denominator);
  const minimum = price.minimum === undefined ? 0n : toPico(rational(price.minimum));
  const maximum = price.maximum === undefined ? undefined : toPico(rational(price.maximum));
  return (quantity, events, fees) => {
    const exact = fees === 1n ? quantity * factor + feeFactor : quantity * factor;
    const amount = divideRounded(exact, divisor, 'halfEven');
    if (events === 0n) return amount;
    const raised = amount < minimum ? minimum : amount;
    return maximum !== undefined && raised > maximum ? maximum : raised;
  };
}

/** "3 events, each 0.2 + 0.01 a unit, at least 0.5, at most 12". */
export function eventsText(events: bigint, share: string, { fee, minimum, maximum }: EventPrice): string {
  const parts = [
    fee.numerator === 0n ? share : `${decimalText(fee)} + ${share}`,
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
  ];
  return `${countText(events)}, each ${parts.join(', ')}`;
}

export const countText = (events: bigint): string => `${events} ${events === 1n ? 'event' : 'events'}`;

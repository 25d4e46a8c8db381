/** How a quantity is rounded before it is charged: increments, the first one, and the threshold (SPEC §8.3). */
import type { QuantityRule } from '../messages/price.ts';
import { divideRounded, type Rational } from '../money/fixed.ts';
import type { Measures } from './compiled.ts';
import { divide } from '../money/rational.ts';
import { commonMeasure, leastCommonMultiple, positive, rational } from './exact.ts';

/** What is charged, as an integer of `counted` priced units each. */
export interface Counting {
  readonly counted: Rational;
  /** The tally in these integers, rounded where the rule says so. */
  count(measures: Measures): bigint;
  /** Present when the rule rounds each event: what the part adds to the rounded event of which `begun` came before, in these integers. */
  readonly countEvent?: (quantity: bigint, begun: bigint) => bigint;
  /** Whether `count` is the measured quantity itself. */
  readonly isPlain: boolean;
  /** What costs nothing up to and with it: a measured quantity, or a count of rounded events; -1 for none. */
  readonly freeUpTo: bigint;
  /** Whether the tally is within the threshold. */
  isFree(measures: Measures): boolean;
}

/**
 * 0 stays 0. Up to and with `first` it becomes `first`; beyond, first + n × increment, n = (quantity − first) / increment rounded by
 * the mode. The parts of an event that is cut add up to the rounded event: each adds what the event grows by. `threshold` looks at what was tallied: at the
 * rounded events, or at the tally before it is rounded. CGRateS rating increments (60/1), Stripe transform_quantity.
 */
export function countingOf(rule: QuantityRule | undefined, unit: Rational): Counting {
  const measured = ({ quantity }: Measures) => quantity;
  if (rule === undefined) return plain(unit, measured, -1n);
  const increment = positive(rule.increment);
  const first = rational(rule.first ?? '0');
  const { counted, whole } = roundingOf(increment, first, unit, rule.mode);
  const freeUpTo = (each: Rational) =>
    rule.threshold === undefined ? -1n : floor(divide(rational(rule.threshold), each));
  if (rule.at === 'event') {
    const free = freeUpTo(counted);
    return {
      counted,
      count: ({ value }) => value,
      countEvent: (quantity, begun) => whole(begun + quantity) - (begun === 0n ? 0n : whole(begun)),
      isPlain: false,
      freeUpTo: free,
      isFree: ({ value }) => value <= free,
    };
  }
  // A tally unit that is a whole number of increments cannot be rounded.
  if (first.numerator === 0n && divide(unit, increment).denominator === 1n)
    return plain(unit, measured, freeUpTo(unit));
  const rounded = { ...plain(unit, measured, freeUpTo(unit)), counted, isPlain: false };
  return { ...rounded, count: ({ quantity }) => whole(quantity) };
}

function plain(unit: Rational, count: Counting['count'], freeUpTo: bigint): Counting {
  return { counted: unit, count, isPlain: true, freeUpTo, isFree: ({ quantity }) => quantity <= freeUpTo };
}

/** Rounds tally units and gives `counted`, the greatest quantity of which `first` and `increment` are multiples. */
function roundingOf(increment: Rational, first: Rational, unit: Rational, mode: QuantityRule['mode']) {
  const { numerator: firstNumerator, denominator: firstDenominator } = divide(first, increment);
  const { numerator, denominator } = divide(unit, increment);
  const divisor = leastCommonMultiple(denominator, firstDenominator);
  const factor = numerator * (divisor / denominator);
  const firstScaled = firstNumerator * (divisor / firstDenominator);
  const counted = commonMeasure(increment, first);
  const perIncrement = divide(increment, counted).numerator;
  const inFirst = divide(first, counted).numerator;
  return {
    counted,
    whole(quantity: bigint): bigint {
      if (quantity === 0n) return 0n;
      const beyond = quantity * factor - firstScaled;
      return beyond <= 0n ? inFirst : inFirst + divideRounded(beyond, divisor, mode) * perIncrement;
    },
  };
}

const floor = ({ numerator, denominator }: Rational): bigint => numerator / denominator;

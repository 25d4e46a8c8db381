/** What every leaf model gives the pipeline, and the integers that it computes in. */
import type { ExplainStep } from '../messages/api.ts';
import { formatAmount, type AmountPico, type Rational } from '../money/fixed.ts';
import type { Measures, Piece } from './compiled.ts';
import { divide, multiply, ratio } from '../money/rational.ts';
import { decimalText, leastCommonMultiple } from './exact.ts';

/**
 * A leaf read from its record. It names its bounds first, so that integers can be chosen in which all of them are whole;
 * then it is built for these integers.
 */
export interface LeafDraft {
  /** In priced units. */
  readonly bounds: readonly Rational[];
  build(units: Units): Leaf;
}

/** A leaf ready to charge. `billable` counts `Units` beyond the allowance; it may be negative, which charges like 0. */
export interface Leaf {
  readonly order: 'free' | 'log';
  charge(billable: bigint, measures: Measures): AmountPico;
  explain(billable: bigint, measures: Measures): ExplainStep[];
  /** The charge as pieces in `billable`, where it depends on nothing else. */
  readonly pieces?: readonly Piece[];
  /** Whether the charge depends on the number of events. */
  readonly countsEvents?: true;
  /**
   * Present where `Measures.value` is the sum of what each event is charged: the charge of one event of `quantity`
   * (tally units, or increments where events are rounded), or of a part cut off one (`events` 0).
   */
  readonly chargeEvent?: (before: Measures, quantity: bigint, events: 0n | 1n) => AmountPico;
}

/** Integers of which `stretch` make one counted unit (a tally unit, or an increment), and of which all bounds are whole multiples. */
export interface Units {
  readonly stretch: bigint;
  /** Priced units in one counted unit. */
  readonly counted: Rational;
  /** Priced units in one integer. */
  readonly each: Rational;
  /** A bound in these integers. */
  scaled(bound: Rational): bigint;
  /** An integer in priced units, for people. */
  text(scaled: bigint): string;
}

export function unitsFor(counted: Rational, bounds: readonly Rational[]): Units {
  const stretch = bounds.reduce((all, bound) => leastCommonMultiple(all, divide(bound, counted).denominator), 1n);
  const each = ratio(counted.numerator, counted.denominator * stretch);
  return {
    stretch,
    counted,
    each,
    scaled: (bound) => divide(bound, each).numerator,
    text: (scaled) => decimalText(multiply(ratio(scaled, 1n), each)),
  };
}

/** A step of an explanation; a figure that a step does not have is "". */
export function step(label: string, quantity: string, unitPrice: Rational | '', amount: AmountPico): ExplainStep {
  return { label, quantity, unitPrice: unitPrice === '' ? '' : decimalText(unitPrice), amount: formatAmount(amount) };
}

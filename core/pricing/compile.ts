import {
  AMOUNT_SCALE,
  divideRounded,
  formatDecimal,
  parseRational,
  pow10,
  type AmountPico,
  type Rational,
} from '../money/fixed.ts';
import type { MeterRecord, PriceRecord } from '../messages/control.ts';
import type { ExplainStep } from '../messages/api.ts';
import { graduatedSteps } from './graduated.ts';
import { perUnitSteps } from './perUnit.ts';

/**
 * A price ready to charge: a pure function of what has been tallied. Quantities are integers at the meter's scale, in
 * its tally unit; charges are pico (10⁻¹²) of the price's currency.
 */
export interface CompiledPrice {
  readonly record: PriceRecord;
  /** charge(0) = 0; the charge is the sum of its steps, each rounded once, half-even, to 12 decimals. */
  charge(quantity: bigint): AmountPico;
  explain(quantity: bigint): ExplainStep[];
}

/** One linear piece of a model, in billable priced units. `upTo` null is open-ended. */
export interface Bracket {
  readonly from: Rational;
  readonly upTo: Rational | null;
  readonly unitPrice: Rational;
  readonly flat: Rational;
}

/** The brackets of each model; a new model is a new file with its function here. */
const brackets: {
  [Kind in PriceRecord['model']['kind']]: (model: Extract<PriceRecord['model'], { kind: Kind }>) => Bracket[];
} = {
  perUnit: perUnitSteps,
  graduated: graduatedSteps,
};

/** One bracket in tally integers over a common denominator, so that a charge is two products and one division. */
interface CompiledBracket {
  readonly from: bigint;
  readonly upTo: bigint | null;
  /** amount = (scaled quantity in the bracket) × factor / divisor, rounded. */
  readonly factor: bigint;
  readonly divisor: bigint;
  readonly flat: AmountPico;
  readonly source: Bracket;
}

/** Throws RangeError on a record that publication should never have let through. */
export function compilePrice(record: PriceRecord, meter: MeterRecord): CompiledPrice {
  const unit = reduce(BigInt(record.unit.numerator), BigInt(record.unit.denominator) * pow10(meter.scale));
  const allowance = rational(record.allowance);
  const pieces = brackets[record.model.kind](record.model as never);
  // Bounds are multiples of 1/scale tally units once multiplied by `stretch`: compare integers, never fractions.
  const stretch = commonDenominator(
    [allowance, ...pieces.flatMap((piece) => [piece.from, piece.upTo ?? piece.from])],
    unit,
  );
  const toTally = (value: Rational): bigint =>
    (value.numerator * unit.denominator * stretch) / (value.denominator * unit.numerator);
  const free = toTally(allowance);
  const compiled = pieces.map((piece): CompiledBracket => ({
    from: toTally(piece.from),
    upTo: piece.upTo === null ? null : toTally(piece.upTo),
    ...reducePair(
      unit.numerator * piece.unitPrice.numerator * pow10(AMOUNT_SCALE),
      unit.denominator * stretch * piece.unitPrice.denominator,
    ),
    flat: divideRounded(piece.flat.numerator * pow10(AMOUNT_SCALE), piece.flat.denominator, 'halfEven'),
    source: piece,
  }));

  const charge = (quantity: bigint): AmountPico => {
    const billable = quantity * stretch - free;
    let sum = 0n;
    if (billable <= 0n) return sum;
    for (const bracket of compiled) {
      if (billable <= bracket.from) break;
      sum += inBracket(bracket, billable) + bracket.flat;
    }
    return sum;
  };

  const explain = (quantity: bigint): ExplainStep[] => {
    const billable = quantity * stretch - free;
    const steps: ExplainStep[] = [];
    const priced = (scaled: bigint): string => decimalText(scaled * unit.numerator, unit.denominator * stretch);
    if (free > 0n) {
      const used = billable < 0n ? quantity * stretch : free;
      steps.push({ label: 'allowance', quantity: priced(used), unitPrice: '0', amount: '0' });
    }
    if (billable <= 0n) return steps;
    compiled.forEach((bracket, index) => {
      if (billable <= bracket.from) return;
      const end = bracket.upTo !== null && billable > bracket.upTo ? bracket.upTo : billable;
      const label = compiled.length === 1 ? 'all' : index === 0 ? 'first' : 'next';
      steps.push({
        label,
        quantity: priced(end - bracket.from),
        unitPrice: decimalText(bracket.source.unitPrice.numerator, bracket.source.unitPrice.denominator),
        amount: formatDecimal(inBracket(bracket, billable), AMOUNT_SCALE),
      });
      if (bracket.flat !== 0n) {
        steps.push({ label: 'flat', quantity: '', unitPrice: '', amount: formatDecimal(bracket.flat, AMOUNT_SCALE) });
      }
    });
    return steps;
  };

  return { record, charge, explain };
}

/** The bracket's own part of the billable quantity, charged and rounded once. */
function inBracket(bracket: CompiledBracket, billable: bigint): AmountPico {
  const end = bracket.upTo !== null && billable > bracket.upTo ? bracket.upTo : billable;
  return divideRounded((end - bracket.from) * bracket.factor, bracket.divisor, 'halfEven');
}

/** Smallest integer that makes every bound, expressed in tally integers, a whole number. */
function commonDenominator(bounds: readonly Rational[], unit: Rational): bigint {
  return bounds.reduce((common, bound) => {
    const { denominator } = reduce(bound.numerator * unit.denominator, bound.denominator * unit.numerator);
    return (common * denominator) / greatestCommonDivisor(common, denominator);
  }, 1n);
}

export function rational(text: string): Rational {
  const value = parseRational(text);
  if (value === undefined) throw new RangeError(`"${text}" is not a decimal number`);
  return value;
}

function reduce(numerator: bigint, denominator: bigint): Rational {
  const divisor = greatestCommonDivisor(numerator < 0n ? -numerator : numerator, denominator);
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

function reducePair(factor: bigint, divisor: bigint): { factor: bigint; divisor: bigint } {
  const { numerator, denominator } = reduce(factor, divisor);
  return { factor: numerator, divisor: denominator };
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n ? 1n : a;
}

/** For people: up to 12 decimals, exact where they suffice, rounded half-even where they do not. */
function decimalText(numerator: bigint, denominator: bigint): string {
  return formatDecimal(divideRounded(numerator * pow10(12), denominator, 'halfEven'), 12);
}

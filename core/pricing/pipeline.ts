/**
 * The order of operations of every charge, once (architecture §4): unit → quantity rule → allowance → model → discount →
 * maximum. Every step of the explanation is rounded once, half-even, to 12 decimals, and the charge is exactly their sum.
 */
import type { ExplainStep } from '../messages/api.ts';
import type { LeafModel, PriceRecord } from '../messages/price.ts';
import type { AmountPico, Rational } from '../money/fixed.ts';
import type { Cell, Measures, Piece } from './compiled.ts';
import { add, multiply, ratio, toScaled, zero as nought } from '../money/rational.ts';
import { decimalText, rational } from './exact.ts';
import { step, unitsFor, type Leaf, type Units } from './leaf.ts';
import { draftLeaf, hasFreePart } from './models/index.ts';
import { countingOf, type Counting } from './quantityRule.ts';
import { termsOf } from './terms.ts';

/** A cell but for its key, and how its model looks at the order of events. */
export interface Charging extends Omit<Cell, 'key'> {
  readonly order: 'free' | 'log';
}

/**
 * `unit` is the priced units of one tally unit; `draft` is the leaf, where the model does not say all of it; `carriedOver` is what is free
 * beside the allowance of the record. Throws RangeError on what publication should never have let through.
 */
export function compileLeaf(
  record: PriceRecord,
  unit: Rational,
  model: LeafModel,
  draft = draftLeaf(model),
  carriedOver = nought,
): Charging {
  const counting = countingOf(record.quantity, unit);
  const allowance = add(rational(record.allowance), carriedOver);
  const units = unitsFor(counting.counted, [allowance, ...draft.bounds]);
  const leaf = draft.build(units);
  refuseMixtures(record, model, leaf);
  const terms = termsOf(record);
  const free = units.scaled(allowance);
  const { stretch } = units;
  const freeText =
    carriedOver.numerator === 0n ? 'allowance' : `allowance, ${decimalText(carriedOver)} of it carried over`;

  const listed = (measures: Measures): AmountPico =>
    counting.isFree(measures) ? 0n : leaf.charge(counting.count(measures) * stretch - free, measures);
  const pieces =
    counting.isPlain && leaf.pieces !== undefined ? shifted(leaf.pieces, free, counting.freeUpTo * stretch) : undefined;
  return {
    order: leaf.order,
    countsEvents: leaf.countsEvents === true || counting.countEvent !== undefined,
    valueAfter: valueAfter(leaf, counting),
    charge: (measures) => terms.apply(listed(measures)),
    explain(measures) {
      if (counting.isFree(measures)) return explainThreshold(record, unit, measures);
      const steps =
        leaf.chargeEvent === undefined ? explainQuantity(counting, units, unit, free, freeText, measures) : [];
      steps.push(...leaf.explain(counting.count(measures) * stretch - free, measures));
      return [...steps, ...terms.explain(listed(measures))];
    },
    used: (measures) =>
      counting.isFree(measures) ? 0n : toScaled(multiply(ratio(counting.count(measures)), counting.counted), 12, 'up'),
    linear: pieces === undefined ? undefined : terms.onPieces({ stretch, pieces }),
  };
}

function valueAfter({ chargeEvent }: Leaf, { countEvent }: Counting): Cell['valueAfter'] {
  if (chargeEvent !== undefined && countEvent !== undefined)
    return (before, quantity, events, begun = 0n) =>
      before.value + chargeEvent(before, countEvent(quantity, begun), events);
  if (chargeEvent !== undefined)
    return (before, quantity, events) => before.value + chargeEvent(before, quantity, events);
  if (countEvent !== undefined) return (before, quantity, _, begun = 0n) => before.value + countEvent(quantity, begun);
  return ({ value }) => value;
}

/** Pieces in billable integers as pieces in all of them: the allowance lies below, and nothing is owed up to `floor`. */
function shifted(pieces: readonly Piece[], free: bigint, floor: bigint): Piece[] {
  return pieces
    .map((piece) => {
      const from = piece.from + free;
      const upTo = piece.upTo === null ? null : piece.upTo + free;
      return { ...piece, from: from < floor ? floor : from, upTo, origin: piece.origin + free };
    })
    .filter(({ from, upTo }) => upTo === null || from < upTo);
}

/** Fields that exclude each other: what `checkPrices` reports before approval. */
function refuseMixtures({ quantity: rule, allowance, rollover }: PriceRecord, model: LeafModel, leaf: Leaf): void {
  if (leaf.chargeEvent === undefined) return;
  const refuse = (isRefused: boolean, message: string) => {
    if (isRefused) throw new RangeError(`${model.kind} charges each event: ${message}`);
  };
  refuse(rational(allowance).numerator > 0n, 'no allowance can be taken off a tally');
  refuse(rollover !== undefined, 'no allowance is left to carry over');
  refuse(rule?.at === 'tally', 'round the events, not the tally');
  refuse(rule?.threshold !== undefined, 'no threshold can look at what was rounded before');
  refuse(rule !== undefined && hasFreePart(model), 'what is free is measured, and cannot be rounded as well');
}

function explainThreshold(record: PriceRecord, unit: Rational, { quantity }: Measures): ExplainStep[] {
  if (quantity === 0n) return [];
  const label = `up to the threshold of ${record.quantity!.threshold}`;
  return [step(label, decimalText(multiply(ratio(quantity, 1n), unit)), nought, 0n)];
}

/** What was rounded, and what is free: steps without an amount. */
function explainQuantity(
  counting: Counting,
  units: Units,
  unit: Rational,
  free: bigint,
  freeText: string,
  measures: Measures,
): ExplainStep[] {
  const steps: ExplainStep[] = [];
  const counted = counting.count(measures) * units.stretch;
  const measured = decimalText(multiply(ratio(measures.quantity, 1n), unit));
  if (!counting.isPlain && units.text(counted) !== measured)
    steps.push(step(`rounded from ${measured}`, units.text(counted), '', 0n));
  if (free > 0n && counted > 0n) steps.push(step(freeText, units.text(counted < free ? counted : free), nought, 0n));
  return steps;
}

/** Lines of a period, or of a part of it, in the way that OpenMeter's vectors state them; every amount comes from a price. */
import { z } from 'zod';
import type { Rational } from '#core/money/fixed.ts';
import { add, compare, divide, multiply, ratio, roundTo, sign, subtract, sum, zero } from '#core/money/rational.ts';
import { correctLines, lineTotal, subtractLines, type BillLine } from '#core/quantity/billLines.ts';
import { requireRounding } from '#core/quantity/rounding.ts';
import { decimal, hundred, integer, maybe, moment, words } from './fields.ts';
import type { Ours } from './compare.ts';
import { paidByCredits } from './credits.ts';
import { excessOf, missingOf } from './spend.ts';
import type { PriceOptions } from './price.ts';

/** One thing that is charged for a quantity: its key tells it from the others of the price. */
export interface Piece {
  readonly key: string;
  readonly quantity: Rational;
  readonly unitAmount: Rational;
  readonly amount: Rational;
}

/** A model as lines. */
export interface LineModel {
  /** What is charged for so much usage in all. `opened`: also when nothing was used (the flat of the first tier). */
  pieces(quantity: Rational, opened: boolean): Piece[];
  /** With which part of a period the flat of unused tiers is owed. */
  readonly openedBy: 'first' | 'last' | 'never';
  /** One line for whatever is charged, as when the events say the amount. */
  readonly isLump?: true;
  /** A line that is shown of so much usage although it charges nothing. */
  readonly unused?: (quantity: Rational) => Piece[];
}

/** Fields that go with every model. */
export const termFields = {
  minimumSpend: maybe(decimal),
  maximumSpend: maybe(decimal),
  usageDiscountQuantity: maybe(decimal),
  percentageDiscount: maybe(decimal),
  unitConversionEnabled: maybe(z.boolean()),
  unitConversion: maybe(
    z.strictObject({
      operation: z.enum(['multiply', 'divide']),
      factor: decimal,
      rounding: maybe(z.string()),
      precision: maybe(integer),
      decimals: maybe(integer),
      order: maybe(z.literal('convert, round, then usage discount')),
    }),
  ),
  currency: maybe(z.string()),
  decimals: maybe(integer),
  ...words,
};
const terms = z.object(termFields);
type Terms = z.output<typeof terms>;

export function optionsOf({ unitConversion, unitConversionEnabled, usageDiscountQuantity }: Terms): PriceOptions {
  const isConverted = unitConversion !== undefined && unitConversionEnabled !== false;
  if (!isConverted) return { allowance: usageDiscountQuantity };
  const { operation, factor, rounding = 'none', precision, decimals } = unitConversion;
  return {
    allowance: usageDiscountQuantity,
    unit: operation === 'multiply' ? factor : divide(ratio(1n), factor),
    rounding: { mode: requireRounding(rounding), decimals: precision ?? decimals ?? 0 },
  };
}

const money = {
  currency: maybe(z.string()),
  currencyDecimals: integer,
  rounding: maybe(z.string().startsWith('half away from zero')),
};

export const lineInputs = z.strictObject({
  ...money,
  fullServicePeriod: maybe(z.strictObject({ from: moment, to: moment })),
  lineMode: z.string().regex(/^(whole(_period)?|(split_)?(first|middle|last)(_part)?)\b/),
  quantityBeforeThisLine: maybe(decimal).transform((before) => before ?? zero),
  quantityInThisLine: decimal,
  amountAlreadyBilledInPeriod: maybe(decimal),
  creditsToApplyInOrder: maybe(z.array(decimal)),
});
export type LineInputs = z.output<typeof lineInputs>;

interface PartOfPeriod {
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

export function partOf(lineMode: string): PartOfPeriod {
  const isWhole = lineMode.startsWith('whole');
  return {
    isFirst: isWhole || /^(split_)?first/.test(lineMode),
    isLast: isWhole || /^(split_)?last/.test(lineMode),
  };
}

/** The lines of a part of a period: what all usage so far is charged, less what the usage before it was. */
export function linesOfPart(
  model: LineModel,
  { minimumSpend, maximumSpend, percentageDiscount }: Terms,
  inputs: LineInputs,
): Ours {
  const {
    quantityBeforeThisLine: before,
    quantityInThisLine: within,
    currencyDecimals,
    amountAlreadyBilledInPeriod: billed = zero,
  } = inputs;
  const part = partOf(inputs.lineMode);
  const total = add(before, within);
  const wasOpened = sign(before) > 0 || (model.openedBy === 'first' && !part.isFirst);
  const old = wasOpened ? model.pieces(before, wasOpened) : [];
  const now = model.pieces(total, model.openedBy === 'first' || (model.openedBy === 'last' && part.isLast));
  const pieces = model.isLump ? lumpDifference(now, old) : pieceDifferences(now, old);
  pieces.push(...(model.unused?.(total) ?? []).filter(({ key }) => !pieces.some((piece) => piece.key === key)));
  const usage = discounted(pieces, currencyDecimals, percentageDiscount, maximumSpend, billed);
  const rest = part.isLast ? restOfMinimum(usage, minimumSpend, billed, currencyDecimals) : [];
  return withCredits([...usage, ...rest], inputs.creditsToApplyInOrder ?? []);
}

/** What each key has now more than before; what has not changed has no line. */
function pieceDifferences(now: readonly Piece[], old: readonly Piece[]): Piece[] {
  const asLine = (piece: Piece): BillLine => lineOf(piece, piece.amount);
  const isPresent = ({ quantity }: Piece) => sign(quantity) !== 0;
  const matched = now.map((piece) => {
    const previous = old.find((other) => isSame(piece, other));
    if (previous === undefined) return piece;
    return {
      ...piece,
      quantity: subtract(piece.quantity, previous.quantity),
      amount: subtract(piece.amount, previous.amount),
    };
  });
  const gone = subtractLines([], old.filter((piece) => !now.some((other) => isSame(piece, other))).map(asLine));
  return [...matched.filter(isPresent), ...gone];
}

const isSame = (a: Piece, b: Piece): boolean => a.key === b.key && compare(a.unitAmount, b.unitAmount) === 0;

function lumpDifference(now: readonly Piece[], old: readonly Piece[]): Piece[] {
  const amount = subtract(sum(now.map((piece) => piece.amount)), sum(old.map((piece) => piece.amount)));
  return sign(amount) === 0 ? [] : [{ key: 'usage', quantity: ratio(1n), unitAmount: amount, amount }];
}

const lineOf = ({ key, quantity, unitAmount }: Piece, amount: Rational): BillLine => ({
  key,
  period: '',
  quantity,
  unitAmount,
  amount,
  discount: zero,
  commitment: zero,
});

/** Each line rounded to the currency; then the percentage, then what lies above the maximum, taken off line by line. */
function discounted(
  pieces: readonly Piece[],
  decimals: number,
  percentage: Rational | undefined,
  maximum: Rational | undefined,
  billed: Rational,
): ShownLine[] {
  const inCurrency = (value: Rational) => roundTo(value, decimals, 'halfAwayFromZero');
  const lines = pieces.map((piece): ShownLine => {
    const line = lineOf(piece, inCurrency(piece.amount));
    if (percentage === undefined) return line;
    const discount = inCurrency(divide(multiply(line.amount, percentage), hundred));
    return { ...line, discount, discounts: [discount] };
  });
  if (maximum === undefined) return lines;
  const excess = excessOf(inCurrency(maximum), inCurrency(billed), lines.map(lineTotal));
  return lines.map((line, index) => ({
    ...line,
    discount: add(line.discount, excess[index]!),
    discounts: [...(line.discounts ?? []), excess[index]!],
  }));
}

function restOfMinimum(
  lines: readonly BillLine[],
  minimum: Rational | undefined,
  billed: Rational,
  decimals: number,
): BillLine[] {
  if (minimum === undefined) return [];
  const missing = roundTo(missingOf(minimum, [billed, ...lines.map(lineTotal)]), decimals, 'halfAwayFromZero');
  if (sign(missing) === 0) return [];
  return [
    {
      ...lineOf({ key: 'minimum', quantity: ratio(1n), unitAmount: missing, amount: zero }, zero),
      commitment: missing,
    },
  ];
}

/** Credits go to the lines in order, each as far as it reaches. */
function withCredits(lines: readonly ShownLine[], credits: readonly Rational[]): Ours {
  const paid = paidByCredits(credits, lines.map(lineTotal));
  const shown = lines.map((line, index) => ({
    line,
    used: paid[index]!,
    open: subtract(lineTotal(line), sum(paid[index]!)),
  }));
  return {
    lines: shown.map(({ line, used, open }) => ({
      ...lineFields(line),
      creditsApplied: used,
      totals: { ...totalsOf([line]), creditsApplied: sum(used), total: open },
    })),
    lineTotalSum: sum(shown.map(({ open }) => open)),
  };
}

/** A line with what was taken off it, one by one. */
interface ShownLine extends BillLine {
  readonly discounts?: readonly Rational[];
}

const lineFields = (line: ShownLine) => ({
  quantity: line.quantity,
  unitAmount: line.unitAmount,
  discountAmounts: (line.discounts ?? []).filter((amount) => sign(amount) !== 0),
  ...(line.period === '' ? {} : { period: line.period }),
});

const totalsOf = (lines: readonly BillLine[]) => ({
  amount: sum(lines.map(({ amount }) => amount)),
  discounts: sum(lines.map(({ discount }) => discount)),
  commitmentCharges: sum(lines.map(({ commitment }) => commitment)),
  total: sum(lines.map(lineTotal)),
});

const phase = { period: z.string(), from: moment, to: moment };
export const phaseInputs = z.strictObject({
  ...money,
  phases: z.array(z.strictObject({ ...phase, cumulativeQuantity: decimal })),
});
export const latePhaseInputs = z.strictObject({
  ...money,
  phases: z.array(z.strictObject({ ...phase, cumulativeQuantityPerPeriodSeenNow: z.array(decimal) })),
});

const cumulativeLines = (
  model: LineModel,
  config: Terms,
  quantity: Rational,
  decimals: number,
  isFinal: boolean,
): BillLine[] => {
  const pieces = model.pieces(quantity, model.openedBy !== 'never');
  const usage = discounted(pieces, decimals, config.percentageDiscount, config.maximumSpend, zero);
  return isFinal ? [...usage, ...restOfMinimum(usage, config.minimumSpend, zero, decimals)] : usage;
};

const phaseOf = (period: string, lines: readonly BillLine[]): Ours => ({
  period,
  lines: lines.map((line) => ({ ...lineFields(line), totals: totalsOf([line]) })),
  totals: totalsOf(lines),
});

/** Each phase books, on itself, what all usage so far is charged less what was booked. */
export function linesOfPhases(
  model: LineModel,
  config: Terms,
  { phases, currencyDecimals }: z.output<typeof phaseInputs>,
): Ours {
  const booked: BillLine[] = [];
  return {
    phases: phases.map(({ period, cumulativeQuantity }, index) => {
      const isFinal = index === phases.length - 1;
      const owed = cumulativeLines(model, config, cumulativeQuantity, currencyDecimals, isFinal);
      const lines = subtractLines(owed, booked).map((line) => ({ ...line, period }));
      booked.push(...lines);
      return phaseOf(period, lines);
    }),
  };
}

/** Each phase books its own usage on itself, and what earlier periods are owed by now on them. */
export function linesOfLatePhases(
  model: LineModel,
  config: Terms,
  { phases, currencyDecimals }: z.output<typeof latePhaseInputs>,
): Ours {
  const booked: BillLine[] = [];
  return {
    phases: phases.map(({ period, cumulativeQuantityPerPeriodSeenNow: seen }) => {
      const cumulative = seen.map((quantity, index) => ({
        period: phases[index]!.period,
        lines: cumulativeLines(model, config, quantity, currencyDecimals, index === phases.length - 1),
      }));
      const lines = correctLines(cumulative, booked);
      booked.push(...lines);
      return phaseOf(period, lines);
    }),
  };
}

/**
 * Lines of a bill that is rated anew: a period's lines are always those of its cumulative usage less what was booked before, so
 * corrections are lines of their own and all lines together are the bill that would have been written at once.
 */
import type { Rational } from '../money/fixed.ts';
import { add, compare, negate, subtract, zero } from '../money/rational.ts';

export interface BillLine {
  /** What is charged: lines of one key and one unit amount are the same thing. */
  readonly key: string;
  /** The period that the line belongs to; a correction belongs to the period that it corrects. */
  readonly period: string;
  readonly unitAmount: Rational;
  readonly quantity: Rational;
  readonly amount: Rational;
  /** Taken off the amount. */
  readonly discount: Rational;
  /** Owed beyond usage: the rest of a minimum. */
  readonly commitment: Rational;
}

export const lineTotal = (line: BillLine): Rational => add(subtract(line.amount, line.discount), line.commitment);

/**
 * What is left of the current lines once the booked ones are taken off: of one key and unit amount the difference, in the
 * period of the current line; a booked line that is no longer owed is reversed in its own. Lines without any amount are left out.
 */
export function subtractLines(current: readonly BillLine[], booked: readonly BillLine[]): BillLine[] {
  const before = merged(booked);
  const left = merged(current).map((line) => {
    const index = before.findIndex((other) => isSame(line, other));
    return index < 0 ? line : plus(line, negated(before.splice(index, 1)[0]!));
  });
  return [...left, ...before.map(negated)].filter(hasAmount);
}

/**
 * Lines to book now, when usage of earlier periods has arrived late: `cumulative[k]` are the lines of all usage up to the end of
 * period k as it is known now, `booked` all lines booked so far. Each period is corrected in itself, so late usage is billed, discounted and
 * capped where it happened.
 */
export function correctLines(
  cumulative: readonly { readonly period: string; readonly lines: readonly BillLine[] }[],
  booked: readonly BillLine[],
): BillLine[] {
  const owed: BillLine[] = [];
  for (const { period, lines } of cumulative)
    owed.push(
      ...subtractLines(
        lines.map((line) => ({ ...line, period })),
        owed,
      ),
    );
  return cumulative.flatMap(({ period }) =>
    subtractLines(
      owed.filter((line) => line.period === period),
      booked.filter((line) => line.period === period),
    ),
  );
}

const isSame = (a: BillLine, b: BillLine): boolean => a.key === b.key && compare(a.unitAmount, b.unitAmount) === 0;

function merged(lines: readonly BillLine[]): BillLine[] {
  const result: BillLine[] = [];
  for (const line of lines) {
    const index = result.findIndex((other) => isSame(line, other));
    if (index < 0) result.push(line);
    else result[index] = plus(result[index]!, line);
  }
  return result;
}

const plus = (a: BillLine, b: BillLine): BillLine => ({
  ...a,
  quantity: add(a.quantity, b.quantity),
  amount: add(a.amount, b.amount),
  discount: add(a.discount, b.discount),
  commitment: add(a.commitment, b.commitment),
});

const negated = (line: BillLine): BillLine => ({
  ...line,
  quantity: negate(line.quantity),
  amount: negate(line.amount),
  discount: negate(line.discount),
  commitment: negate(line.commitment),
});

const hasAmount = ({ amount, discount, commitment }: BillLine): boolean =>
  [amount, discount, commitment].some((value) => compare(value, zero) !== 0);

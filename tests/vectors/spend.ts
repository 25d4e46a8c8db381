/** Minimum and maximum spend as the product applies them, for lists of amounts. */
import { fromScaled, negate, subtract, sum, toScaled } from '#core/money/rational.ts';
import type { Rational } from '#core/money/fixed.ts';
import { boundRows, type BoundsAt, type SpendBound } from '#core/spend/bounds.ts';
import type { SpendLine } from '#core/spend/lines.ts';
import { text } from './price.ts';

const pico = (value: Rational): bigint => toScaled(value, 12, 'halfEven');

const line = (amount: Rational, index: number): SpendLine => ({
  id: String(index),
  account: 1,
  service: 'vector',
  component: 'vector',
  price: 'vector',
  plan: '',
  contract: '',
  quantity: 0n,
  list: pico(amount),
  net: pico(amount),
});

const bound = (limits: Pick<SpendBound, 'minimum' | 'maximum'>): SpendBound => ({
  id: 'vector',
  account: 1,
  scope: { kind: 'subtree' },
  minimumBasis: 'net',
  prorate: { minimum: true, maximum: false },
  ...limits,
});

const rowsSum = (
  amounts: readonly Rational[],
  limits: Pick<SpendBound, 'minimum' | 'maximum'>,
  at: BoundsAt,
): Rational =>
  sum(boundRows(amounts.map(line), [bound(limits)], new Map(), at).map(({ amount }) => fromScaled(amount, 12)));

/** What is missing of a minimum once the period is closed; of a share of it when only a part of the period is in force. */
export const missingOf = (minimum: Rational, amounts: readonly Rational[], share?: Rational): Rational =>
  rowsSum(
    amounts,
    { minimum: text(minimum) },
    { closed: true, ...(share === undefined ? {} : { shareOf: () => share }) },
  );

/** What is taken off each amount, in order, so that all of them together with what was billed before stay within the maximum. */
export function excessOf(maximum: Rational, before: Rational, amounts: readonly Rational[]): Rational[] {
  const taken = (count: number) =>
    negate(rowsSum([before, ...amounts.slice(0, count)], { maximum: text(maximum) }, { closed: false }));
  return amounts.map((_, index) => subtract(taken(index + 1), taken(index)));
}

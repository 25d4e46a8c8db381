import type { Rational } from '../money/fixed.ts';
import { add, compare, divide, larger, multiply, smaller, subtract, zero } from '../money/rational.ts';

/** Money in units of its own: `factor` units are one of the currency. */
export interface MoneyBalance {
  readonly id: string;
  readonly units: Rational;
  readonly factor: Rational;
  /** How far it may fall; null without limit. */
  readonly lowest: Rational | null;
}

export interface Debited {
  readonly balances: readonly MoneyBalance[];
  /** What the balances did not pay. */
  readonly rest: Rational;
}

/**
 * Takes an amount from balances in their order; a negative one is credited to the first. `all`: undefined when they cannot pay
 * it whole. Without balances a credit stays as a negative rest.
 */
export function debitMoney(
  balances: readonly MoneyBalance[],
  amount: Rational,
  mode: 'all' | 'part',
): Debited | undefined {
  let rest = amount;
  const after = balances.map((balance, index) => {
    const { units, factor, lowest } = balance;
    if (index > 0 && compare(rest, zero) <= 0) return balance;
    const room = lowest === null ? rest : larger(zero, divide(subtract(units, lowest), factor));
    const taken = compare(rest, zero) < 0 ? rest : smaller(rest, room);
    rest = subtract(rest, taken);
    return { ...balance, units: subtract(units, multiply(taken, factor)) };
  });
  return mode === 'all' && compare(rest, zero) > 0 ? undefined : { balances: after, rest };
}

/** What the balances can pay; undefined when one has no limit. */
export function spendable(balances: readonly MoneyBalance[]): Rational | undefined {
  if (balances.some(({ lowest }) => lowest === null)) return undefined;
  return balances.reduce(
    (sum, { units, factor, lowest }) => add(sum, larger(zero, divide(subtract(units, lowest!), factor))),
    zero,
  );
}

import type { Rational } from '#core/money/fixed.ts';
import { fromScaled, sign, toScaled } from '#core/money/rational.ts';
import { apply } from '#core/credits/machine.ts';
import type { CreditEvent } from '#core/credits/records.ts';
import { newCredits } from '#core/credits/state.ts';
import { text } from './price.ts';

export const unit = 'EUR';

/** The charge of a vector's usage: one account, nothing else to tell charges apart by. */
export const chargeAt = (atMs: number, index: number, amount: Rational): CreditEvent => ({
  kind: 'charge', atMs, usageMs: atMs, of: String(index), path: [1], periodMs: 0, service: 'vector', component: '', meter: '', unit,
  amount: toScaled(amount, 12, 'halfEven'),
}); // prettier-ignore

/** What the credits pay of each amount, in their order and in the order of the amounts, by the product's machine. */
export function paidByCredits(credits: readonly Rational[], amounts: readonly Rational[]): Rational[][] {
  const state = newCredits();
  credits.forEach((credit, index) => {
    if (sign(credit) <= 0) return;
    const grant = {
      id: `credit ${index + 1}`,
      account: 1,
      kind: 'prepaid',
      unit,
      amount: text(credit),
      priority: index + 1,
      scope: {},
      effectiveAtMs: 0,
      expiresAtMs: null,
      graceMs: 0,
      coversOverage: false,
      blocks: false,
    } as const;
    const { problems } = apply(state, { kind: 'grant', atMs: 0, grant });
    if (problems.length > 0) throw new RangeError(`credit ${index + 1} is not a grant`);
  });
  return amounts.map((amount, index) => {
    const { rows } = apply(state, chargeAt(1, index, amount));
    return rows.filter(({ reason }) => reason === 'burned').map((row) => fromScaled(row.amount, 12));
  });
}

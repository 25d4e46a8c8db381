/** Checks of what billing publishes about credits (SPEC §14.1): every fault, with its path, its value and what would be right. */
import {
  creditIdPattern,
  creditLimits,
  type CreditGrantRecord,
  type CreditVoidRecord,
  type WalletRecord,
} from '../messages/credit.ts';
import { parseAmount } from '../money/fixed.ts';
import { Check, type Problem } from '../fees/problems.ts';
import type { Shape } from '../fees/shape.ts';
import type { Grant } from './records.ts';

const { listMax, textLengthMax, graceMsMax } = creditLimits;
const names: Shape = { optional: { list: 'text', max: listMax } };
const grantShape: Shape = {
  record: {
    id: 'text',
    account: 'account',
    currency: 'text',
    amount: 'text',
    kind: { oneOf: ['promotional', 'prepaid'] },
    priority: 'number',
    effectiveFromMs: 'number',
    expiresAtMs: { optional: 'number' },
    graceMs: { optional: 'number' },
    scope: { optional: { record: { services: names, components: names, meters: names } } },
    coversOverage: { optional: 'boolean' },
    name: 'text',
    reason: 'text',
  },
};
const walletShape: Shape = {
  record: {
    id: 'text',
    name: 'text',
    account: 'account',
    currency: 'text',
    lowAt: 'text',
    clearAt: { optional: 'text' },
    topUp: { optional: { record: { below: 'text', amount: 'text' } } },
    action: { oneOf: ['notify', 'throttle', 'block'] },
    targets: { list: 'text', max: listMax },
  },
};

export function checkCreditGrant(value: unknown): Problem[] {
  const check = new Check();
  if (!check.shape(value, grantShape)) return check.problems;
  const grant = value as CreditGrantRecord;
  const { priority, effectiveFromMs, expiresAtMs, graceMs, scope = {} } = grant;
  common(check, grant);
  check.at('amount').decimal(grant.amount, 'positive');
  check.at('priority').that(isFrom0To(priority, 1_000_000), priority, 'a whole number from 0 to 1000000');
  const isEffective = check.at('effectiveFromMs').instant(effectiveFromMs);
  if (expiresAtMs !== undefined && check.at('expiresAtMs').instant(expiresAtMs) && isEffective)
    check
      .at('expiresAtMs')
      .that(expiresAtMs > effectiveFromMs, expiresAtMs, `an instant after ${effectiveFromMs}`, 'ORDER_WRONG');
  if (graceMs !== undefined) {
    const isGrace = isFrom0To(graceMs, graceMsMax) && expiresAtMs !== undefined;
    check.at('graceMs').that(isGrace, graceMs, `whole milliseconds up to ${graceMsMax}, of a grant that expires`);
  }
  for (const [list, given] of Object.entries(scope))
    check
      .at('scope')
      .at(list)
      .that(given.length > 0, '[]', 'at least one name; absent for all');
  text(check.at('reason'), grant.reason);
  return check.problems;
}

export function checkWallet(value: unknown): Problem[] {
  const check = new Check();
  if (!check.shape(value, walletShape)) return check.problems;
  const wallet = value as WalletRecord;
  const { lowAt, clearAt, topUp } = wallet;
  common(check, wallet);
  const isLow = check.at('lowAt').decimal(lowAt, 'notNegative');
  if (clearAt !== undefined && check.at('clearAt').decimal(clearAt, 'notNegative') && isLow) {
    const isAbove = parseAmount(clearAt)! >= parseAmount(lowAt)!;
    check.at('clearAt').that(isAbove, clearAt, `at least lowAt, ${lowAt}`, 'BOUNDS_CROSSED');
  }
  if (topUp === undefined) return check.problems;
  check.at('topUp').at('below').decimal(topUp.below, 'positive');
  check.at('topUp').at('amount').decimal(topUp.amount, 'positive');
  return check.problems;
}

export function checkCreditVoid(value: unknown): Problem[] {
  const check = new Check();
  const shape: Shape = { record: { grant: 'text', owes: 'boolean', reason: 'text' } };
  if (check.shape(value, shape)) text(check.at('reason'), (value as CreditVoidRecord).reason);
  return check.problems;
}

function common(check: Check, { id, name, currency }: Pick<WalletRecord, 'id' | 'name' | 'currency'>): void {
  check.at('id').that(creditIdPattern.test(id), id, '1 to 100 letters, digits and . _ : -, a letter or digit first');
  text(check.at('name'), name);
  check.at('currency').chargedIn(currency);
}

const text = (check: Check, value: string): boolean =>
  check.that(value.trim() !== '' && value.length <= textLengthMax, value, `1 to ${textLengthMax} characters`);

const isFrom0To = (value: number, most: number): boolean => Number.isInteger(value) && value >= 0 && value <= most;

/** The grant as the machine of credits takes it. */
export const grantOf = ({
  id,
  account,
  currency,
  amount,
  kind,
  priority,
  effectiveFromMs,
  expiresAtMs = null,
  graceMs = 0,
  scope = {},
  coversOverage = false,
}: Omit<CreditGrantRecord, 'expiresAtMs'> & { readonly expiresAtMs?: number | null }): Grant => ({
  id,
  account,
  unit: currency,
  amount,
  kind,
  priority,
  effectiveAtMs: effectiveFromMs,
  expiresAtMs,
  graceMs,
  scope,
  coversOverage,
  blocks: false,
});

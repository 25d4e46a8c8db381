/** SPEC §14.1: the shape of grants, voids and wallets, and whether they fit what is there. */
import type { ControlChange } from '../../messages/control.ts';
import type { CreditGrantRecord } from '../../messages/credit.ts';
import { isListOf, isNatural, isText, type Fields } from '../body.ts';
import { has } from '../fees/shape.ts';
import { decimal, readDecimal } from '../number.ts';
import { isOneOf } from '../prices/figures.ts';
import { isChargedIn } from '../pricingUnit.ts';
import type { Tenant } from '../state.ts';

const isId = (value: unknown) => isText(value) && /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/.test(value);
const isWords = (value: unknown) => isText(value) && /\S/.test(value) && value.length <= 200;
const isAccount = (value: unknown) => isNatural(value) && value > 0;
const isFlag = (value: unknown) => typeof value === 'boolean';
const isInstant = (value: unknown) => isNatural(value) && value <= 9_999_999_999_999;
const isUpTo = (most: number) => (value: unknown) => isNatural(value) && value <= most;
const isNames = (value: unknown) => isListOf(value, isText) && value.length > 0 && value.length <= 100;

/** Below 10¹⁵, at most 12 decimals. */
function isFigure(value: unknown, isZeroToo: boolean): boolean {
  const figure = isText(value) && /^\d+(\.\d{1,12})?$/.test(value) ? readDecimal(value) : undefined;
  return figure !== undefined && figure.lt('1e15') && (isZeroToo || figure.gt(0));
}
const isAboveNothing = (value: unknown) => isFigure(value, false);
const isSome = (value: unknown) => isFigure(value, true);

export function isGrant({ kind: _, ...change }: Fields): boolean {
  if (!has(change, { grant: isGrantRecord })) return false;
  const { effectiveFromMs, expiresAtMs, graceMs } = change['grant'] as CreditGrantRecord;
  return expiresAtMs === undefined ? graceMs === undefined : expiresAtMs > effectiveFromMs;
}

const isGrantRecord = (value: unknown) =>
  has(
    value,
    {
      id: isId, account: isAccount, currency: isChargedIn, amount: isAboveNothing, kind: (kind) => isOneOf(kind, 'promotional', 'prepaid'),
      priority: isUpTo(1_000_000), effectiveFromMs: isInstant, name: isWords, reason: isWords,
    },
    { expiresAtMs: isInstant, graceMs: isUpTo(366 * 86_400_000), scope: isScope, coversOverage: isFlag },
  ); // prettier-ignore

const isScope = (value: unknown) => has(value, {}, { services: isNames, components: isNames, meters: isNames });

export const isVoid = ({ kind: _, ...change }: Fields): boolean =>
  has(change, { grant: isText, owes: isFlag, reason: isWords });

export function isWallet({ kind: _, ...change }: Fields): boolean {
  const isTopUp = (value: unknown) => has(value, { below: isAboveNothing, amount: isAboveNothing });
  const isTargets = (value: unknown) => isListOf(value, isText) && value.length <= 100;
  const isAction = (value: unknown) => isOneOf(value, 'notify', 'throttle', 'block');
  const needed = { id: isId, name: isWords, account: isAccount, currency: isChargedIn, lowAt: isSome, action: isAction, targets: isTargets }; // prettier-ignore
  if (!has(change, needed, { clearAt: isSome, topUp: isTopUp })) return false;
  const { lowAt, clearAt } = change;
  return clearAt === undefined || decimal(clearAt as string).gte(decimal(lowAt as string));
}

/** Whether what it names is there, what is there does not change, and there are not too many. */
export function fitsCredits(tenant: Tenant, change: ControlChange, logTimeMs: number): boolean {
  const { grants, wallets, accounts } = tenant;
  if (change.kind === 'creditVoid') return grants.has(change.grant);
  const besides = <T extends { readonly account: number; readonly currency: string }>(all: Iterable<T>, as: T) =>
    [...all].filter(({ account, currency }) => account === as.account && currency === as.currency);
  if (change.kind === 'creditGrant') {
    const { grant } = change;
    const isOver = ({ expiresAtMs, graceMs = 0 }: CreditGrantRecord) => expiresAtMs !== undefined && expiresAtMs + graceMs <= logTimeMs; // prettier-ignore
    const inForce = besides(grants.values(), grant).filter((one) => !isOver(one));
    return accounts.has(grant.account) && !grants.has(grant.id) && grants.size < 100_000 && inForce.length < 1000 && !isOver(grant); // prettier-ignore
  }
  if (change.kind !== 'wallet') return true;
  const before = wallets.get(change.id);
  if (before !== undefined) return before.account === change.account && before.currency === change.currency;
  return accounts.has(change.account) && wallets.size < 10_000 && besides(wallets.values(), change).length < 10;
}

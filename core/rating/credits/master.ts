/** Grants and wallets among the master data (SPEC §14.1). */
import { creditLimits, type CreditGrantRecord, type WalletRecord } from '../../messages/credit.ts';
import type { ControlChange } from '../../messages/control.ts';
import { purseOf } from '../../credits/state.ts';
import { unitKey } from '../agreements/unitKey.ts';
import { compareText } from '../attribution.ts';
import { unitOf } from '../billingUnit.ts';
import { require } from '../controlFault.ts';
import type { Master } from '../state.ts';

type CreditChange = Extract<ControlChange, { kind: 'creditGrant' | 'creditVoid' | 'wallet' }>;
export const isOfCredits = ({ kind }: Pick<ControlChange, 'kind'>): boolean =>
  kind === 'creditGrant' || kind === 'creditVoid' || kind === 'wallet';

/** Throws ControlFault. `atMs`: log time where the message is taken for the first time, else -1. */
export function applyCreditChange(master: Master, change: CreditChange, atMs: number): void {
  const { accounts } = master;
  const { grants, wallets } = master.credits;
  const { grantsMax, grantsOfAccountMax, walletsMax, walletsOfAccountMax } = creditLimits;
  if (change.kind === 'creditVoid') return require(grants.has(change.grant), `grant ${change.grant} is not known`);
  if (change.kind === 'creditGrant') {
    const { grant } = change;
    const { id, account } = grant;
    require(accounts.has(account), `account ${account} of grant ${id} is not known`);
    require(!grants.has(id), `grant ${id} is given and does not change`);
    require(grants.size < grantsMax, `grant ${id} is beyond the ${grantsMax} of a tenant`);
    const beside = sameOf(grants, grant).filter((one) => endOf(one) > atMs).length;
    require(beside < grantsOfAccountMax, `grant ${id} is beyond the ${grantsOfAccountMax} of account ${account} in ${grant.currency}`); // prettier-ignore
    require(endOf(grant) > atMs, `grant ${id} expires, with its grace, by ${endOf(grant)}, not after log time ${atMs}`);
    grants.set(id, grant);
    return;
  }
  const { kind: _, ...record } = change;
  const { id, account, currency } = record;
  const known = wallets.get(id);
  require(accounts.has(account), `account ${account} of wallet ${id} is not known`);
  const isSame = known === undefined || (known.account === account && known.currency === currency);
  require(isSame, `wallet ${id} cannot change its account or currency`);
  const isNew = known === undefined;
  require(!isNew || wallets.size < walletsMax, `wallet ${id} is beyond the ${walletsMax} of a tenant`);
  const isFew = sameOf(wallets, record).length < walletsOfAccountMax;
  require(!isNew || isFew, `wallet ${id} is beyond the ${walletsOfAccountMax} of account ${account} in ${currency}`);
  wallets.set(id, record);
}

type Lying = Pick<CreditGrantRecord, 'account' | 'currency'>;
const sameOf = <T extends Lying>(all: ReadonlyMap<string, T>, { account, currency }: Lying): T[] =>
  [...all.values()].filter((one) => one.account === account && one.currency === currency);

const endOf = ({ expiresAtMs = Infinity, graceMs = 0 }: CreditGrantRecord): number => expiresAtMs + graceMs;

/** What follows from the records. */
export function deriveCredits(master: Master): void {
  const { accounts, credits } = master;
  const { grants, wallets } = credits;
  const keyOf = ({ account, currency }: Lying): string => unitKey(unitOf(accounts.get(account)!), currency);
  credits.units = new Set([...grants.values(), ...wallets.values()].map(keyOf));
  credits.walletsByPurse = Map.groupBy(
    [...wallets.values()].sort((a, b) => compareText(a.id, b.id)),
    ({ account, currency }: WalletRecord) => purseOf(currency, account),
  );
}

/** What credit is left, for wallets and for whoever asks before something is used (SPEC §14.8). */
import type { WalletRecord } from '../../messages/credit.ts';
import { purseOf } from '../../credits/state.ts';
import type { Tenant } from '../state.ts';
import type { Wallet } from './tenantCredits.ts';

/** What is left on a wallet: of the active grants of its account in its currency that pay for everything. Pico. */
export function leftIn({ credits }: Tenant, { account, currency }: Pick<WalletRecord, 'account' | 'currency'>): bigint {
  const purse = credits?.books.active.get(purseOf(currency, account)) ?? [];
  return purse.reduce((sum, { grant, left }) => sum + (Object.keys(grant.scope).length === 0 ? left : 0n), 0n);
}

/** Wallets in a currency that lie on the account or above it, the nearest first, with their state. */
export function walletsAbove(
  { master, credits }: Tenant,
  account: number,
  currency: string,
): { readonly record: WalletRecord; readonly wallet: Wallet }[] {
  const chain = credits === undefined ? [] : (master.accounts.get(account)?.chain ?? []);
  return chain.flatMap((node) =>
    (master.credits.walletsByPurse.get(purseOf(currency, node.record.id)) ?? []).map((record) => ({
      record,
      wallet: credits!.wallets.get(record.id)!,
    })),
  );
}

/**
 * What the account can still have paid in a currency: of grants on it and above it that pay for everything. Undefined where no wallet
 * watches over it: then it owes what no credit pays. Pico.
 */
export function creditsLeft(tenant: Tenant, account: number, currency: string): bigint | undefined {
  if (walletsAbove(tenant, account, currency).length === 0) return undefined;
  const chain = tenant.master.accounts.get(account)?.chain ?? [];
  return chain.reduce((sum, { record }) => sum + leftIn(tenant, { account: record.id, currency }), 0n);
}

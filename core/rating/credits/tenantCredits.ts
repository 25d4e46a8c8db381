/** The credits of one tenant in the rater's state (SPEC §14): what grants paid, wallets, and what the input in hand has charged. */
import { newCredits, type CreditState } from '../../credits/state.ts';
import type { CreditRow } from '../../credits/records.ts';
import type { CreditGrantRecord, CreditPlace, WalletRecord, WalletStateName } from '../../messages/credit.ts';

/** Master data of credits. */
export interface MasterCredits {
  readonly grants: Map<string, CreditGrantRecord>;
  readonly wallets: Map<string, WalletRecord>;
  /** Root accounts and currencies (`unitKey`) with any of these, and wallets by where their credit lies (`purseOf`); made anew with them. */
  units: ReadonlySet<string>;
  walletsByPurse: ReadonlyMap<string, readonly WalletRecord[]>;
}

export const noMasterCredits = (): MasterCredits => ({
  grants: new Map(),
  wallets: new Map(),
  units: new Set(),
  walletsByPurse: new Map(),
});

export interface TenantCredits {
  readonly books: CreditState;
  readonly wallets: Map<string, Wallet>;
  /** What the input in hand has charged, by place. Empty between inputs, as are the two that follow. */
  readonly unpaid: Map<string, Unpaid>;
  /** What it and time have done to grants before its charges are paid. */
  readonly rows: CreditRow[];
  /** Wallets whose record it changed, with the record before. */
  readonly changedWallets: Map<string, WalletTerms | undefined>;
}

/** Charges of one place, by the instant at which the rows start. */
export interface Unpaid {
  readonly place: CreditPlace;
  readonly path: readonly number[];
  readonly byStart: Map<number, bigint>;
}

export interface Wallet {
  readonly id: string;
  state: WalletStateName;
  arming: number;
  isAsked: boolean;
  dirty: boolean;
}

/** What of a wallet's record a change of is acted on. */
export interface WalletTerms {
  readonly action: 'notify' | 'throttle' | 'block';
  readonly topUp?: { readonly below: string; readonly amount: string };
}

export const newTenantCredits = (): TenantCredits => ({
  books: newCredits(),
  wallets: new Map(),
  unpaid: new Map(),
  rows: [],
  changedWallets: new Map(),
});

/** Names a place; places are paid in the order of these texts, by code unit. */
export const placeKey = ({ account, periodStartMs, currency, service, component, meter }: CreditPlace): string =>
  JSON.stringify([account, periodStartMs, currency, service, component, meter]);

/** Prepaid balances and credits as billing publishes them, and what the rater commits of them (SPEC §14). */
import type { AlertCommon } from './alert.ts';

export const creditLimits = {
  /** Grants of a tenant, those that have ended included. */
  grantsMax: 100_000,
  /** Grants of one account in one currency that have not expired. */
  grantsOfAccountMax: 1000,
  walletsMax: 10_000,
  walletsOfAccountMax: 10,
  /** Names in each list of a scope; targets of a wallet. */
  listMax: 100,
  textLengthMax: 200,
  graceMsMax: 366 * 86_400_000,
} as const;

/** A grant's and a wallet's id: chosen by whoever grants, so that asking twice grants once. */
export const creditIdPattern = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/;

/** Credit that pays for charges of an account and all below it. It never changes; it can be voided. */
export interface CreditGrantRecord {
  readonly id: string;
  readonly account: number;
  /** ISO 4217 or a pricing unit: what is charged in it is paid, nothing else. */
  readonly currency: string;
  /** Decimal text above 0. */
  readonly amount: string;
  readonly kind: 'promotional' | 'prepaid';
  /** The lower burns first, from 0. */
  readonly priority: number;
  /** Usage from this instant on is paid, UTC ms. */
  readonly effectiveFromMs: number;
  /** Usage before it is paid until it and the grace have passed in log time; then the rest expires. Absent: never. */
  readonly expiresAtMs?: number;
  readonly graceMs?: number;
  /** Of each list given, one must fit the charge; absent: everything. */
  readonly scope?: CreditScope;
  /** Pays what is owed when it takes effect, too, and usage from before. */
  readonly coversOverage?: boolean;
  readonly name: string;
  readonly reason: string;
}

export interface CreditScope {
  readonly services?: readonly string[];
  readonly components?: readonly string[];
  readonly meters?: readonly string[];
}

/** Takes away what is left of a grant. */
export interface CreditVoidRecord {
  readonly grant: string;
  /** What it has paid is owed again, as when a payment was taken back; else it stays paid. */
  readonly owes: boolean;
  readonly reason: string;
}

/** Watches the credit that lies on an account in one currency: says when it runs low and out, and asks for more. */
export interface WalletRecord {
  readonly id: string;
  readonly name: string;
  /** Account and currency stay. */
  readonly account: number;
  readonly currency: string;
  /** At so much left, or less, it is low: decimal text, 0 or more. */
  readonly lowAt: string;
  /** Above so much left it is let go without a new grant (by refunds); at least `lowAt`, which it is when absent. */
  readonly clearAt?: string;
  /** Below `below` left, so much is asked for, once until there is a new grant. Nothing is charged by itself. */
  readonly topUp?: { readonly below: string; readonly amount: string };
  /** What an empty wallet asks receivers to do. */
  readonly action: 'notify' | 'throttle' | 'block';
  readonly targets: readonly string[];
}

export type WalletStateName = 'covered' | 'low' | 'empty';
export type CreditGrantStatus = 'pending' | 'active' | 'expired' | 'voided';

/** A grant after the commit, amounts as decimal text. */
export interface CreditGrantState {
  readonly tenant: string;
  readonly grant: string;
  readonly status: CreditGrantStatus;
  readonly left: string;
  /** What was left when it expired or was voided. */
  readonly ended: string;
  /** Refunds after that: lapsed where it is promotional, the account's own money where it is prepaid. */
  readonly givenBack: string;
}

/** What is charged of one account, service, component and meter in a billing period of its root account. */
export interface CreditPlace {
  readonly account: number;
  /** Start of the period, UTC ms. */
  readonly periodStartMs: number;
  readonly currency: string;
  readonly service: string;
  readonly component: string;
  /** "" for fees and agreements. */
  readonly meter: string;
}

/** How a place is paid, after the commit. */
export interface CreditLine extends CreditPlace {
  readonly tenant: string;
  /** What no credit paid; negative where more came back than was paid. Decimal text. */
  readonly owed: string;
  /** Counts of the tenant's charges: when it began to be owed (0: it is not), and at the last one. */
  readonly owedSince: number;
  readonly chargedAt: number;
  /** Who paid and how much of it stands, the newest last. */
  readonly paid: readonly (readonly [grant: string, amount: string])[];
}

export interface WalletState {
  readonly tenant: string;
  readonly wallet: string;
  readonly state: WalletStateName;
  /** Counts how often it was let go or topped up. */
  readonly arming: number;
  /** Whether a top-up is asked for. */
  readonly isAsked: boolean;
}

export const creditReasons = [
  'granted',
  'burned',
  'refunded',
  'expired',
  'rolledOver',
  'voided',
  'lapsed',
  'returned',
  'revoked',
  'overage',
] as const;

/** What happened to a grant, or was owed ("overage", without a grant), by one input; entries are only ever added. */
export interface CreditEntry {
  readonly tenant: string;
  readonly atMs: number;
  readonly reason: (typeof creditReasons)[number];
  /** "" for overage. */
  readonly grant: string;
  /** Of the grant, or of who owes. */
  readonly account: number;
  readonly currency: string;
  /** Positive, but for overage; decimal text. */
  readonly amount: string;
  /** What it was paid for; absent where a grant came or ended. */
  readonly place?: CreditPlace;
  /** The message that led to it; absent where time did. */
  readonly input?: { readonly stream: 'usage' | 'control'; readonly seq: number };
}

/** Id: `<tenant>:wallet:<wallet>:<what>:<arming>`. Source: `wallet:<wallet>`. */
export interface CreditAlert extends AlertCommon {
  /** `credit.released`: let go without a new grant. */
  readonly type: 'credit.low' | 'credit.empty' | 'credit.topped_up' | 'credit.top_up_requested' | 'credit.released';
  readonly state: WalletStateName;
  readonly wallet: string;
  readonly walletName: string;
  readonly currency: string;
  /** Decimal text. */
  readonly left: string;
  readonly lowAt: string;
  /** What is asked for, of `credit.top_up_requested`. */
  readonly topUp?: string;
}

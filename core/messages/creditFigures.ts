/** Grants and wallets as the office answers them: as billing published them, with what the rater has committed of them. */
import type { CreditGrantRecord, CreditGrantState, CreditPlace, WalletRecord, WalletStateName } from './credit.ts';

/** Figures are decimal text; null while the rater has not come to the grant, or none answers. */
export interface GrantFigures extends CreditGrantRecord {
  readonly grantedBy: string;
  readonly grantedAtMs: number;
  /** `owes`: what it had paid is owed again. */
  readonly voided: {
    readonly by: string;
    readonly atMs: number;
    readonly owes: boolean;
    readonly reason: string;
  } | null;
  readonly accountSlug: string;
  readonly status: CreditGrantState['status'] | null;
  readonly left: string | null;
  /** What it has paid and still stands. */
  readonly burned: string | null;
  /** What was left when it expired or was voided. */
  readonly ended: string | null;
  /** What came back after that: lapsed of a promotional one, the account's own money of a prepaid one. */
  readonly givenBack: string | null;
}

export interface WalletFigures extends WalletRecord {
  readonly accountSlug: string;
  readonly state: WalletStateName | null;
  readonly left: string | null;
  /** What no credit paid of the account and all below it. */
  readonly owed: string | null;
  readonly topUpAsked: boolean | null;
}

/** GET /credits. */
export interface CreditFigures {
  /** As of this commit and log time of the rater; null while none answers. */
  readonly asOf: { readonly outSeq: number; readonly logTimeMs: number } | null;
  readonly grants: readonly GrantFigures[];
  readonly wallets: readonly WalletFigures[];
}

/** GET /credits/:id. */
export interface GrantDetail extends GrantFigures {
  readonly asOf: CreditFigures['asOf'];
  /** What stands paid by it, per account, period, service, component and meter. */
  readonly paid: readonly (CreditPlace & { readonly accountSlug: string; readonly amount: string })[];
}

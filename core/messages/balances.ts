import type { BudgetState } from './budget.ts';
import type { CreditGrantState, CreditLine, WalletState } from './credit.ts';
import type { BalanceEntry, ClosingState, ProducerState, Totals } from './rated.ts';

/** Request on `balance.get.<p>`. */
export interface BalanceRequest {
  /** Empty: totals and producers of the whole partition, without balances. */
  readonly tenant: string;
}

/**
 * The rater's answer from committed state: everything as of commit `outSeq`. A reader goes on from there by applying
 * the headers of `RATED_<p>` after `outSeq`, whose values are absolute.
 */
export interface BalanceReply {
  readonly partition: number;
  readonly incarnation: number;
  readonly outSeq: number;
  readonly hash: string;
  readonly logTimeMs: number;
  /** Last message of USAGE that is in it. */
  readonly usageSeq: number;
  readonly totals: Totals;
  readonly producers: readonly ProducerState[];
  readonly balances: readonly BalanceEntry[];
  readonly budgets: readonly BudgetState[];
  readonly periods: PeriodsReply;
  /** What is held under the tenant's budgets (SPEC §15), of those under which something is; decimal text in the budget's currency. */
  readonly held?: readonly (readonly [budget: string, held: string])[];
  readonly credits: CreditsReply;
}

/** All of a tenant's credits (SPEC §14), without the history. */
export interface CreditsReply {
  readonly grants: readonly CreditGrantState[];
  readonly lines: readonly CreditLine[];
  readonly wallets: readonly WalletState[];
}

/** What a close of periods goes by (SPEC §12). */
export interface PeriodsReply {
  /** Root accounts of the tenant that have closed periods, and the end of what is closed, UTC ms. */
  readonly closed: readonly (readonly [account: number, untilMs: number])[];
  /** Closes of the tenant whose work goes on. */
  readonly closings: readonly ClosingState[];
  /** Tallies of the partition that points of reference series have still to charge anew. */
  readonly repriced: number;
}

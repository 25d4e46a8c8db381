/** What the stored rows say of a tally, and of what a root account has agreed on: asked by who explains, answered by the store. */
import type { SamplePlace } from './rated.ts';

/** One tally: a cell of a price in an account and a period; price 0 is what no price charges yet. */
export interface TallyPlace {
  readonly partition: number;
  /** Whose the tally is; of a pool the rows are those of any account. */
  readonly account: number;
  readonly isPool: boolean;
  readonly price: number;
  readonly meter: string;
  readonly cell: string;
  readonly periodStartMs: number;
  /** Number of the resource, where each has a tally of its own. */
  readonly resource: number | undefined;
}

/** A message of `RATED_<p>`. */
export interface CommitRef {
  readonly partition: number;
  readonly outSeq: number;
}

/** What stored rows of a tally add up to, decimal text, and the first and last commit with any, of `outSeq` 0 where there are none. */
export interface TallyRows {
  readonly first: CommitRef;
  readonly last: CommitRef;
  readonly quantity: string;
  readonly amount: string;
}

/** What makes an earlier row of a tally a witness: it is of a newer sample, or it counted that resource. */
export type Witness = { readonly newerThan: SamplePlace } | { readonly counted: string };

/** A billing period of a root account, in one currency. */
export interface SettlementPlace {
  readonly partition: number;
  /** The root account. */
  readonly unit: number;
  readonly currency: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** What one price or fee charged an account in the period; decimal text. */
export interface StoredLine {
  readonly account: number;
  readonly price: number;
  readonly service: string;
  readonly component: string;
  readonly quantity: string;
  readonly amount: string;
}

/** Rows of one agreement on one account for one reason, in that period or one before it. */
export interface StoredAgreed {
  readonly price: number;
  readonly account: number;
  readonly reason: string;
  readonly periodStartMs: number;
  readonly amount: string;
}

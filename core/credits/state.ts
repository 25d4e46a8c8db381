import type { Grant } from './records.ts';

export type GrantStatus = 'pending' | 'active' | 'expired' | 'voided';

export interface HeldGrant {
  readonly grant: Grant;
  left: bigint;
  status: GrantStatus;
  /** Entries of tallies that remember a burn of it: an ended grant is forgotten when there are none. */
  entries: number;
}

/** What credit did for one tally: what no credit paid, and who paid, the newest last; neighbours are of different grants. */
export interface PaidTally {
  readonly path: readonly number[];
  readonly service: string;
  readonly unit: string;
  /** Negative only when nothing is paid by credit: refunds beyond what is known. */
  overage: bigint;
  /** Place in the log at which the overage began; 0 for none. */
  overageSince: number;
  burns: { readonly grant: string; amount: bigint }[];
}

/** Changed in place by `apply`; `snapshot` and `restore` carry it over. */
export interface CreditState {
  logTimeMs: number;
  /** Counts charges, to order overages. */
  charges: number;
  /** By id; expired and voided ones stay while a tally remembers a burn of theirs. */
  readonly grants: Map<string, HeldGrant>;
  readonly tallies: Map<string, PaidTally>;
  /** Prepaid credit that came back after its grant had ended, by unit and account. */
  readonly returned: Map<string, bigint>;
  /** Active grants by unit and account (`purseOf`), in burn order; the next instant at which time acts. Both follow from the rest. */
  readonly active: Map<string, HeldGrant[]>;
  nextDueMs: number;
}

/** Where the grants of an account in a unit are found. */
export const purseOf = (unit: string, account: number): string => `${unit} ${account}`;

export const newCredits = (): CreditState => ({
  logTimeMs: 0,
  charges: 0,
  grants: new Map(),
  tallies: new Map(),
  returned: new Map(),
  active: new Map(),
  nextDueMs: Infinity,
});

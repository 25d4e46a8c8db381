import type { Charge, Grant } from './records.ts';

export type GrantStatus = 'pending' | 'active' | 'expired' | 'voided';

export interface HeldGrant {
  readonly grant: Grant;
  left: bigint;
  status: GrantStatus;
  /** What was left of it when it expired or was voided, without what rolled over. */
  ended: bigint;
  /** What came back after its end: lapsed where it is promotional, the account's own where it is prepaid. */
  givenBack: bigint;
}

/** What credit did for one tally: what no credit paid, and who paid, the newest last; neighbours are of different grants. */
export interface PaidTally extends Pick<
  Charge,
  'of' | 'path' | 'periodMs' | 'service' | 'component' | 'meter' | 'unit'
> {
  /** Negative only when nothing is paid by credit: refunds beyond what is known. */
  overage: bigint;
  /** Count of charges at which the overage began; 0 for none. */
  overageSince: number;
  /** Count of charges at its last one. */
  chargedAt: number;
  burns: { readonly grant: string; amount: bigint }[];
}

/** Changed in place by `apply`; `snapshot` and `restore` carry it over. */
export interface CreditState {
  logTimeMs: number;
  /** Counts charges, to order overages and refunds. */
  charges: number;
  /** By id; those that have ended stay. */
  readonly grants: Map<string, HeldGrant>;
  readonly tallies: Map<string, PaidTally>;
  /** What follows from the rest (`derive`): active grants by unit and account (`purseOf`), in burn order. */
  readonly active: Map<string, HeldGrant[]>;
  /** When time acts on a grant; the next of these instants, undefined until it is asked for. */
  readonly due: Map<HeldGrant, number>;
  nextDueMs: number | undefined;
  /** What has changed, for whoever writes it down and clears it. */
  readonly fresh: { readonly grants: Set<HeldGrant>; readonly tallies: Set<PaidTally>; readonly begun: Set<HeldGrant> };
}

/** Where the grants of an account in a unit are found. */
export const purseOf = (unit: string, account: number): string => `${unit} ${account}`;

/** Prepaid credit of an account that came back after its grants had ended. */
export const returnedTo = ({ grants }: CreditState, unit: string, account: number): bigint =>
  [...grants.values()]
    .filter(({ grant }) => grant.kind === 'prepaid' && grant.unit === unit && grant.account === account)
    .reduce((sum, { givenBack }) => sum + givenBack, 0n);

export const newCredits = (): CreditState => ({
  logTimeMs: 0,
  charges: 0,
  grants: new Map(),
  tallies: new Map(),
  active: new Map(),
  due: new Map(),
  nextDueMs: undefined,
  fresh: { grants: new Set(), tallies: new Set(), begun: new Set() },
});

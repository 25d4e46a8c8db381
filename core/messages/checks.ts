/**
 * What a service asks before and while it spends (SPEC §15): `check`, answered from committed state, and the requests that
 * a commit records, `hold`, `commit` and `release`.
 */

/** Takes room under the caps of an account before it is spent. One `key` of a tenant is one hold, however often it is asked for. */
export interface HoldOrder {
  readonly op: 'hold';
  readonly tenant: string;
  readonly key: string;
  readonly account: number;
  /** Decimal text in `currency`, above 0. */
  readonly amount: string;
  /** ISO 4217, or a pricing unit. */
  readonly currency: string;
  /** Service of the charges to come; absent: they may be of any, and every budget counts them. */
  readonly service?: string;
  readonly expiresInMs: number;
}

/** The service was rendered: what is held shrinks to `amount` and stays until its usage is in the balance. It charges nothing. */
export interface CommitOrder {
  readonly op: 'commit';
  readonly tenant: string;
  readonly key: string;
  /** At most what is held, decimal text; absent: all of it. */
  readonly amount?: string;
  readonly keepForMs: number;
}

export interface ReleaseOrder {
  readonly op: 'release';
  readonly tenant: string;
  readonly key: string;
}

export type HoldRequest = HoldOrder | CommitOrder | ReleaseOrder;

/** As of which commit something is said. */
export interface Watermark {
  readonly partition: number;
  readonly incarnation: number;
  readonly outSeq: number;
  readonly logTimeMs: number;
}

/** What a receiver of alerts is to do by the present state. */
export type DesiredAction = 'none' | 'throttle' | 'block';

/** A budget or wallet that refuses, or holds back. Decimal text in its currency; absent where it has no cap. */
export interface Cause {
  readonly kind: 'budget' | 'wallet';
  readonly id: string;
  readonly account: number;
  readonly state: DesiredAction;
  /** It caps, and is still to be told what was spent before it was made: it refuses until then. */
  readonly reason?: 'warming';
  readonly cap?: string;
  readonly left?: string;
}

/** Whether an amount fits, by the tightest of all caps: `left` is what that one has left before it; null without a cap. */
export interface Verdict {
  readonly allowed: boolean;
  readonly state: DesiredAction;
  /** Those that refuse; where none does, those that hold back. */
  readonly why: readonly Cause[];
  readonly left: string | null;
  readonly cap: string | null;
  /** Spent and held under that cap. */
  readonly spent: string | null;
  readonly held: string | null;
  readonly currency: string;
}

/** What became of a `hold`; `endsMs` is until when it counts, 0 where it was refused. */
export interface HoldOutcome extends Verdict {
  readonly endsMs: number;
  readonly watermark: Watermark;
}

/** What became of a `commit` (`held` until `endsMs`) or a `release` (nothing from then on). */
export interface EndOutcome {
  readonly held: string;
  readonly endsMs: number;
}

/** A request as the commit records it, in the order decided; one that changes nothing is not recorded. */
export type RecordedRequest =
  | { readonly request: HoldOrder; readonly atMs: number; readonly outcome: HoldOutcome }
  | { readonly request: CommitOrder | ReleaseOrder; readonly atMs: number; readonly outcome: EndOutcome };

/** All that is known of one key, for snapshots and what is inherited: what was asked, and what became of it, in order. */
export type HoldEntry = readonly RecordedRequest[];

/** What a service may ask. */
export const checkVerbs = ['check', 'hold', 'commit', 'release', 'desired-state'] as const;
export type CheckVerb = (typeof checkVerbs)[number];

/** Whose a credential is; `account` confines it to that account and all below it, 0 to the tenant. Value in the bucket `CHECK_KEYS`. */
export interface CheckKeyRecord {
  readonly tenant: string;
  readonly id: string;
  readonly account: number;
}

/** What a receiver is to do about one account, and why. */
export interface DesiredAccount {
  readonly account: number;
  readonly slug: string;
  readonly state: DesiredAction;
  readonly why: readonly Cause[];
}

/** The state of one webhook target: the strongest of its accounts. Those that are to do nothing are not listed. */
export interface DesiredTarget {
  readonly target: string;
  readonly state: DesiredAction;
  readonly accounts: readonly DesiredAccount[];
}

export interface DesiredState {
  readonly targets: readonly DesiredTarget[];
  readonly watermark: Watermark;
}

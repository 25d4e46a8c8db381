/**
 * What a service asks before and while it spends (SPEC §15): `check`, answered from committed state, and the requests that
 * a commit records, `hold`, `commit` and `release`.
 */
import type { ExplainStep } from './api.ts';

/** Usage that may come: one event of a meter, priced by what the account has tallied by now. */
export interface AskedUsage {
  readonly meter: string;
  /** Decimal text from 0: in the meter's own unit, or in `unit`. */
  readonly quantity: string;
  /** Name of the unit of the prices that charge it, e.g. "GiB·h". */
  readonly unit?: string;
  readonly dims?: Readonly<Record<string, string>>;
  /** Needed where a price counts each resource by itself. */
  readonly resource?: string;
}

/** What one price would charge for it. */
export interface PricedUsage {
  /** Its key. */
  readonly price: string;
  readonly version: number;
  /** What its charge would grow by, decimal text; negative where a tier makes all that was used before cheaper. */
  readonly amount: string;
}

/** The same with the steps of the charge before and after, as `price estimate` says them. */
export interface ExplainedUsage extends PricedUsage {
  readonly service: string;
  readonly component: string;
  readonly cell: string;
  readonly stepsBefore: readonly ExplainStep[];
  readonly stepsAfter: readonly ExplainStep[];
}

/** Takes room under the caps of an account before it is spent. One `key` of a tenant is one hold, however often it is asked for. */
export interface HoldOrder {
  readonly op: 'hold';
  readonly tenant: string;
  readonly key: string;
  readonly account: number;
  /** Decimal text in `currency`, above 0; of usage what it would cost when it was decided, which may be 0. */
  readonly amount: string;
  /** ISO 4217, or a pricing unit. */
  readonly currency: string;
  /** Service of the charges to come; absent: they may be of any, and every budget counts them. */
  readonly service?: string;
  readonly expiresInMs: number;
  /** What was asked for, where it was a quantity: amount, currency and service were worked out from it. */
  readonly usage?: AskedUsage;
}

/** The same of a quantity, as it is asked. */
export type UsageHoldOrder = Omit<HoldOrder, 'amount' | 'currency' | 'service' | 'usage'> & {
  readonly usage: AskedUsage;
};

/** Whether usage fits: recorded nowhere, and told as of a commit like a hold. */
export interface UsageCheckOrder {
  readonly op: 'check';
  readonly tenant: string;
  readonly account: number;
  readonly usage: AskedUsage;
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

export type HoldRequest = HoldOrder | UsageHoldOrder | CommitOrder | ReleaseOrder;
/** What an owner decides as the last step of a commit. */
export type DeskRequest = HoldRequest | UsageCheckOrder;

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
  /** Of usage: what was held, and what it is made of. */
  readonly amount?: string;
  readonly priced?: readonly PricedUsage[];
  readonly endsMs: number;
  readonly watermark: Watermark;
}

/** Whether usage fits, and what it would cost. */
export interface UsageVerdict extends Verdict {
  readonly amount: string;
  readonly priced: readonly ExplainedUsage[];
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

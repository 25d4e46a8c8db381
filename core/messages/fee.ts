import type { RecurringFee } from '../fees/records.ts';
import type { InstallmentPlan } from '../fees/plans.ts';
import type { BillingCalendar } from '../time/calendar.ts';

/**
 * What an account owes by time, not by samples: a version of a fee, immutable and approved like a price. The newest version of
 * a key taken from the log is the fee, from its beginning: what was booked by the version before is corrected by differences.
 */
export interface FeeRecord {
  /** Dense per tenant, drawn from the same sequence as ids of prices and agreements, never re-used. One id is one version. */
  readonly id: number;
  /** What the versions of one fee share, e.g. "support-acme". */
  readonly key: string;
  /** Greater than that of every version taken before. */
  readonly version: number;
  readonly service: string;
  readonly component: string;
  readonly currency: string;
  /** Who owes it. */
  readonly account: number;
  /** Its billing periods, in the zone of the account. Outside the dates of a list nothing is owed. */
  readonly calendar: BillingCalendar;
  readonly terms: FeeTerms;
  /** Of a bundle: what is sold together. Each row is shared by weight, largest remainder, ties to the first, and names the part. */
  readonly allocation?: readonly FeeShare[];
  /** Names that agreements may look at. */
  readonly plan?: string;
  readonly contract?: string;
}

export type FeeTerms =
  | ({ readonly kind: 'recurring' } & Omit<RecurringFee, 'id' | 'currency' | 'timeZone'>)
  /** Negative for a credit. */
  | { readonly kind: 'oneTime'; readonly amount: string; readonly atMs: number }
  | ({
      readonly kind: 'installments';
      /** Decimals that a part has: those of the currency's minor unit, or others. */
      readonly decimals: number;
      /** The plan is ended early: what falls due later is due at once, or lapses. */
      readonly endMs?: number;
    } & Omit<InstallmentPlan, 'id' | 'currency' | 'decimals'>);

export interface FeeShare {
  readonly service: string;
  readonly component: string;
  /** Decimal text, 0 or more; not all are 0. */
  readonly weight: string;
}

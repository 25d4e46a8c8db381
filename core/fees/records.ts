/** Fees that time brings, not samples. Amounts are decimal text; instants are UTC milliseconds; spans are `[from, to)`. */
import type { RoundingMode } from '../money/fixed.ts';
import type { ExplainStep } from '../messages/api.ts';

/** Any billing period: calendar, anniversary, fiscal, week, arbitrary. */
export interface Period {
  readonly startMs: number;
  readonly endMs: number;
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface DatedAmount {
  readonly fromMs: number;
  /** Per billing period and unit. */
  readonly amount: string;
}

export interface DatedQuantity {
  readonly fromMs: number;
  /** Seats, circuits, hosts; a decimal text, 0 or more. */
  readonly quantity: string;
}

/** A rise of the amount over time; the product is exact unless `round` says otherwise. */
export type Uplift =
  /** `percent` at each anniversary of `fromMs`, every `everyMonths`; compounding: (1 + p)ⁿ, else 1 + n·p. May be negative. */
  | {
      readonly kind: 'scheduled';
      readonly fromMs: number;
      readonly everyMonths: number;
      readonly percent: string;
      readonly compounding: boolean;
      readonly round?: UpliftRounding;
    }
  /** amount × (1 + share/100 × (value / base − 1)), of the newest point that is in effect; before the first point, the amount. */
  | {
      readonly kind: 'indexed';
      readonly base: string;
      readonly points: readonly { readonly fromMs: number; readonly value: string; readonly source: string }[];
      /** Percent of the index's change that is passed on; "100" when absent. */
      readonly share?: string;
      readonly round?: UpliftRounding;
    };

export interface UpliftRounding {
  readonly decimals: number;
  readonly mode: RoundingMode;
}

export interface Term {
  readonly fromMs: number;
  /** null: until cancelled. */
  readonly toMs: number | null;
  /** Nothing is owed from `fromMs` until then. */
  readonly trialEndMs?: number;
  readonly pauses: readonly Span[];
  /** Another fee goes on where this one ends: by day, the day of the change is the successor's. */
  readonly handedOver?: boolean;
}

export interface RecurringFee {
  readonly id: string;
  readonly currency: string;
  /** `advance`: owed when the period opens, the unused part credited on a change. `arrears`: owed when it closes, for what was used. */
  readonly terms: 'advance' | 'arrears';
  /**
   * `second`: by elapsed time, to the millisecond. `day`: each calendar day costs the rate in effect at its end, or else the
   * last one in effect in it. `none`: the first rate in effect in the period owes it whole.
   */
  readonly proration: 'second' | 'day' | 'none';
  /** `keep`: within a period the rate never falls, so a downgrade, removal, pause or cancellation acts from the next period. */
  readonly onDecrease: 'credit' | 'keep';
  readonly timeZone: string;
  readonly term: Term;
  /** A ramp is a list of more than one. Nothing is owed before the first. */
  readonly amounts: readonly DatedAmount[];
  /** One unit when absent; nothing before the first. */
  readonly quantities?: readonly DatedQuantity[];
  readonly uplift?: Uplift;
}

export type FeeReason = 'fee' | 'feeCredit' | 'feeCharge' | 'oneTime' | 'installment' | 'installmentDue' | 'zeroUsage';

/** A dated row that no sample brings. It stands outside CONSERVE and inside the sum of rows. */
export interface FeeRow {
  readonly fee: string;
  readonly currency: string;
  /** Log time at which it is booked. */
  readonly atMs: number;
  readonly periodStartMs: number;
  readonly periodEndMs: number;
  /** What it covers. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Pico; negative for a credit. */
  readonly amount: bigint;
  readonly reason: FeeReason;
  readonly step: ExplainStep;
}

import type { Approved, ExplainStep, RatedRow, Worth } from './api.ts';
import type { Correction } from './correction.ts';
import type { AgreementRecord, FeeRecord, MeterRecord, PriceRecord } from './control.ts';

/** GET /why/:rowId — the proof of one row, from the charge down to what it rests on. */
export type Why = WhySample | WhyAdjustment | WhyFee | WhyAgreement | WhyCorrection;

interface WhyRow {
  readonly row: RatedRow;
  /** What its amount is worth, where that is in a pricing unit. */
  readonly worth?: Worth;
  /** The row that takes it back, and the correction that booked that one; absent where none does. */
  readonly reversedBy?: { readonly id: string; readonly correction: string };
  readonly path: readonly { readonly id: number; readonly name: string }[];
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
}

/** What stands behind a row of a tally. `price` has the id 0 where nothing charges the meter yet. */
interface WhyTally extends WhyRow {
  readonly price: Approved<PriceRecord>;
  readonly meter: MeterRecord;
  /** The tally before and after the row, in base units and priced units, and the charge's steps at both. */
  readonly tally: {
    /** Key of the price's cell; "" where it has none. */
    readonly cell: string;
    /** Samples counted, where the price looks at them. */
    readonly events: { readonly before: string; readonly after: string } | null;
    readonly before: string;
    readonly after: string;
    readonly chargeBefore: string;
    readonly chargeAfter: string;
    readonly stepsBefore: readonly ExplainStep[];
    readonly stepsAfter: readonly ExplainStep[];
  };
}

/** A row of a sample: priced, unpriced or unmetered. */
export interface WhySample extends WhyTally {
  readonly of: 'sample';
  readonly sample: {
    readonly metric: string;
    readonly unit: string;
    readonly scale: number;
    readonly dims: Readonly<Record<string, string>>;
    readonly quantity: string;
    readonly rawEnd: string | null;
    readonly rawStart: string | null;
    readonly monotonicUs: number;
  };
  readonly batch: {
    readonly producer: string;
    readonly epoch: string;
    readonly seq: number;
    readonly samples: number;
    readonly keyId: string;
    readonly signature: string;
    readonly hash: string;
    readonly simulated: boolean;
    readonly trace: string;
  };
}

/** A difference without a sample: what a price makes of usage that came before it. */
export interface WhyAdjustment extends WhyTally {
  readonly of: 'adjustment';
}

/** What time brought: the part of a period that a version of a fee owes, or that the version after it takes back. */
export interface WhyFee extends WhyRow {
  readonly of: 'fee';
  readonly fee: Approved<FeeRecord>;
  /** The version that this one corrects, or is corrected by; null for what fell due. */
  readonly other: { readonly id: number; readonly version: number } | null;
  /** End of the fee's period, which begins at the row's `periodStartMs`. */
  readonly periodEndMs: number;
  /** They add up to the row. */
  readonly steps: readonly ExplainStep[];
}

/** What a node agreed on: the difference that the lines of its period made, as of a commit. */
export interface WhyAgreement extends WhyRow {
  readonly of: 'agreement';
  readonly agreement: Approved<AgreementRecord>;
  /** End of the billing period, which begins at the row's `periodStartMs`. */
  readonly periodEndMs: number;
  /** What it comes to in all, less what was booked before: they add up to the row. */
  readonly steps: readonly ExplainStep[];
  /** What it looks at: what each price or fee has charged an account in the period, as of the commit. */
  readonly lines: readonly {
    readonly account: number;
    readonly service: string;
    readonly component: string;
    readonly amount: string;
  }[];
}

/** A row that takes another one back, or brings one back that was taken back. */
export interface WhyCorrection extends WhyRow {
  readonly of: 'correction';
  readonly correction: Pick<Correction, 'id' | 'what' | 'reason' | 'author' | 'approvedBy' | 'appliedMs'>;
  readonly reversed: { readonly id: string; readonly quantity: string; readonly amount: string };
}

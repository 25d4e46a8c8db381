import type { AgreementRecord } from './agreement.ts';
import type { CorrectionEnd, CorrectionRecord, CorrectionRows, CorrectionShadow, CorrectionTally } from './correction.ts'; // prettier-ignore
import type { CreditGrantRecord, CreditVoidRecord, WalletRecord } from './credit.ts';
import type { BudgetRecord, BudgetSeed } from './budget.ts';
import type { FeeRecord } from './fee.ts';
import type { PriceRecord } from './price.ts';
import type { PricingUnitRecord } from './pricingUnit.ts';
import type { SeriesPoints, SeriesRecord } from './series.ts';

export type { AgreementRecord } from './agreement.ts';
export type { BudgetRecord, BudgetThreshold } from './budget.ts';
export type { FeeRecord } from './fee.ts';
export type { LeafModel, PriceModel, PriceRecord } from './price.ts';

/**
 * What billing tells the rater: master data that changes a rate, an owner or a balance. One message is one change set,
 * published by billing's outbox to `CONTROL_<p>` with a gapless `seq` per partition; the rater takes each once.
 */
export interface ControlMessage {
  readonly v: 1;
  readonly tenant: string;
  /** Gapless from 1 per partition: the outbox retries for ever, the rater drops what it has. */
  readonly seq: number;
  /** Audit row that explains who asked for it and why. */
  readonly auditId: string;
  readonly trace: string;
  readonly changes: readonly ControlChange[];
}

export type ControlChange =
  | ({ readonly kind: 'tenant' } & TenantRecord)
  | ({ readonly kind: 'producer' } & ProducerRecord)
  | ({ readonly kind: 'account' } & AccountRecord)
  | ({ readonly kind: 'ownership' } & OwnershipRecord)
  | ({ readonly kind: 'meter' } & MeterRecord)
  | ({ readonly kind: 'pricingUnit' } & PricingUnitRecord)
  | ({ readonly kind: 'series' } & SeriesRecord)
  | ({ readonly kind: 'seriesPoints' } & SeriesPoints)
  | ({ readonly kind: 'price' } & PriceRecord)
  | ({ readonly kind: 'fee' } & FeeRecord)
  | ({ readonly kind: 'agreement' } & AgreementRecord)
  | ({ readonly kind: 'budget' } & BudgetRecord)
  | { readonly kind: 'budgetReset'; readonly budget: string; readonly reason: string }
  | { readonly kind: 'creditGrant'; readonly grant: CreditGrantRecord }
  | ({ readonly kind: 'creditVoid' } & CreditVoidRecord)
  | ({ readonly kind: 'wallet' } & WalletRecord)
  /** Lets go of what it holds back, and goes on counting. */
  | { readonly kind: 'budgetRelease'; readonly budget: string; readonly reason: string }
  | ({ readonly kind: 'budgetSeed' } & BudgetSeed)
  | ({ readonly kind: 'close' } & CloseRecord)
  | ({ readonly kind: 'reopen' } & ReopenRecord)
  | ({ readonly kind: 'correction' } & CorrectionRecord)
  | ({ readonly kind: 'correctionRows' } & CorrectionRows)
  | ({ readonly kind: 'correctionShadow' } & CorrectionShadow)
  | ({ readonly kind: 'correctionTally' } & CorrectionTally)
  | ({ readonly kind: 'correctionEnd' } & CorrectionEnd);

/**
 * Closes the billing periods of a unit, a root account and all below it, up to an instant: what starts before it and comes after this
 * message is booked in the open period (SPEC §12). The place of the message in the log is the cut-off.
 */
export interface CloseRecord {
  /** A root. */
  readonly account: number;
  /** End of one of its billing periods, UTC ms, not beyond log time and beyond what is closed; all periods before it close with it. */
  readonly untilMs: number;
  readonly reason: string;
  /** How many tallies are settled before each later input, 1 to 1,000; absent means 1,000. */
  readonly talliesPerStep?: number;
}

/** Opens the closed periods of a unit again, from one on. */
export interface ReopenRecord {
  readonly account: number;
  /** Start of a closed period, UTC ms. */
  readonly fromMs: number;
  readonly reason: string;
  /** Who agreed, besides whoever asked. */
  readonly approvedBy: string;
}

export interface TenantRecord {
  readonly id: string;
  readonly name: string;
  /** ISO 4217. */
  readonly currency: string;
  /** IANA. */
  readonly timeZone: string;
}

export interface ProducerRecord {
  readonly id: string;
  readonly type: 'agent' | 'gateway' | 'importer';
  readonly simulated: boolean;
  /** Keys that may sign, newest last; a key absent from the list is revoked from this log position on. */
  readonly keys: readonly {
    readonly id: string;
    /** Raw Ed25519 public key, base64url. */ readonly publicKey: string;
  }[];
  /** A disabled producer's batches are refused as `unauthentic`. */
  readonly enabled: boolean;
  /** Up to where an operator said, last, that all of it has come, by event time, UTC ms: for sources that cannot say so themselves. */
  readonly completeUntilMs?: number;
}

export interface AccountRecord {
  /** Dense per tenant, from 1, never re-used. */
  readonly id: number;
  /** Stable name for people and files, unique among the tenant's accounts. */
  readonly slug: string;
  readonly name: string;
  /** 0 for a root. A parent is published before its children; the tree is fixed once published in this version. */
  readonly parent: number;
  readonly type: 'organisation' | 'department' | 'project' | 'host' | 'client' | 'suspense';
  readonly timeZone: string;
  /**
   * The day, like 2026-11-23, from which prices count that go by each account's own anniversary; absent: that of the
   * nearest account above that has one. Given once.
   */
  readonly startsOn?: string;
  /** What budgets may ask for, of the account and all below it; as they are at a place of the log they hold for what comes after it. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** From `fromMs` on (event time) the resource belongs to the account. `resource` may end in `/*`: everything below. */
export interface OwnershipRecord {
  readonly resource: string;
  readonly account: number;
  readonly fromMs: number;
}

/**
 * How samples become a tally. `sum` adds deltas. `timeWeighted` adds level × milliseconds, so its tally's unit is
 * `<unit>.ms`. `count` counts samples, `unique` distinct values (unit "1", scale 0, of deltas and levels). `max` keeps the
 * greatest sample of a period, `latest` the newest one, of deltas and levels. `percentile` sums deltas by time slot and
 * takes the highest slot that is left when a share of all slots of the period is set aside (`slots`). `samplePercentile`
 * does the same with the samples themselves, deltas and levels (`samples`). `recurring` adds level × milliseconds as
 * `timeWeighted` does, but a level goes on until another sample changes it (`recurs`).
 */
export const aggregations = [
  'sum',
  'timeWeighted',
  'count',
  'max',
  'latest',
  'unique',
  'percentile',
  'samplePercentile',
  'recurring',
] as const;
export type Aggregation = (typeof aggregations)[number];

/** Whether a sample may lessen the tally. */
export const mayFall = (aggregation: Aggregation | undefined): boolean =>
  aggregation === 'latest' || aggregation === 'samplePercentile';

/** Whether a tally keeps something of its samples, so that a row does not tell what its sample gave (SPEC §16.5). */
export const keepsSamples = (aggregation: Aggregation | undefined): boolean =>
  (['max', 'latest', 'unique', 'percentile', 'samplePercentile'] as (Aggregation | undefined)[]).includes(aggregation);

/** Whether no price that looks at single events goes with it (SPEC §8.2): a sample may lessen the tally, or is none but ends a level. */
export const excludesEvents = (aggregation: Aggregation | undefined): boolean =>
  mayFall(aggregation) || aggregation === 'recurring';

export interface MeterRecord {
  readonly id: string;
  /** Metric that it counts. */
  readonly metric: string;
  /** Base unit (UCUM) and scale of its tally; the metric must arrive in this very unit and scale. */
  readonly unit: string;
  readonly scale: number;
  readonly aggregation: Aggregation;
  /** For `unique`: the dimension whose distinct values are counted; "" counts resources. */
  readonly distinct?: string;
  /** For `unique`: how many values are counted exactly, and what then; absent: 10,000, and the next one is refused. */
  readonly exact?: ExactCount;
  /** For `percentile`. */
  readonly slots?: PercentileSlots;
  /** For `samplePercentile`: percent of the samples set aside, and how many samples a tally takes before it refuses. */
  readonly samples?: { readonly discardPercent: string; readonly countMax: number };
  /** For `recurring`: whether a level counts from its instant, or from the start of its day in the account's zone. */
  readonly recurs?: { readonly by: 'second' | 'day' };
  /** Only samples whose dimensions match: for each named dimension one of the listed values. */
  readonly filter: Readonly<Record<string, readonly string[]>>;
}

/** From 2 to 10,000 values; beyond, the next one is refused (`out_of_range`) or the count becomes an estimate (SPEC §8.6.4). */
export interface ExactCount {
  readonly upTo: number;
  readonly beyond: 'refuse' | 'approximate';
}

export interface PercentileSlots {
  /** From 300,000 to 86,400,000 ms. */
  readonly lengthMs: number;
  /** Percent of the slots set aside: "5" bills the 95th percentile. */
  readonly discardPercent: string;
  /** Absent: all usage falls into the same slots. */
  readonly directions?: Directions;
}

/**
 * Usage in two directions, told apart by a dimension; a sample whose value is in neither list is not the meter's. What is
 * tallied is the greater (`max`) or the `sum` `of` the two `percentiles`, or the percentile of the greater or the sum
 * of the two directions in each of the `slots`. Transit is customarily billed by the max of percentiles.
 */
export interface Directions {
  readonly dimension: string;
  readonly in: readonly string[];
  readonly out: readonly string[];
  readonly take: 'max' | 'sum';
  readonly of: 'percentiles' | 'slots';
}

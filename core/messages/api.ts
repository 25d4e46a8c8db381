/**
 * Shapes of the HTTP API's answers under `/api/v1`, shared by the services that give them and the pages that show
 * them. Money and quantities are decimal text; instants are UTC milliseconds. Every answer with figures carries the
 * moment as of which it holds.
 */
import type { AccountRecord, AgreementRecord, BudgetRecord, FeeRecord, MeterRecord, PriceRecord } from './control.ts';
import type { Pressure } from './pressure.ts';
import type { PricingUnitRecord } from './pricingUnit.ts';
import type { Alert } from './alert.ts';
import type { CreditEntry } from './credit.ts';
import type { BudgetForecast, BudgetStateName } from './budget.ts';
import type { ProducerState, Refusal, RefusalReason, SampleCounts } from './rated.ts';

export type { Why, WhyAdjustment, WhyAgreement, WhyCorrection, WhyFee, WhySample } from './why.ts';

/** GET /me */
export interface Me {
  readonly actor: string;
  readonly role: 'admin' | 'operator' | 'auditor' | 'viewer';
  readonly tenant: {
    readonly id: string;
    readonly name: string;
    readonly currency: string;
    readonly timeZone: string;
    readonly pricingUnits: readonly Pick<PricingUnitRecord, 'id' | 'name' | 'decimals'>[];
  };
}

/** GET /accounts, GET /meters, GET /prices, GET /budgets */
export interface Accounts {
  readonly accounts: readonly AccountRecord[];
}
export interface Meters {
  readonly meters: readonly MeterRecord[];
}
export interface Prices {
  readonly prices: readonly Approved<PriceRecord>[];
}
export type Approved<Value> = Value & { readonly approvedBy: string; readonly approvedAtMs: number };

/** GET /fees, GET /agreements: every version. */
export interface Fees {
  readonly fees: readonly Approved<FeeRecord>[];
}
export interface AgreementList {
  readonly agreements: readonly Approved<AgreementRecord>[];
}
/** GET /pricing-units */
export interface PricingUnits {
  readonly pricingUnits: readonly PricingUnitRecord[];
}
export interface Budgets {
  readonly budgets: readonly BudgetRecord[];
}

/** POST /budgets, PUT /budgets/:id */
export interface WrittenBudget {
  readonly budget: BudgetRecord;
  readonly status: 'added' | 'changed' | 'unchanged';
  /** On a dry run. */
  readonly outlook?: BudgetOutlook;
  readonly auditId: string | null;
  /** What the rater made of it; absent when nothing changed. */
  readonly outcome?: 'taken' | 'rejected' | 'pending' | undefined;
  readonly rejected?: readonly string[] | undefined;
}

/** What a budget would come to if it were published now. */
export interface BudgetOutlook {
  /** Log time up to which the rows behind it are whole. */
  readonly asOfMs: number;
  readonly periodStartMs: number;
  readonly periodEndMs: number;
  /** Decimal text, in the unit of the budget. */
  readonly spent: string;
  readonly limit: string;
  readonly state: BudgetStateName;
  /** Keys of the thresholds that would be crossed at once, in the order of their alerts. */
  readonly crossed: readonly string[];
  /** Whether it holds something back now that it would let go of. */
  readonly isReleased: boolean;
  readonly forecast?: BudgetForecast;
}

/** GET /credit-entries: newest first. */
export interface CreditEntries {
  readonly entries: readonly (CreditEntry & { readonly outSeq: number; readonly logTimeMs: number })[];
}

/** GET /live-state, and the first message on the WebSocket `/live`. */
export interface LiveState {
  readonly type: 'state';
  readonly partition: number;
  /** Figures hold as of this commit and log time. */
  readonly outSeq: number;
  readonly logTimeMs: number;
  readonly period: { readonly key: string; readonly startMs: number; readonly endMs: number };
  readonly currency: string;
  readonly balances: readonly LiveBalance[];
  readonly budgets: readonly LiveBudget[];
  /** Newest first, at most 50. */
  readonly alerts: readonly LiveAlert[];
  readonly samples: SampleCounts;
  readonly trust: Trust;
  /** Charges of the tenant's roots per minute, the last 30 minutes: [minute start ms, amount]. */
  readonly minutes: readonly (readonly [number, string])[];
  /** Resources with the highest charges in the period, at most 8, as of the last refresh from the store. */
  readonly topResources: readonly { readonly resource: string; readonly account: number; readonly amount: string }[];
  readonly producers: readonly FleetMember[];
  /** The last commit that changed grants or wallets, as far as the page can know; what shows them asks again when it moves. */
  readonly creditsSeq: number;
}

/** Pushed on `/live` after each commit that touched the tenant; values are absolute, lists hold what changed. */
export interface LiveDelta {
  readonly type: 'delta';
  readonly outSeq: number;
  readonly logTimeMs: number;
  readonly balances: readonly LiveBalance[];
  readonly budgets: readonly LiveBudget[];
  readonly alerts: readonly LiveAlert[];
  readonly samples: SampleCounts;
  readonly trust: Trust;
  readonly minutes: readonly (readonly [number, string])[];
  readonly producers: readonly FleetMember[];
  /** Present when they were read anew and differ. */
  readonly topResources?: LiveState['topResources'];
  readonly creditsSeq: number;
}

export interface LiveBalance {
  readonly account: number;
  readonly own: string;
  readonly total: string;
  /** Charge per hour, measured over the last minute of log time. */
  readonly perHour: string;
}

export interface LiveBudget {
  readonly id: string;
  readonly account: number;
  readonly name: string;
  readonly amount: string;
  /** The amount with what was carried over: what thresholds are percents of. */
  readonly limit: string;
  readonly balance: string;
  /** "" for a quantity of `meter`. */
  readonly currency: string;
  readonly meter?: string;
  readonly state: BudgetStateName;
  readonly thresholds: readonly LiveThreshold[];
  /** What it counts: [start, end), UTC ms. */
  readonly periodStartMs: number;
  readonly periodEndMs: number;
  /** What its period held before it counted itself is still to be told. */
  readonly warming?: true;
  /** The rater's figure, which its alerts carry, too; absent where none is worked out. */
  readonly forecast?: BudgetForecast;
  /** The newest changes of state, the oldest first: when, to which, and by which threshold or act. */
  readonly history?: readonly { readonly atMs: number; readonly state: BudgetStateName; readonly by: string }[];
}

export interface LiveThreshold {
  /** `thresholdKey`. */
  readonly key: string;
  /** Percent of the limit, where it is one; whole ones of absolute amounts are not. */
  readonly percent?: string;
  readonly action: string;
  readonly crossed: boolean;
}

/** With the newest delivery per target, as far as known. */
export type LiveAlert = Alert & { readonly deliveries: readonly Delivery[] };

/** One attempt to deliver an alert to a target. */
export interface Delivery {
  readonly alertId: string;
  readonly tenant: string;
  readonly target: string;
  readonly attempt: number;
  readonly status: 'delivered' | 'failed' | 'given_up' | 'refused';
  /** Why it was given up or refused; absent for other statuses. */
  readonly reason?: DeliveryEnd;
  /** HTTP status of the receiver, or the SMTP reply's code; 0 when it did not answer. */
  readonly httpStatus: number;
  readonly detail: string;
  readonly atMs: number;
  /** From the commit that raised the alert, or the request to replay or test it, to the receiver's answer. */
  readonly latencyMs: number;
  readonly nextAttemptAtMs: number | null;
  /** The alert had been asked for again so many times before this attempt; absent for never. */
  readonly replay?: number;
  /** What was sent; absent where nothing was. */
  readonly request?: DeliveryCall;
  /** What came back, its first characters; absent where nothing did. */
  readonly response?: { readonly headers: Readonly<Record<string, string>>; readonly body: string };
  /** In an alert storm one request carries many alerts: its own id, and how many. */
  readonly group?: { readonly id: string; readonly size: number };
}

/**
 * `expired`: its hours of retries are over; `overtaken`: a later alert of its source was delivered; `crowded`: too many wait for
 * the target; `disabled`: the target is turned off; `unusable`: the target is missing, its address or secret cannot be used.
 */
export type DeliveryEnd = 'expired' | 'overtaken' | 'crowded' | 'disabled' | 'unusable';

/** A request as records tell of it: secrets are left out, and of an address whose path is one everything behind the host. */
export interface DeliveryCall {
  readonly to: string;
  readonly webhookId: string;
  readonly bytes: number;
}

/** As of what a list of deliveries holds. */
export interface DeliveryWatermark {
  /** The commit up to which alerts are known. */
  readonly partition: number;
  readonly outSeq: number;
  readonly logTimeMs: number;
  /** The newest message of `DELIVERIES` that was read. */
  readonly recordSeq: number;
}

/** An alert on its way to a target, by its newest attempt. */
export interface DeliverySummary {
  /** `<target>~<alert>`. */
  readonly id: string;
  readonly alertId: string;
  readonly target: string;
  readonly status: Delivery['status'];
  readonly reason?: DeliveryEnd;
  /** Nothing more comes of it by itself: given up, or refused until the target is mended. */
  readonly dead: boolean;
  readonly attempts: number;
  /** How often it was asked for again. */
  readonly replays: number;
  /** It was asked for again, and no attempt has followed yet. */
  readonly replayWaits: boolean;
  readonly httpStatus: number;
  readonly detail: string;
  readonly atMs: number;
  readonly latencyMs: number;
  readonly nextAttemptAtMs: number | null;
}

/** GET /deliveries/archive */
export interface ArchivedDeliveries {
  readonly attempts: readonly Delivery[];
}

/** GET /deliveries */
export interface DeliveryList {
  readonly deliveries: readonly DeliverySummary[];
  readonly watermark: DeliveryWatermark;
}

/** GET /deliveries/{id} */
export interface DeliveryDetail extends DeliverySummary {
  /** Null when it is older than what the office keeps. */
  readonly alert: Alert | null;
  /** Oldest first, the newest 40. */
  readonly all: readonly Delivery[];
  readonly watermark: DeliveryWatermark;
}

/** "Can I trust it": differences found by the reconciliation, gaps and refusals. */
export interface Trust {
  readonly checkedAtMs: number;
  /** Log against balances against ClickHouse, decimal text; "0" is right. */
  readonly difference: string;
  /** Committed rated samples not yet in ClickHouse. */
  readonly loadLag: number;
  readonly producersLive: number;
  readonly producersStale: number;
  readonly gaps: number;
  readonly refused: number;
  readonly suspenseResources: number;
  readonly unpricedSamples: number;
}

/** GET /refusals: newest first, and the sums of all there are, whatever the filters. */
export interface Refusals {
  readonly refusals: readonly Refusal[];
  readonly totals: readonly RefusalTotal[];
}

export interface RefusalTotal {
  readonly producer: string;
  readonly reason: RefusalReason;
  /** Batches and single samples turned away, and the samples that they stand for. */
  readonly refusals: number;
  readonly samples: number;
  readonly newestMs: number;
}

/** GET /fleet */
export interface Fleet {
  readonly asOfMs: number;
  readonly producers: readonly FleetMember[];
}

export interface FleetMember extends ProducerState {
  readonly type: 'agent' | 'gateway' | 'importer';
  readonly simulated: boolean;
  readonly enabled: boolean;
  readonly keyIds: readonly string[];
  readonly health: 'live' | 'late' | 'silent' | 'never';
}

export const exploreDimensions = [
  'account',
  'service',
  'component',
  'cell',
  'meter',
  'resource',
  'producer',
  'day',
  'hour',
  'kind',
  'booked',
] as const;
export type ExploreDimension = (typeof exploreDimensions)[number];

/**
 * GET /explore?by=account&by=day&from=…&to=…&account=…(subtree)&service=…&component=…&cell=…&meter=…&resource=…&producer=…&kind=…&late=…
 * Holds every row of commits up to `asOf.outSeq`, and none of a later one.
 */
export interface Explore {
  readonly asOf: { readonly outSeq: number; readonly logTimeMs: number };
  readonly currency: string;
  readonly by: readonly ExploreDimension[];
  /** Largest amount first; at most `exploreGroupsMax`, the rest in `other`. */
  readonly groups: readonly ExploreGroup[];
  readonly other: { readonly groups: number; readonly amount: string; readonly samples: number };
  readonly total: { readonly amount: string; readonly samples: number };
  /** Of the total; of amounts in a pricing unit only. */
  readonly worth?: Worth;
}
export interface ExploreGroup {
  /** One value per dimension of `by`: account id, names, ISO day or hour in the tenant's zone, or the month booked, "2026-11". */
  readonly key: readonly string[];
  readonly amount: string;
  /** Sum in `unit`, where all rows are of one meter and no sample has several; else both are "". */
  readonly quantity: string;
  readonly unit: string;
  readonly samples: number;
}
export const exploreGroupsMax = 500;

/** What an amount in a pricing unit is worth, at the beginning of each row's day in the tenant's zone (SPEC §9.8.2). */
export interface Worth {
  /** ISO 4217; null where nobody says what the unit is worth. */
  readonly currency: string | null;
  /** The sum of the points', decimal text. */
  readonly amount: string;
  /** Those in force on days with charges, the oldest first: what one unit is worth, the units charged then, what they are worth. */
  readonly points: readonly {
    readonly fromMs: number;
    readonly perUnit: string;
    readonly units: string;
    readonly amount: string;
  }[];
  /** Units charged on days before the first point; "0" for none. */
  readonly unvalued: string;
}

/** GET /rows with the same filters, `limit` ≤ 500 and `cursor`; newest first. Pages do not shift while loading goes on. */
export interface RatedRows {
  readonly asOf: Explore['asOf'];
  /** `unit` is that of the quantity; "" for a metric that no meter takes. */
  readonly rows: readonly (RatedRow & { readonly unit: string })[];
  readonly cursor: string | null;
}

/** One sample's increment of one charge. `id` is `<partition>-<incarnation>-<outSeq>-<block>-<position>`. */
export interface RatedRow {
  readonly id: string;
  readonly account: number;
  readonly resource: string;
  readonly service: string;
  readonly component: string;
  readonly meter: string;
  readonly price: number;
  /** Key of the price's cell; "" where it has no cells. */
  readonly cell: string;
  readonly currency: string;
  readonly kind: string;
  readonly producer: string;
  readonly epoch: string;
  readonly seq: number;
  /** Index of the sample in its batch. */
  readonly index: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Start of the tally's period, and of the account's month whose balance the row moved. */
  readonly periodStartMs: number;
  readonly bookedStartMs: number;
  /** Above 0 for a prior-period adjustment: the end of the closed periods that the row came too late for. */
  readonly closedUntilMs: number;
  readonly quantity: string;
  readonly amount: string;
  readonly partition: number;
  readonly outSeq: number;
  readonly usageSeq: number;
  readonly logTimeMs: number;
  /** The correction that booked it, and the block of the row that it reverses, as ids begin; "" for others. */
  readonly correction: string;
  readonly reverses: string;
}

export interface ExplainStep {
  readonly label: string;
  /** Priced units, decimal text; "" where a step has none. */
  readonly quantity: string;
  readonly unitPrice: string;
  readonly amount: string;
}

/** GET /prices/estimate — what hypothetical usage would cost, in steps, without any effect. Quantities of tallies are in tally units. */
export interface PriceEstimate {
  readonly price: PriceRecord;
  readonly account: { readonly id: number; readonly slug: string };
  readonly atMs: number;
  readonly periodStartMs: number;
  readonly periodEndMs: number;
  /** Key of the price's cell; "" where it has none. */
  readonly cell: string;
  /** `carried`: no rows yet, it goes on from where the version before stands. */
  readonly standing: 'empty' | 'carried' | 'found';
  /** Of one event, in priced units. */
  readonly quantity: string;
  readonly events: number;
  readonly tallyBefore: string;
  readonly tallyAfter: string;
  readonly chargeBefore: string;
  readonly chargeAfter: string;
  readonly increment: string;
  readonly stepsBefore: readonly ExplainStep[];
  readonly stepsAfter: readonly ExplainStep[];
  /** False where the meter does not add up, so that the quantity is what the tally would grow by. */
  readonly isExact: boolean;
}

/** GET /status */
export interface Status {
  readonly version: string;
  readonly startedAtMs: number;
  readonly partitions: readonly {
    readonly partition: number;
    readonly owner: boolean;
    /** Which rater says that it owns the partition; null while none does. */
    readonly rater: string | null;
    /** Who would take it over without loading a snapshot, and how many commits each was behind when it last said so. */
    readonly standbys: readonly { readonly rater: string; readonly behind: number }[];
    /** Its tenants go on elsewhere; it holds what was. */
    readonly retired: boolean;
    readonly incarnation: number;
    readonly outSeq: number;
    readonly loadedSeq: number;
    readonly logTimeMs: number;
    readonly totals: { readonly samples: SampleCounts; readonly batches: SampleCounts };
  }[];
  /** The raters that live; `url` is the base of each one's own port. */
  readonly raters: readonly {
    readonly rater: string;
    readonly url: string;
    readonly owns: number;
    readonly follows: number;
  }[];
  readonly rowsInClickHouse: number;
  readonly alerts: number;
  readonly webhooksDelivered: number;
  /** Where usage is held up, of all tenants. */
  readonly pressure: Pressure;
  readonly latencyMs: {
    readonly commit: { readonly p50: number; readonly p99: number };
    readonly alert: { readonly p50: number; readonly p99: number };
  };
}

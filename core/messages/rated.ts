/**
 * What the rater commits: one message to `RATED_<p>` is one transaction. It is a JSON line (`CommitHeader`) and, after
 * the newline, the rated blocks as tab-separated lines, the very bytes that ClickHouse reads (`blockColumns`).
 * The header carries every change of state, so that a snapshot and the commits after it rebuild the state without
 * rating anything again.
 */
import type { Coalescing } from '../metering/batch.ts';
import type { Alert } from './alert.ts';
import type { HoldEntry, RecordedRequest } from './checks.ts';
import type { BudgetsWaiting, BudgetState, BudgetSums } from './budget.ts';
import type { Refusal } from './refusal.ts';
import type { ControlMessage } from './control.ts';
import type { CreditEntry, CreditGrantState, CreditLine, WalletState } from './credit.ts';
import type { EndEntry } from './ends.ts';

export { refusalReasons, type Refusal, type RefusalReason } from './refusal.ts';

export interface CommitHeader {
  readonly v: 1;
  /**
   * `takeover`: a new owner. `commit`: what inputs and time have changed. `retire`: the last message of a partition whose
   * tenants go to others (`heirs`). `inherit`: the first ones of such another, which carry the state of its tenants.
   */
  readonly kind: 'takeover' | 'commit' | 'retire' | 'inherit';
  readonly partition: number;
  readonly incarnation: number;
  /** Random per ownership; tells our own message from a twin's after a lost acknowledgement. */
  readonly nonce: string;
  /** Counts the owner's messages from 0 (the takeover). */
  readonly n: number;
  /** The message before this one: its stream sequence and hash; {0, ""} before the first. */
  readonly prev: ChainLink;
  /** Only in a takeover: where the new incarnation starts. Rows of older incarnations beyond it are void. */
  readonly base?: { readonly incarnation: number; readonly outSeq: number; readonly hash: string };
  /** Only in the last message of a retired partition: where its tenants go on. */
  readonly heirs?: readonly (readonly [tenant: string, partition: number])[];
  /** Only in what is inherited: the retired partitions, and their last messages. */
  readonly from?: readonly (ChainLink & { readonly partition: number })[];
  readonly logTimeMs: number;
  readonly inputs: CommitInputs;
  /** Producers whose mark, hashes or counters changed, absolute values. */
  readonly producers: readonly ProducerState[];
  /** Dictionary: resources and tallies seen for the first time. */
  readonly resources: readonly { readonly id: number; readonly tenant: string; readonly name: string }[];
  readonly tallies: readonly TallyEntry[];
  /** Tallies that changed: [tally id, quantity, charge in pico], absolute, as decimal text; where the price counts events, [events, value] too. */
  readonly tallyValues: readonly TallyValue[];
  /** What else the aggregation of a tally keeps, where it does. */
  readonly tallyNotes?: readonly TallyNote[];
  /** What samples add to tallies that are being rebuilt, in a commit where it changed, in a snapshot all; absent for none (SPEC §16.6). */
  readonly shadows?: readonly ShadowNote[];
  /** What is carried over into the tallies that changed, where it is something, and where it became nothing. */
  readonly rollovers?: readonly RolloverEntry[];
  /** What tallies took over of earlier versions, where a correction changed it; absent where none did. */
  readonly carried?: readonly CarriedEntry[];
  /** Closes whose work goes on after this commit, when that changed. */
  readonly closings?: readonly ClosingState[];
  /** Levels that changed, in a snapshot all; absent for none. */
  readonly levels?: readonly LevelEntry[];
  /** Counters of agents: first seen, and the end of what is billed: `EndEntry`, absolute. */
  readonly series: readonly SeriesEntry[];
  readonly ends: readonly EndEntry[];
  /** Balances that changed, absolute. */
  readonly balances: readonly BalanceEntry[];
  /** What is settled per root account, period and currency; absent where nothing of it changed. */
  readonly settlements?: readonly SettlementEntry[];
  /** Credits (SPEC §14): grants, what they paid for, and wallets that changed, absolute; and what happened. Each absent for none. */
  readonly creditGrants?: readonly CreditGrantState[];
  readonly creditLines?: readonly CreditLine[];
  readonly wallets?: readonly WalletState[];
  readonly creditEntries?: readonly CreditEntry[];
  /** Control messages taken in this commit, whole, in order. */
  readonly control: readonly ControlMessage[];
  readonly budgets: readonly BudgetState[];
  /** What budgets counted themselves, where that changed. */
  readonly budgetSums?: readonly BudgetSums[];
  /** All that wait, by tenant, where that changed. */
  readonly budgetsWaiting?: readonly BudgetsWaiting[];
  readonly alerts: readonly Alert[];
  /** Requests on holds, decided after all inputs, that changed something, in the order decided; absent for none. */
  readonly requests?: readonly RecordedRequest[];
  /** Only in what is inherited: all that is known of each key. */
  readonly holds?: readonly HoldEntry[];
  readonly refusals: readonly Refusal[];
  /** The last fee booked, by instant, tenant and key, where others that are due are still to be booked; absent when all are. */
  readonly feesTo?: FeePlace;
  /** Samples and batches since the partition began, absolute. */
  readonly totals: Totals;
  /** Number of block lines after the header. */
  readonly blocks: number;
}

/** What is due of one fee at one instant. */
export interface FeePlace {
  readonly atMs: number;
  readonly tenant: string;
  readonly key: string;
}

export interface ChainLink {
  readonly seq: number;
  readonly hash: string;
}

export interface CommitInputs {
  /** In the order taken: stream, first and last sequence. */
  readonly taken: readonly { readonly stream: 'usage' | 'control'; readonly from: number; readonly to: number }[];
  /** Last sequence taken of each stream so far, and its hash, so that a rewound input is recognized. */
  readonly usage: ChainLink;
  readonly control: ChainLink;
  /** Highest outbox seq of control messages taken or rejected for good. */
  readonly controlMark: number;
}

export interface ProducerState {
  readonly tenant: string;
  readonly producer: string;
  /** Epoch of the highest contiguous batch; null before the first. */
  readonly epoch: { readonly startedAtMs: number; readonly nonce: string } | null;
  /** Highest contiguous seq taken in that epoch. */
  readonly mark: number;
  /**
   * Hashes of batches taken, newest last: [seq, hash]. In a commit those that it took, to be appended to what is known of
   * the same epoch (of which the last `dedupHashesMax` count); in a snapshot all that count; in answers none.
   */
  readonly hashes: readonly (readonly [number, string])[];
  readonly samples: SampleCounts;
  readonly batches: SampleCounts;
  readonly lastSeenMs: number;
  /** End of the newest sample rated, UTC ms. */
  readonly lastSampleMs: number;
  /** Signed notes seen so far, by kind. */
  readonly notes: Readonly<Record<string, number>>;
  readonly spool: { readonly batches: number; readonly bytes: number };
  /** Its newest loss of resolution, as signed; absent while there was none. */
  readonly coalesced?: Coalescing;
  /** The furthest that it said to be complete up to, by event time, UTC ms; absent while it never said so. */
  readonly completeUntilMs?: number;
}

export interface SampleCounts {
  readonly received: number;
  readonly rated: number;
  readonly duplicates: number;
  readonly refused: number;
}

export interface Totals {
  readonly samples: SampleCounts;
  readonly batches: SampleCounts;
  readonly alerts: number;
  readonly blocks: number;
}

export interface TallyEntry {
  readonly id: number;
  readonly tenant: string;
  /** Account that owns the tally: of a pool the price's own. */
  readonly account: number;
  /** Resource id for `tallyScope: resource`, else 0. */
  readonly resource: number;
  /** Price id; 0 is the unpriced tally of `meter`. */
  readonly price: number;
  /** Meter id; for an unpriced tally of a metric without meter, the metric's name. */
  readonly meter: string;
  /** By the price's calendar; the month without one. */
  readonly periodStartMs: number;
  readonly periodEndMs: number;
  /** Start of the first sample in it, UTC ms. */
  readonly firstMs: number;
  /** Quantity that the previous version of the price had reached: the tier position carried over. "0" for none. */
  readonly carried: string;
  /** Events and value carried with it, where the price counts events. */
  readonly carriedEvents?: string;
  readonly carriedValue?: string;
  /** Key of the price's cell; absent for "". */
  readonly cell?: string;
  /** The tally whose position it took over, and after which sample of `USAGE`: what came to that one later is not in it. */
  readonly from?: TakenOver;
}

export type TakenOver = readonly [tally: number, usageSeq: number, index: number];

/** What a tally took over, once a correction has changed it: quantity, events and value, absolute. */
export type CarriedEntry = readonly [tally: number, carried: string, events: string, value: string];

export type TallyValue =
  | readonly [id: number, quantity: string, charge: string]
  | readonly [id: number, quantity: string, charge: string, events: string, value: string];

/** What periods before left of their allowance to a tally, the oldest first: how many periods ago, priced units as decimal text. */
export type RolloverEntry = readonly [tally: number, left: readonly (readonly [age: number, left: string])[]];

/** A close whose tallies are being settled, some before each input (SPEC §12). */
export interface ClosingState {
  readonly tenant: string;
  readonly account: number;
  /** Until when the unit was closed before it: what the work charges belongs to the periods that it closes, or to those that are open. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly talliesPerStep: number;
  /** Tallies that there were when it was taken: newer ones are none of its business. */
  readonly tallies: number;
  /** How many of those that it has to settle are settled. */
  readonly done: number;
}

export interface TallyNote {
  readonly id: number;
  /** What earlier commits said is forgotten: the tally was taken over by a price. */
  readonly cleared?: true;
  /** `latest`: where its sample stands: end, producer, epoch, seq, index. */
  readonly newest?: SamplePlace;
  /** `unique`: the first so many values of that tally were carried over, before those that follow. */
  readonly from?: readonly [tally: number, count: number];
  /** `unique`: in a commit the values that came to it, in a snapshot all. */
  readonly values?: readonly string[];
  /** `unique` beyond what is counted exactly: hashes that came, in a snapshot all that count; values do not any more. */
  readonly hashes?: readonly number[];
  /** `samplePercentile`: in a commit the samples that came to it, in a snapshot all. */
  readonly samples?: readonly string[];
  /** `percentile`: slots that changed, in a snapshot all that are not empty: [index, sum], absolute. */
  readonly slots?: readonly (readonly [index: number, sum: string])[];
  /** Of a pool: accounts whose rows fell on it, those that changed, in a snapshot all; what their rows add up to, absolute, the amount in pico. */
  readonly members?: readonly (readonly [account: number, quantity: string, amount: string])[];
}

/** The shadow of a tally that a correction rebuilds: lists as of the tally's own notes; `cleared` begins it. */
export interface ShadowNote extends Omit<TallyNote, 'members' | 'from'> {
  /** Absolute. */
  readonly quantity: string;
  /** The last message of `USAGE` whose samples are not in it. */
  readonly usageSeq: number;
  /** The tally is rebuilt, or the correction at an end: there is none any more. */
  readonly gone?: true;
}

export type SamplePlace = readonly [endMs: number, producer: string, epoch: string, seq: number, index: number];

/** One counter of one agent; its samples may not overlap. `metric` is the name and the canonical dimensions. */
export interface SeriesEntry {
  readonly id: number;
  readonly tenant: string;
  readonly producer: string;
  readonly resource: number;
  readonly metric: string;
}

/** A level of a `recurring` meter, as it goes on after the commit. */
export interface LevelEntry {
  readonly id: number;
  readonly tenant: string;
  readonly meter: string;
  readonly resource: number;
  /** As in `SeriesEntry`. */
  readonly metric: string;
  readonly level: string;
  /** Start of the sample that said it, from when it counts, up to when it is tallied, and when time books it; null for never. UTC ms. */
  readonly saidMs: number;
  readonly sinceMs: number;
  readonly bookedMs: number;
  readonly dueMs: number | null;
}

export interface BalanceEntry {
  readonly tenant: string;
  readonly account: number;
  readonly periodStartMs: number;
  readonly periodEndMs: number;
  readonly currency: string;
  /** Charges of the node's own rows, and of its whole subtree; decimal text. */
  readonly own: string;
  readonly total: string;
}

/** Agreements of a root account (`unit`) in one period and currency: what they are about, and what they have booked. */
export interface SettlementEntry {
  readonly tenant: string;
  readonly unit: number;
  readonly periodStartMs: number;
  readonly periodEndMs: number;
  readonly currency: string;
  /** In a commit those that changed, in a snapshot all; absolute. Quantity at the meter's scale, list amount in pico. */
  readonly lines: readonly (readonly [
    account: number,
    price: number,
    service: string,
    component: string,
    quantity: string,
    list: string,
  ])[];
  /** Rows of nodes as booked so far, pico; likewise. "0": gone. `by` is the agreement's key, with "/" and a segment's index for a commitment. */
  readonly rows: readonly (readonly [by: string, account: number, reason: string, amount: string])[];
  /** All that drew on segments of commitments, pico. */
  readonly drawn: readonly (readonly [by: string, amount: string])[];
}

/** Columns of a rated block, in the order of its tab-separated line; types as ClickHouse reads them. */
export const blockColumns = [
  ['partition', 'UInt16'],
  ['incarnation', 'UInt32'],
  ['out_seq', 'UInt64'],
  ['block', 'UInt32'],
  ['tenant', 'LowCardinality(String)'],
  ['account', 'UInt32'],
  ['path', 'Array(UInt32)'],
  ['service', 'LowCardinality(String)'],
  ['component', 'LowCardinality(String)'],
  ['meter', 'LowCardinality(String)'],
  ['price', 'UInt32'],
  /** Key of the price's cell that the rows fell on; "" where the price has no cells. */
  ['cell', 'LowCardinality(String)'],
  ['currency', 'LowCardinality(String)'],
  ['kind', 'LowCardinality(String)'],
  ['producer', 'LowCardinality(String)'],
  ['epoch', 'String'],
  ['seq', 'UInt64'],
  ['usage_seq', 'UInt64'],
  ['log_time', "DateTime64(3, 'UTC')"],
  /** The correction that booked the rows, and the block that they reverse, as `<partition>-<incarnation>-<out_seq>-<block>`; "" for others. */
  ['correction', 'LowCardinality(String)'],
  ['reverses', 'String'],
  /** What the tally is counted over: of what no price charges yet the account's calendar month. */
  ['period_start', "DateTime64(3, 'UTC')"],
  ['period_end', "DateTime64(3, 'UTC')"],
  /** Start of the account's month whose balance the rows move; the period is that of the tally. */
  ['booked_start', "DateTime64(3, 'UTC')"],
  /**
   * Set where the rows are a prior-period adjustment: they start before this end of the periods that the account's unit had closed, and
   * are booked as of it. 1970 for rows in time.
   */
  ['closed_until', "DateTime64(3, 'UTC')"],
  ['first', "DateTime64(3, 'UTC')"],
  ['last', "DateTime64(3, 'UTC')"],
  /** Charge rows in the block, and the samples whose first row they are: a sample cut by a boundary or priced by two
   * components has several rows and counts once. */
  ['count', 'UInt32'],
  ['samples', 'UInt32'],
  /** A block over many tallies of 10²⁶ base units each may add up to more than 26 digits; an amount never does. */
  ['quantity', 'Decimal(76, 12)'],
  ['amount', 'Decimal(38, 12)'],
  ['resource', 'Array(UInt32)'],
  ['idx', 'Array(UInt32)'],
  ['offset', 'Array(UInt32)'],
  /** What time brings may last for years. */
  ['duration', 'Array(UInt64)'],
  ['quantities', 'Array(Decimal(38, 12))'],
  ['amounts', 'Array(Decimal(38, 12))'],
  /** Positions, from 1, of the rows that are not their sample's first; nearly always none. */
  ['secondary', 'Array(UInt32)'],
] as const;

/**
 * `usage`: a priced sample. `unpriced`: a meter takes it but no price does yet; tallied at amount 0. `unmetered`: no
 * meter asks for it; kept, not tallied. `adjustment`: a difference charged without a sample, and what
 * a level that goes on comes to by the end of a month. `fee`: what time brings;
 * `agreement`: what was agreed on for an account and all below it. Rows of these two are nobody's sample (resource, index and
 * quantity 0, no producer), stand outside CONSERVE and inside the sum of rows; `price` is the version of the fee or agreement, drawn from the
 * sequence of prices, `cell` the reason ("fee", "feeCredit", "cap"), and what a row covers begins at its start.
 * Late usage is `usage`, too: that it is a prior-period adjustment, `closed_until` tells.
 * `void`: rows that a correction took back, each the exact negation of one in the block that it reverses; `corrected`: rows that it put in
 * their place, or brought back; `rerated`: rows of samples that it rated again. They name producer, batch, resource, index and time of the
 * sample, and count none.
 */
export const blockKinds = [
  'usage',
  'unpriced',
  'unmetered',
  'adjustment',
  'fee',
  'agreement',
  'void',
  'corrected',
  'rerated',
] as const;
export type BlockKind = (typeof blockKinds)[number];

/** How an epoch is written where one text is needed: `<startedAtMs>-<nonce>`. */
export const epochText = (epoch: { readonly startedAtMs: number; readonly nonce: string }): string =>
  `${epoch.startedAtMs}-${epoch.nonce}`;

/** Splits a RATED message into its header and the bytes of its blocks, without copying the blocks. */
export function splitCommit(bytes: Uint8Array): { readonly header: Uint8Array; readonly blocks: Uint8Array } {
  const newline = bytes.indexOf(10);
  return newline < 0
    ? { header: bytes, blocks: bytes.subarray(bytes.length) }
    : { header: bytes.subarray(0, newline), blocks: bytes.subarray(newline + 1) };
}

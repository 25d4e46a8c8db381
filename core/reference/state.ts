/** Everything that the reference engine remembers: plain objects in Maps, keyed by text that a person can read. */
import type {
  AccountRecord,
  AgreementRecord,
  BudgetRecord,
  FeeRecord,
  MeterRecord,
  OwnershipRecord,
  PriceRecord,
  ProducerRecord,
  TenantRecord,
} from '../messages/control.ts';
import type { CreditEntry, CreditGrantRecord, WalletRecord } from '../messages/credit.ts';
import type { PricingUnitRecord } from '../messages/pricingUnit.ts';
import type { SeriesPoint, SeriesRecord } from '../messages/series.ts';
import type { Alert } from '../messages/alert.ts';
import type { BudgetForecast, BudgetStateName, BudgetsWaiting, BudgetTransition } from '../messages/budget.ts';
import type { BlockKind, FeePlace, Refusal, SamplePlace } from '../messages/rated.ts';
import type { Span } from './calendar.ts';
import { History } from './corrections/history.ts';
import type { CreditBook } from './credits/book.ts';
import type { CreditStep } from './credits/pay.ts';
import type { Spend } from './agreements/spend.ts';
import type { HoldTrack } from './holds.ts';
import type { Month } from './month.ts';
import { zero, type Exact } from './number.ts';
import type { Noted } from './prices/noted.ts';

/** Master data of one tenant, as the control messages gave it. */
export interface Tenant {
  record: TenantRecord;
  readonly producers: Map<string, ProducerRecord>;
  readonly accounts: Map<number, AccountRecord>;
  /** By pattern, in the order published. */
  readonly ownership: Map<string, OwnershipRecord[]>;
  readonly meters: Map<string, MeterRecord>;
  readonly prices: Map<number, PriceRecord>;
  /** In the order taken. */
  readonly fees: Map<number, FeeRecord>;
  /** Every version, by id, in the order published. */
  readonly agreements: Map<number, AgreementRecord>;
  readonly pricingUnits: Map<string, PricingUnitRecord>;
  /** With the highest revision of each point, by the beginning of its interval; replaced, never changed. */
  readonly series: Map<string, { readonly record: SeriesRecord; readonly points: ReadonlyMap<number, SeriesPoint> }>;
  readonly budgets: Map<string, BudgetRecord>;
  /** In the order given. */
  readonly grants: Map<string, CreditGrantRecord>;
  readonly wallets: Map<string, WalletRecord>;
  /** Until when a root and all below it are closed. */
  readonly closes: Map<number, number>;
  /** The correction that goes on, and how many pieces of it there were. */
  correction: { readonly id: string; readonly pieces: number; readonly isRerate: boolean } | undefined;
}

export interface Counts {
  received: number;
  rated: number;
  duplicates: number;
  refused: number;
}

/** What is known of one producer's batches. */
export interface Track {
  readonly tenant: string;
  readonly producer: string;
  epoch: { readonly startedAtMs: number; readonly nonce: string } | null;
  mark: number;
  /** Newest last, at most 64: [seq, hash] of the current epoch. */
  hashes: [number, string][];
  readonly samples: Counts;
  readonly batches: Counts;
  /** 2.16: the furthest of its words; absent while it has said none. */
  word?: number;
}

export interface Tally {
  readonly tenant: string;
  readonly account: number;
  /** Name of the resource where the price counts per resource, else "". */
  readonly resource: string;
  /** 0: no price yet. */
  readonly price: number;
  readonly meter: string;
  /** Key of the price's cell; "" where it has no cells. */
  readonly cell: string;
  /** By the calendar of its price; the month without one. */
  readonly period: Span;
  /** Start of the sample that began it. */
  readonly firstMs: number;
  /** What the version of the price before this one had reached. */
  carried: Noted;
  /** Key of that one's tally, and the sample up to which it counts: number in `USAGE`, index. */
  readonly from: { readonly key: string; readonly usageSeq: number; readonly index: number; readonly order: number } | undefined; // prettier-ignore
  /** All of its events, those carried over first. */
  noted: Noted;
  /** For `latest`: the sample that it has the value of. */
  newest: SamplePlace | undefined;
  /** For `unique`: the values that it counts, unless there are hashes. */
  readonly values: Set<string>;
  /** For `unique` beyond its limit: the smallest of all values, ascending; replaced, never changed. */
  hashes: readonly bigint[] | undefined;
  /** For `samplePercentile`, as they came; replaced, never changed. */
  samples: readonly bigint[];
  /** For `percentile`: what was used in each slot of the period, those outward after those inward; replaced, never changed. */
  slots: ReadonlyMap<number, bigint>;
  /** What periods before left of their allowance, the oldest first, in 10⁻¹² priced units. */
  rolled: readonly Rolled[];
  /** What its rows add up to: quantity in tally units, and charge. */
  quantity: Exact;
  charged: Exact;
  /** For a price of a subtree: what of both is in the rows of each account. */
  readonly members: Map<number, { readonly quantity: Exact; readonly amount: Exact }>;
}

export interface Rolled {
  /** Periods since it was given. */
  readonly age: number;
  readonly left: bigint;
}

/** A close, and the keys of the tallies that it still has to settle. */
export interface Closing {
  readonly tenant: string;
  readonly account: number;
  /** Until when the unit was closed before. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly talliesPerStep: number;
  /** How many tallies of whatever kind there were. */
  readonly tallies: number;
  readonly keys: readonly string[];
  done: number;
}

/** A level of a `recurring` meter that goes on. */
export interface HeldLevel {
  readonly tenant: string;
  readonly meter: string;
  readonly resource: string;
  readonly dims: Readonly<Record<string, string>>;
  level: bigint;
  saidMs: number;
  sinceMs: number;
  bookedMs: number;
  /** Infinity: never. */
  dueMs: number;
}

export interface Balance {
  readonly tenant: string;
  readonly account: number;
  readonly month: Month;
  readonly currency: string;
  own: Exact;
  total: Exact;
}

/** Where a budget stands. */
export interface BudgetTrack {
  readonly tenant: string;
  readonly budget: string;
  period: Span;
  state: BudgetStateName;
  arming: number;
  crossed: string[];
  baseline: Exact;
  /** The period before, where what it left goes on. */
  previous: (Span & { readonly limit: Exact; readonly baseline: Exact }) | undefined;
  /** It counts rows of inputs after this log time, and waits to be told what came before. */
  sinceMs: number;
  warming: boolean;
  changed: boolean;
  /** Of the hour looked at last, where hours count. */
  hourMs: number;
  resetHour: { readonly startMs: number; readonly baseline: Exact } | undefined;
  forecast: BudgetForecast | undefined;
  history: BudgetTransition[];
  /** What it counted, a quarter of an hour in one sum. */
  readonly ledger: Map<string, Counted>;
}

export interface Counted {
  /** Start of the period, and some instant in the hour; -1: counts in none. */
  readonly periodMs: number;
  readonly atMs: number;
  readonly currency: string;
  sum: Exact;
}

/** What points that came since have added to a tally's charge. */
export interface Late {
  readonly tally: Tally;
  readonly amount: Exact;
}

export interface State {
  readonly partition: number;
  logTimeMs: number;
  controlMark: number;
  /** Number of the last message of `USAGE`. */
  usageSeq: number;
  tenants: Map<string, Tenant>;
  readonly tracks: Map<string, Track>;
  /** End of what was billed, by producer, resource, metric and dimensions. */
  readonly ends: Map<string, number>;
  readonly tallies: Map<string, Tally>;
  readonly history: History;
  /** Keys of tallies that a correction is rebuilding. */
  readonly shadows: Set<string>;
  /** In the order taken. */
  readonly closings: Closing[];
  /** Levels that go on, in the order in which they began. */
  readonly held: Map<string, HeldLevel>;
  /** Cells in use, by the key that their tallies share. */
  readonly cells: Map<string, Set<string>>;
  /** Points that came since all tallies were looked at: by tenant and series, the beginning of the first interval that they price. */
  readonly newPoints: Map<string, number>;
  /** Tenants with tallies that a version in mid-period may leave to be charged anew. */
  readonly newVersions: Set<string>;
  /** What tallies owed before samples of the batch in hand came to them. */
  readonly late: Late[];
  readonly balances: Map<string, Balance>;
  /** By tenant, root account, currency and start of the period. */
  readonly spend: Map<string, Spend>;
  readonly budgets: Map<string, BudgetTrack>;
  /** By tenant and key. */
  readonly holds: Map<string, HoldTrack>;
  /** By tenant. */
  readonly credits: Map<string, CreditBook>;
  /** Rows that budgets have counted. */
  readonly counted: WeakSet<Row>;
  /** Budgets that wait to be looked at, by tenant: all from an id on. */
  readonly waiting: Map<string, Omit<BudgetsWaiting, 'tenant'>>;
  /** By tenant and key: before this instant nothing of the fee falls due; it is looked for where it is not known. */
  readonly feesDueMs: Map<string, number>;
  /** The last place booked, while fees that are due are still to be booked. */
  feesTo: FeePlace | undefined;
  readonly samples: Counts;
  readonly batches: Counts;
}

/** One charge row, with names where the log has ids. */
export interface Row {
  readonly tenant: string;
  readonly account: number;
  readonly service: string;
  readonly component: string;
  readonly meter: string;
  readonly price: number;
  readonly currency: string;
  readonly kind: BlockKind;
  readonly resource: string;
  readonly startMs: number;
  readonly durationMs: number;
  /** Of its tally: the month without a price. */
  readonly period: Span;
  /** Key of the price's cell. */
  readonly cell: string;
  /** Start of the account's month whose balance it moves. */
  readonly bookedMs: number;
  /** End of the closed periods that it comes too late for; 0 for none. */
  readonly closedUntilMs: number;
  readonly quantity: Exact;
  readonly amount: Exact;
  /** First row of its sample: the one that counts it. */
  readonly primary: boolean;
  /** Where it came from; `index` is that of the sample in its batch, 0 for an adjustment. */
  readonly source: Source;
  readonly index: number;
  /** The correction that booked it, and the block that it reverses; absent for others. */
  readonly correction?: string;
  readonly reverses?: string;
}

export interface Source {
  readonly producer: string;
  readonly epoch: string;
  readonly seq: number;
  /** Sequence of the message in `USAGE`; 0 for a control message. */
  readonly inputSeq: number;
  /** Log time when it was taken. */
  readonly logTimeMs: number;
  readonly trace: string;
}

/** What one input message leads to besides the state. */
export interface Outcome {
  readonly rows: Row[];
  readonly refusals: Omit<Refusal, 'detail'>[];
  readonly alerts: Alert[];
  /** What looking at budgets has come to: an alert is 1, a forecast 10. */
  readonly work: { done: number };
  /** How many of the rows agreements have looked at. */
  noted?: number;
  /** The batch or message, once it is taken. */
  because?: { readonly tenant: string; readonly cause: Alert['cause']; readonly trace: string };
  /** What it does to the credits of each tenant, until they are settled; and what happened to them. */
  credits?: Map<string, CreditStep>;
  entries?: CreditEntry[];
}

export const noCounts = (): Counts => ({ received: 0, rated: 0, duplicates: 0, refused: 0 });

export function emptyState(partition: number): State {
  return {
    partition,
    logTimeMs: 0,
    controlMark: 0,
    usageSeq: 0,
    tenants: new Map(),
    tracks: new Map(),
    ends: new Map(),
    tallies: new Map(),
    history: new History(),
    shadows: new Set(),
    closings: [],
    held: new Map(),
    cells: new Map(),
    newPoints: new Map(),
    newVersions: new Set(),
    late: [],
    balances: new Map(),
    spend: new Map(),
    budgets: new Map(),
    holds: new Map(),
    credits: new Map(),
    counted: new WeakSet(),
    waiting: new Map(),
    feesDueMs: new Map(),
    feesTo: undefined,
    samples: noCounts(),
    batches: noCounts(),
  };
}

export const balanceKey = (tenant: string, account: number, startMs: number, currency: string): string =>
  `${tenant} ${account} ${startMs} ${currency}`;

/** An account and its ancestors, nearest first. */
export function pathUp(tenant: Tenant, account: number): number[] {
  const path: number[] = [];
  for (let id = account; id !== 0; id = tenant.accounts.get(id)!.parent) path.push(id);
  return path;
}

export function balanceOf(state: State, tenant: string, account: number, month: Month, currency: string): Balance {
  const key = balanceKey(tenant, account, month.startMs, currency);
  const balance = state.balances.get(key) ?? { tenant, account, month, currency, own: zero, total: zero };
  state.balances.set(key, balance);
  return balance;
}

/** The state of one partition: everything that deduplication, rating, balances and alerts depend on. */
import type { Coalescing } from '../metering/batch.ts';
import type { Fee } from '../fees/fee.ts';
import { Holds, TenantHolds } from '../holds/holds.ts';
import type { CompiledPrice, Measures } from '../pricing/compiled.ts';
import type {
  AccountRecord,
  AgreementRecord,
  BudgetRecord,
  MeterRecord,
  ProducerRecord,
  TenantRecord,
} from '../messages/control.ts';
import type { CorrectionRecord } from '../messages/correction.ts';
import type { PriceRecord } from '../messages/price.ts';
import type { PricingUnitRecord } from '../messages/pricingUnit.ts';
import type { PriceSeries } from '../pricing/series/points.ts';
import type { Budget } from '../budgets/state.ts';
import type { BudgetsWaiting } from '../messages/budget.ts';
import type { ChainLink, FeePlace, ClosingState, SampleCounts, SamplePlace, TallyEntry } from '../messages/rated.ts';
import type { Period } from '../time/period.ts';
import type { Settlement } from './agreements/settlement.ts';
import { noMasterCredits, type MasterCredits, type TenantCredits } from './credits/tenantCredits.ts';
import type { Shadow } from './corrections/shadows.ts';
import type { Dictionary } from './dictionary.ts';
import type { Distinct } from './distinct.ts';
import type { Level } from './levels.ts';
import type { MetricName, SeriesKey } from './metricNames.ts';
import type { Cursor } from './narrow.ts';
import type { Plan } from './plan.ts';
import type { Pool } from './pool.ts';
import type { Ranked } from './ranked.ts';
import type { RolledOver } from './rollover.ts';
import type { Slots } from './slots.ts';

export interface PartitionState {
  readonly partition: number;
  /** Whether resources, series and tallies can be found by name: not where a state is only made from the log to be written again. */
  readonly isIndexed: boolean;
  /** Our place in `RATED_<p>`. */
  incarnation: number;
  outSeq: number;
  outHash: string;
  logTimeMs: number;
  /** The last place booked, while fees that are due are still to be booked. */
  feesTo: FeePlace | undefined;
  usage: ChainLink;
  control: ChainLink;
  controlMark: number;
  readonly tenants: Map<string, Tenant>;
  /** By id, from 1. A partition that inherits begins beyond the ids of those before it. */
  readonly resources: (Resource | undefined)[];
  readonly series: Series[];
  readonly tallies: Tally[];
  /** Tallies whose price has a new point, the lowest id last; some may be charged by it already. */
  repriced: Tally[];
  /** Closes whose work goes on, in the order taken. */
  closings: readonly ClosingState[];
  /** Budgets that wait to be looked at, by tenant. */
  budgetsWaiting: readonly BudgetsWaiting[];
  readonly levels: Level[];
  /** No level is due before; derived, never stored. */
  levelsDueMs: number;
  readonly holds: Holds;
  readonly totals: { samples: Counts; batches: Counts; alerts: number; blocks: number };
}

export type Counts = { -readonly [Key in keyof SampleCounts]: SampleCounts[Key] };

export interface Tenant {
  readonly id: string;
  master: Master;
  readonly producers: Map<string, Producer>;
  readonly resourcesByName: Map<string, Resource>;
  /** Metrics with their dimensions as seen by this process; derived, never stored. */
  readonly metricNames: Map<string, MetricName>;
  readonly talliesByKey: Map<string, Tally>;
  readonly levelsByKey: Map<string, Level>;
  /** Cells in use, by the tally's key without its cell: groups have a limit. */
  readonly cellCounts: Map<string, number>;
  /** Tallies of spot prices by series and beginning of the interval: a new point finds what it charges anew. Derived, never stored. */
  readonly spotTallies: Map<string, Map<number, Tally[]>>;
  /** Tallies of prices whose allowance goes on into later periods, by what they share over versions and periods; derived. */
  readonly lineages: Map<string, Tally[]>;
  readonly balancesByKey: Map<string, Balance>;
  readonly budgetStates: Map<string, Budget>;
  readonly holds: TenantHolds;
  /** Budgets of nodes above rows that came since budgets were looked at; derived, empty between inputs. */
  readonly moved: Set<string>;
  /** By tally: those that a correction is rebuilding. */
  readonly shadows: Map<number, Shadow>;
  /** By root account and currency (`unitKey`), and by start of the period. */
  readonly settlements: Map<string, Map<number, Settlement>>;
  /** Once there is a grant or a wallet. */
  credits: TenantCredits | undefined;
  /** Settlements whose lines the input in hand has moved; derived, empty between inputs. */
  readonly unsettled: Set<Settlement>;
}

/** What billing decided; replaced as a whole when a control message is taken. */
export interface Master {
  /** Grows with every change; plans of an older version are resolved anew. */
  version: number;
  record: TenantRecord;
  readonly accounts: Map<number, Account>;
  suspense: Account | undefined;
  readonly producers: Map<string, ProducerRecord>;
  /** Per pattern, ascending by `fromMs`. */
  readonly ownership: Map<string, readonly { readonly account: number; readonly fromMs: number }[]>;
  readonly meters: Map<string, MeterRecord>;
  /** The same, by metric, and prices by meter; made anew with each version. */
  metersByMetric: ReadonlyMap<string, readonly MeterRecord[]>;
  pricesByMeter: ReadonlyMap<string, readonly CompiledPrice[]>;
  versionsByKey: ReadonlyMap<string, readonly PriceRecord[]>;
  readonly prices: Map<number, CompiledPrice>;
  /** Keys of prices of which a version lets allowances go on; made anew with each version. */
  rollingKeys: ReadonlySet<string>;
  /** All versions in the order taken, and the newest of each key. */
  readonly fees: Map<number, Fee>;
  readonly feesByKey: Map<string, Fee>;
  /** Every version of every agreement, by id. */
  readonly agreements: Map<number, AgreementRecord>;
  /** The newest of each key, by root account and currency (`unitKey`), in order of key; a list is a new one when one of it changes. */
  agreementsByUnit: ReadonlyMap<string, readonly AgreementRecord[]>;
  readonly pricingUnits: Map<string, PricingUnitRecord>;
  readonly priceSeries: Map<string, PriceSeries>;
  /** Instants at which something of them is paid in advance, ascending. */
  prepaidFrom: readonly number[];
  readonly budgets: Map<string, BudgetRecord>;
  readonly credits: MasterCredits;
  /** The same by account, and their ids in order; made anew when one changes. */
  budgetsByAccount: ReadonlyMap<number, readonly BudgetRecord[]>;
  budgetIds: readonly string[];
  /** End of what each unit has closed, UTC ms, by its root account. */
  readonly closes: Map<number, number>;
  /** The correction that has begun and not ended. */
  correction: CorrectionRecord | undefined;
}

export interface Account {
  readonly record: AccountRecord;
  /** Itself first, the root last. */
  readonly chain: readonly Account[];
}

export interface Producer {
  readonly id: string;
  epoch: { readonly startedAtMs: number; readonly nonce: string } | null;
  mark: number;
  hashes: (readonly [number, string])[];
  /** How many of the hashes, at the end, the last commit does not carry yet. */
  freshHashes: number;
  readonly samples: Counts;
  readonly batches: Counts;
  lastSeenMs: number;
  lastSampleMs: number;
  /** The furthest that it said to be complete up to (SPEC §2.16). */
  completeUntilMs?: number;
  readonly notes: Record<string, number>;
  spool: { readonly batches: number; readonly bytes: number };
  /** Its newest loss of resolution. */
  coalesced?: Coalescing;
  /** By resource and metric with dimensions (`seriesKey`); ephemeral for producers that are not agents. */
  readonly seriesByKey: Map<SeriesKey, Series>;
  /** The dictionaries of its last batch, resolved; derived, never stored. */
  dictionary: Dictionary | undefined;
  dirty: boolean;
}

export interface Resource {
  readonly id: number;
  readonly tenant: string;
  readonly name: string;
}

export interface Series {
  /** Dense id for an agent's counter, whose end is part of the state; 0 otherwise. */
  readonly id: number;
  readonly producer: string;
  readonly resource: Resource;
  readonly metric: string;
  endMs: number;
  dirty: boolean;
  /** How its samples are rated, while that does not change; derived, never stored. */
  plan: Plan | undefined;
}

export interface Tally {
  /** Id 0 until the first row falls on it: a plan may point at a tally that no sample ever reaches. */
  entry: TallyEntry;
  carried: Measures;
  /** Charge of what was carried: increments count from there. */
  carriedCharge: bigint;
  quantity: bigint;
  /** Both 0 unless the price counts events. */
  events: bigint;
  value: bigint;
  /** charge(carried + tallied) − charge(carried), in pico. */
  charge: bigint;
  dirty: boolean;
  /** For `latest`. */
  newest: SamplePlace | undefined;
  /** For `unique`. */
  distinct: Distinct | undefined;
  /** For `percentile`. */
  slots: Slots | undefined;
  /** For `samplePercentile`. */
  samples: Ranked | undefined;
  /** For a price of a subtree: what fell to each account. */
  pool: Pool | undefined;
  /** What periods before left of their allowance. */
  rolled: RolledOver;
  /** Whether these were forgotten since the last commit. */
  isCleared: boolean;
  /** Derived, never stored; while it has moved, `quantity` and `charge` lag behind until `settle`. */
  cursor: Cursor | undefined;
  /** Whether the batch in hand has moved the cursor. */
  isTouched: boolean;
}

export interface Balance {
  readonly tenant: string;
  readonly account: Account;
  readonly period: Period;
  readonly currency: string;
  own: bigint;
  total: bigint;
  dirty: boolean;
  /** Whether a row ever fell on it; others are not part of the state. */
  written: boolean;
}

/** Hashes of a producer's last batches that tell a duplicate from a re-used sequence number. */
export const dedupHashesMax = 64;

export const noCounts = (): Counts => ({ received: 0, rated: 0, duplicates: 0, refused: 0 });

export function emptyState(partition: number, isIndexed = true): PartitionState {
  return {
    partition,
    isIndexed,
    incarnation: 0,
    outSeq: 0,
    outHash: '',
    logTimeMs: 0,
    feesTo: undefined,
    usage: { seq: 0, hash: '' },
    control: { seq: 0, hash: '' },
    controlMark: 0,
    tenants: new Map(),
    resources: [],
    series: [],
    tallies: [],
    repriced: [],
    closings: [],
    budgetsWaiting: [],
    levels: [],
    levelsDueMs: Infinity,
    holds: new Holds(),
    totals: { samples: noCounts(), batches: noCounts(), alerts: 0, blocks: 0 },
  };
}

export function emptyTenant(record: TenantRecord): Tenant {
  return {
    id: record.id,
    master: {
      version: 1,
      record,
      accounts: new Map(),
      suspense: undefined,
      producers: new Map(),
      ownership: new Map(),
      meters: new Map(),
      metersByMetric: new Map(),
      pricesByMeter: new Map(),
      versionsByKey: new Map(),
      rollingKeys: new Set(),
      prices: new Map(),
      fees: new Map(),
      feesByKey: new Map(),
      agreements: new Map(),
      agreementsByUnit: new Map(),
      pricingUnits: new Map(),
      priceSeries: new Map(),
      prepaidFrom: [],
      budgets: new Map(),
      credits: noMasterCredits(),
      budgetsByAccount: new Map(),
      budgetIds: [],
      closes: new Map(),
      correction: undefined,
    },
    producers: new Map(),
    resourcesByName: new Map(),
    metricNames: new Map(),
    talliesByKey: new Map(),
    levelsByKey: new Map(),
    cellCounts: new Map(),
    spotTallies: new Map(),
    lineages: new Map(),
    balancesByKey: new Map(),
    budgetStates: new Map(),
    holds: new TenantHolds(),
    moved: new Set(),
    shadows: new Map(),
    settlements: new Map(),
    credits: undefined,
    unsettled: new Set(),
  };
}

export function newProducer(id: string): Producer {
  return {
    id,
    epoch: null,
    mark: 0,
    hashes: [],
    freshHashes: 0,
    samples: noCounts(),
    batches: noCounts(),
    lastSeenMs: 0,
    lastSampleMs: 0,
    notes: {},
    spool: { batches: 0, bytes: 0 },
    seriesByKey: new Map(),
    dictionary: undefined,
    dirty: false,
  };
}

type TallyPlace = Pick<TallyEntry, 'account' | 'resource' | 'price' | 'meter' | 'periodStartMs' | 'cell'>;

export const tallyKey = (place: TallyPlace): string => `${cellsKey(place)}|${place.cell ?? ''}`;

/** What the tallies of one price's cells have in common. */
export const cellsKey = (place: TallyPlace): string =>
  `${place.account}|${place.resource}|${place.price}|${place.meter}|${place.periodStartMs}`;

export const balanceKey = (account: number, periodStartMs: number, currency: string): string =>
  `${account}|${periodStartMs}|${currency}`;

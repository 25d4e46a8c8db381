/**
 * What the dashboards need of the other services. They never import them: the office (deploy/office.ts) hands these in,
 * and a test hands in its own. Every function that takes a tenant answers for that tenant only.
 */
import type { Correction } from '#core/messages/correction.ts';
import type {
  AccountRecord,
  AgreementRecord,
  BudgetRecord,
  FeeRecord,
  MeterRecord,
  PriceRecord,
  ProducerRecord,
  TenantRecord,
} from '#core/messages/control.ts';
import type { ReplayedDelivery } from '#core/messages/delivery.ts';
import type { PricingUnitRecord } from '#core/messages/pricingUnit.ts';
import type { PriceSeries } from '#core/pricing/series/points.ts';
import type {
  Approved,
  CreditEntries,
  Delivery,
  LiveState,
  RatedRow,
  RefusalTotal,
  Status,
  Trust,
} from '#core/messages/api.ts';
import type { Pressure } from '#core/messages/pressure.ts';
import type { Refusal, RefusalReason } from '#core/messages/rated.ts';
import type {
  SettlementPlace,
  StoredAgreed,
  StoredLine,
  TallyPlace,
  TallyRows,
  Witness,
} from '#core/messages/stored.ts';
import type { Identity } from '#platform/http/index.ts';

/** Logins, sessions and API keys; billing keeps them. */
export interface AccessPort {
  /** Whose API key or session this is; undefined when it is unknown, expired or revoked. */
  authenticate(credential: string): Promise<Identity | undefined>;
  /** Turns a one-time login token into a session; throws LOGIN_LINK_INVALID when it is used up, expired or unknown. */
  redeemLogin(token: string): Promise<{ readonly token: string; readonly expiresAtMs: number }>;
  endSession(session: string): Promise<void>;
}

export type ApprovedPrice = Approved<PriceRecord>;

/** Master data as billing has it now. */
export interface MasterPort {
  tenants(): Promise<readonly (TenantRecord & { readonly partition: number })[]>;
  budgets(tenant: string): Promise<readonly BudgetRecord[]>;
  producers(tenant: string): Promise<readonly ProducerRecord[]>;
  accounts(tenant: string): Promise<readonly AccountRecord[]>;
  prices(tenant: string): Promise<readonly PriceRecord[]>;
  price(tenant: string, id: number): Promise<ApprovedPrice | undefined>;
  meter(tenant: string, id: string): Promise<MeterRecord | undefined>;
  /** Every version. */
  fees(tenant: string): Promise<readonly Approved<FeeRecord>[]>;
  agreements(tenant: string): Promise<readonly Approved<AgreementRecord>[]>;
  pricingUnits(tenant: string): Promise<readonly PricingUnitRecord[]>;
  correction(tenant: string, id: string): Promise<Correction | undefined>;
  /** A reference series with the point in force at the instant, where there is one. */
  series(tenant: string, id: string, atMs: number): Promise<PriceSeries | undefined>;
}

/** Figures of the store that the log does not carry. */
export type StoreTrust = Pick<
  Trust,
  'checkedAtMs' | 'difference' | 'loadLag' | 'suspenseResources' | 'unpricedSamples'
>;

/** Newest first: at most `limit` before that log time, and all others of the last one's instant. */
export interface RefusalPage {
  readonly limit: number;
  readonly beforeMs: number;
  readonly producer?: string | undefined;
  readonly reason?: RefusalReason | undefined;
}

/** Rated rows; the aggregator keeps them in ClickHouse. */
export interface StorePort {
  row(tenant: string, rowId: string): Promise<RatedRow | undefined>;
  /** The row that this one of a correction reverses, and the row of a correction that reverses this one. */
  reversedRow(tenant: string, row: RatedRow): Promise<RatedRow | undefined>;
  reversingRow(tenant: string, row: RatedRow): Promise<RatedRow | undefined>;
  /** Of rows in commits before `outSeqMax`; of all without it. */
  tallyRows(tenant: string, place: TallyPlace, outSeqMax?: number): Promise<TallyRows>;
  /** Id of the newest such row of the tally before another row. */
  tallyWitness(tenant: string, place: TallyPlace, row: RatedRow, witness: Witness): Promise<string | undefined>;
  /** What agreements of a root account looked at in a period, and what they booked, in commits up to `outSeqMax`. */
  settlementRows(
    tenant: string,
    place: SettlementPlace,
    outSeqMax: number,
  ): Promise<{ readonly lines: readonly StoredLine[]; readonly agreed: readonly StoredAgreed[] }>;
  /** Number of a resource; undefined when no row names it. */
  resourceId(tenant: string, name: string): Promise<number | undefined>;
  /** Charges per minute of log time from `fromMs`, of rows committed up to `outSeqMax`; undefined while not loaded so far. */
  minutes(
    tenant: string,
    range: { readonly partition: number; readonly outSeqMax: number; readonly fromMs: number },
  ): Promise<readonly (readonly [number, string])[] | undefined>;
  topResources(
    tenant: string,
    period: { readonly startMs: number; readonly endMs: number },
  ): Promise<LiveState['topResources']>;
  trust(tenant: string): Promise<StoreTrust>;
  creditEntries(
    tenant: string,
    page: { readonly limit: number; readonly beforeMs: number; readonly grant?: string | undefined },
  ): Promise<CreditEntries['entries']>;
  refusals(tenant: string, page: RefusalPage): Promise<readonly Refusal[]>;
  refusalTotals(tenant: string): Promise<readonly RefusalTotal[]>;
  /** Last commit of the partition that is in the store. */
  loadedSeq(partition: number): Promise<number>;
  rowCount(): Promise<number>;
}

/** Asks the notifier, and writes down who did and why. Both throw TARGET_UNKNOWN and DELIVERY_LOG_REFUSED. */
export interface ArchivedDeliveriesQuery {
  readonly target?: string | undefined;
  readonly alert?: string | undefined;
  readonly beforeMs?: number | undefined;
  readonly limit: number;
}

export interface DeskPort {
  replay(
    by: Pick<Identity, 'tenant' | 'actor'>,
    target: string,
    deliveries: readonly ReplayedDelivery[],
    reason: string,
  ): Promise<{ readonly auditId: string }>;
  /** Attempts, newest first, also those that are no longer in `DELIVERIES`. */
  archived(by: Pick<Identity, 'tenant'>, query: ArchivedDeliveriesQuery): Promise<readonly Delivery[]>;
  /** `id`: of the delivery. */
  test(
    by: Pick<Identity, 'tenant' | 'actor'>,
    target: string,
    reason: string,
  ): Promise<{ readonly id: string; readonly auditId: string }>;
}

/** Latency of commits as the raters at these base URLs measure it, the worst of them; zeros while none answers. */
export type RaterLatency = (urls: readonly string[]) => Promise<Status['latencyMs']['commit']>;

export interface Ports {
  readonly access: AccessPort;
  readonly master: MasterPort;
  readonly store: StorePort;
  readonly desk: DeskPort;
  readonly raterLatency: RaterLatency;
  /** Where usage is held up, as of the last look. */
  pressure(): Pressure;
  /** Wall clock, UTC ms. */
  now(): number;
}

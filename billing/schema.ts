/** Tables of `migrations/`, as kysely sees them. jsonb is written as text and read as values. */
import type { Delivery } from '#core/messages/api.ts';
import type { ColumnType, Generated, Kysely, Transaction } from 'kysely';
import type {
  AgreementRecord, BudgetRecord, BudgetThreshold, FeeRecord, MeterRecord, PriceModel, PriceRecord, ProducerRecord,
} from '#core/messages/control.ts'; // prettier-ignore
import type { Correction, CorrectionEffect, CorrectionKind, CorrectionSelection } from '#core/messages/correction.ts';
import type { CreditGrantRecord, WalletRecord } from '#core/messages/credit.ts';
import type { MailAddresses, TargetKind, TargetLimits } from '#core/messages/delivery.ts';
import type { BillingCalendar } from '#core/time/calendar.ts';
import type { QuantityRule } from '#core/messages/price.ts';
import type { PricingUnitValue } from '#core/messages/pricingUnit.ts';
import type { SeriesRecord } from '#core/messages/series.ts';
import type { Role } from '#platform/http/index.ts';
import type { Voided } from './credits/credits.ts';

type Json<Value> = ColumnType<Value, string, string>;
type OptionalJson<Value> = ColumnType<NonNullable<Value> | null, string | null, string | null>;

/** What jsonb carries. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

export interface TenantTable {
  id: string;
  name: string;
  currency: string;
  time_zone: string;
  partition: number;
  last_account: Generated<number>;
  last_price: Generated<number>;
  last_audit: Generated<number>;
  corrections_need_approval: Generated<boolean>;
  created_ms: number;
}

export interface AccountTable {
  tenant: string;
  id: number;
  slug: string;
  name: string;
  parent: number;
  type: string;
  time_zone: string;
  starts_on: string | null;
  tags: Json<Readonly<Record<string, string>>>;
  close_after_days: number | null;
}

export interface OwnershipTable {
  tenant: string;
  resource: string;
  from_ms: number;
  account: number;
}

export interface ProducerTable {
  tenant: string;
  id: string;
  type: ProducerRecord['type'];
  simulated: boolean;
  enabled: boolean;
  keys: Json<ProducerRecord['keys']>;
  created_ms: number;
  complete_until_ms: number | null;
}

export interface MeterTable {
  tenant: string;
  id: string;
  metric: string;
  unit: string;
  scale: number;
  aggregation: MeterRecord['aggregation'];
  distinct_by: string | null;
  exact: OptionalJson<MeterRecord['exact']>;
  slots: OptionalJson<MeterRecord['slots']>;
  samples: OptionalJson<MeterRecord['samples']>;
  recurs: OptionalJson<MeterRecord['recurs']>;
  filter: Json<Record<string, string[]>>;
}

export interface PriceTable {
  tenant: string;
  id: number;
  key: string;
  version: number;
  service: string;
  component: string;
  meter: string;
  currency: string;
  account: number;
  effective_from_ms: number;
  tally_scope: PriceRecord['tallyScope'];
  split: NonNullable<PriceRecord['split']> | null;
  period: ColumnType<BillingCalendar | null, string | null, string | null>;
  unit: Json<PriceRecord['unit']>;
  allowance: string;
  model: Json<PriceModel>;
  quantity: OptionalJson<QuantityRule>;
  discount_percent: string | null;
  maximum: string | null;
  rollover: OptionalJson<PriceRecord['rollover']>;
  prorate: OptionalJson<PriceRecord['prorate']>;
  on_version: 'carry' | 'restart' | null;
  plan: string | null;
  contract: string | null;
  approved_by: string;
  approved_at_ms: number;
}

/** A version of a fee or of an agreement, whole. */
export interface AgreedTable {
  tenant: string;
  id: number;
  kind: 'fee' | 'agreement';
  key: string;
  version: number;
  record: Json<FeeRecord | AgreementRecord>;
  approved_by: string;
  approved_at_ms: number;
}

export interface PricingUnitTable {
  tenant: string;
  id: string;
  name: string;
  decimals: number;
  value: OptionalJson<PricingUnitValue>;
}

export interface SeriesTable {
  tenant: string;
  id: string;
  name: string;
  currency: string;
  unit: string;
  interval: SeriesRecord['interval'];
  time_zone: string;
  max_age_ms: number | null;
}

export interface SeriesPointTable {
  tenant: string;
  series: string;
  from_ms: number;
  revision: number;
  value: string;
  source: string;
  published_by: string;
  published_at_ms: number;
}

export interface TargetTable {
  tenant: string;
  id: string;
  kind: ColumnType<TargetKind, TargetKind | undefined, TargetKind>;
  url: string;
  enabled: boolean;
  secret_sealed: string;
  previous_sealed: string | null;
  previous_until_ms: number | null;
  mail: OptionalJson<MailAddresses>;
  limits: Json<TargetLimits>;
  revision: Generated<number>;
  published_revision: Generated<number>;
}

export type BudgetTerms = Pick<
  BudgetRecord,
  'period' | 'meter' | 'scope' | 'carryOver' | 'fx' | 'releaseAt' | 'forecast'
>;

export interface BudgetTable {
  tenant: string;
  id: string;
  account: number;
  name: string;
  amount: string;
  currency: string;
  /** What else the record says. */
  terms: Json<BudgetTerms>;
  thresholds: Json<BudgetThreshold[]>;
  targets: Json<string[]>;
  enabled: boolean;
}

export interface CreditGrantTable {
  tenant: string;
  id: string;
  record: Json<CreditGrantRecord>;
  granted_by: string;
  granted_ms: number;
  voided: OptionalJson<Voided>;
}

export interface WalletTable {
  tenant: string;
  id: string;
  record: Json<WalletRecord>;
}

export interface MemberTable {
  tenant: string;
  id: string;
  name: string;
  role: Role;
  enabled: boolean;
}

export interface ApiKeyTable {
  hash: Buffer;
  tenant: string;
  id: string;
  role: Role;
  created_ms: number;
  revoked_ms: number | null;
  /** `checks`: opens nothing here, and is verified by raters. */
  scope: Generated<ApiKeyScope>;
  /** For scope `checks`: the account whose subtree it is confined to; 0 for all. */
  account: Generated<number>;
  /** For scope `checks`: whether the bucket says what this row does. */
  published: Generated<boolean>;
}

export type ApiKeyScope = 'office' | 'checks';

/** Login links and sessions. */
export interface TokenTable {
  hash: Buffer;
  tenant: string;
  member: string;
  expires_ms: number;
}

export interface AuditTable {
  tenant: string;
  seq: number;
  id: string;
  at_ms: number;
  actor: string;
  action: string;
  subject: string;
  before: Json<JsonValue>;
  after: Json<JsonValue>;
  why: string;
  prev_hash: string;
  hash: string;
}

export interface CorrectionTable {
  tenant: string;
  number: number;
  what: CorrectionKind;
  selection: Json<CorrectionSelection>;
  status: Correction['status'];
  author: string;
  reason: Generated<string>;
  approved_by: Generated<string>;
  detail: Generated<string>;
  partition: number;
  as_of: number;
  rows: number;
  effects: Json<readonly CorrectionEffect[]>;
  booked: OptionalJson<readonly CorrectionEffect[]>;
  audit_id: string | null;
  ready_seq: number | null;
  cursor: string | null;
  is_read: Generated<boolean>;
  pieces: Generated<number>;
  rows_done: Generated<number>;
  created_ms: number;
  applied_ms: number | null;
  ended_ms: number | null;
}

export interface AcknowledgementTable {
  tenant: string;
  alert: string;
  actor: string;
  at_ms: number;
  note: string;
}

export interface DeliveryAttemptTable {
  tenant: string;
  target: string;
  alert: string;
  attempt: number;
  at_ms: number;
  body: Json<Delivery>;
}

export interface Tables {
  delivery_attempt: DeliveryAttemptTable;
  archived_stream: { stream: string; seq: number };
  acknowledgement: AcknowledgementTable;
  tenant: TenantTable;
  account: AccountTable;
  ownership: OwnershipTable;
  producer: ProducerTable;
  meter: MeterTable;
  price: PriceTable;
  agreed: AgreedTable;
  pricing_unit: PricingUnitTable;
  series: SeriesTable;
  series_point: SeriesPointTable;
  target: TargetTable;
  budget: BudgetTable;
  credit_grant: CreditGrantTable;
  wallet: WalletTable;
  member: MemberTable;
  api_key: ApiKeyTable;
  login_link: TokenTable;
  session: TokenTable;
  audit: AuditTable;
  correction: CorrectionTable;
  outbox_head: { partition: number; last_seq: number };
  outbox: {
    partition: number;
    seq: number;
    tenant: string;
    payload: string;
    created_ms: number;
    published_ms: number | null;
    audit_id: string;
    outcome: ColumnType<'taken' | 'rejected' | null, never, 'taken' | 'rejected' | null>;
    detail: ColumnType<string | null, never, string | null>;
  };
  idempotency: { tenant: string; key: string; request_hash: string; answer: Json<JsonValue>; created_ms: number };
}

export type Db = Kysely<Tables>;
export type Tx = Transaction<Tables>;
/** Reads run on either: inside a transaction they see its own writes. */
export type Reader = Db | Tx;

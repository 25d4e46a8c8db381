import type { BudgetTerms } from '../schema.ts';
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
import type { WalletRecord } from '#core/messages/credit.ts';
import type { PricingUnitRecord } from '#core/messages/pricingUnit.ts';
import type { SeriesRecord } from '#core/messages/series.ts';
import type { Role } from '#platform/http/index.ts';
import type { WantedPoint } from '../catalogue/series.ts';
import type { Target } from '../targets/targets.ts';
import type { At } from './faults.ts';
import type { PriceEntry } from './priceProblems.ts';
import type { Node } from './yaml.ts';

/** Something the file asks for, with its place, so that a refusal can point at it. */
export type Wanted<Value> = Value & { readonly at: At };

/** A name that must exist, in the file or in the database. */
export interface Ref {
  readonly name: string;
  readonly at: At;
}

/** The pricing unit that it is in; undefined: the tenant's currency. */
type ChargedIn = Ref | undefined;

export interface User {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly enabled: boolean;
}

export interface WantedAccount {
  readonly slug: string;
  readonly name: string;
  readonly type: AccountRecord['type'];
  /** Undefined for a root. */
  readonly parent: Ref | undefined;
  /** Undefined: the tenant's. */
  readonly timeZone: string | undefined;
  /** Undefined: as published, or that of the account above. */
  readonly startsOn: string | undefined;
  /** Undefined: as published; null: never. */
  readonly closeAfterDays: number | null | undefined;
  /** Undefined: none. */
  readonly tags: Readonly<Record<string, string>> | undefined;
}

export interface WantedOwnership {
  readonly resource: string;
  readonly account: Ref;
  readonly fromMs: number;
}

export interface WantedPrice extends Pick<
  PriceRecord,
  | 'key'
  | 'version'
  | 'service'
  | 'component'
  | 'tallyScope'
  | 'allowance'
  | 'model'
  | 'quantity'
  | 'discountPercent'
  | 'maximum'
  | 'rollover'
  | 'prorate'
  | 'onVersion'
  | 'plan'
  | 'contract'
  | 'split'
  | 'period'
> {
  readonly meter: Ref;
  readonly per: Ref;
  readonly chargedIn: ChargedIn;
  /** Undefined: everyone. */
  readonly account: Ref | undefined;
  /** Undefined: not said, which only a first version may leave. */
  readonly effectiveFromMs: number | undefined;
  /** The entry in the file, so that a problem of the price can be placed. */
  readonly entry: PriceEntry;
}

/** A version of a fee or an agreement: its record, but for the numbers that the database gives. */
export interface WantedAgreed {
  readonly kind: 'fee' | 'agreement';
  readonly key: string;
  readonly version: number;
  readonly chargedIn: ChargedIn;
  readonly account: Ref;
  readonly record: Omit<FeeRecord, 'id' | 'account'> | Omit<AgreementRecord, 'id' | 'account'>;
  /** The entry in the file, so that a problem can be placed. */
  readonly entry: Node;
}

export interface WantedPricingUnit extends PricingUnitRecord {
  /** The entry in the file, so that a problem can be placed. */
  readonly entry: Node;
}

export interface WantedSeries extends Omit<SeriesRecord, 'currency'> {
  readonly points: readonly Wanted<WantedPoint>[];
}

export interface WantedBudget {
  readonly id: string;
  readonly account: Ref;
  readonly name: string;
  readonly amount: string;
  readonly chargedIn: ChargedIn;
  /** Of a quantity. */
  readonly meter: Ref | undefined;
  readonly terms: BudgetTerms & Pick<BudgetRecord, 'thresholds'>;
  readonly targets: readonly Ref[];
  readonly enabled: boolean;
}

export interface WantedWallet extends Omit<WalletRecord, 'account' | 'currency' | 'targets'> {
  readonly account: Ref;
  readonly chargedIn: ChargedIn;
  readonly targets: readonly Ref[];
}

/** `address`: of a chat, whose `url` only shows where it is. */
export type WantedTarget = Target & { readonly address?: string };

/** An organisation file as read: shapes are right, references are not looked up yet. */
export interface Organisation {
  readonly tenant: Wanted<TenantRecord>;
  readonly users: readonly Wanted<User>[];
  readonly accounts: readonly Wanted<WantedAccount>[];
  readonly ownership: readonly Wanted<WantedOwnership>[];
  readonly producers: readonly Wanted<Pick<ProducerRecord, 'id' | 'type' | 'simulated' | 'keys'>>[];
  readonly meters: readonly Wanted<MeterRecord>[];
  readonly pricingUnits: readonly Wanted<WantedPricingUnit>[];
  readonly series: readonly Wanted<WantedSeries>[];
  readonly prices: readonly Wanted<WantedPrice>[];
  readonly fees: readonly Wanted<WantedAgreed>[];
  readonly agreements: readonly Wanted<WantedAgreed>[];
  readonly targets: readonly Wanted<WantedTarget>[];
  readonly budgets: readonly Wanted<WantedBudget>[];
  readonly wallets: readonly Wanted<WantedWallet>[];
}

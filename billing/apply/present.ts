import type {
  AgreementRecord,
  BudgetRecord,
  FeeRecord,
  MeterRecord,
  OwnershipRecord,
  PriceRecord,
  ProducerRecord,
  TenantRecord,
} from '#core/messages/control.ts';
import { accountsOf, findTenant, ownershipOf, type OwnAccount } from '../accounts/accounts.ts';
import { usersOf } from '../access/users.ts';
import { budgetsOf } from '../budgets/budgets.ts';
import { recordsOf } from '../catalogue/agreed.ts';
import type { PricingUnitRecord } from '#core/messages/pricingUnit.ts';
import type { SeriesPoint, SeriesRecord } from '#core/messages/series.ts';
import { metersOf, toPrice } from '../catalogue/catalogue.ts';
import { pricingUnitsOf } from '../catalogue/pricingUnits.ts';
import { pointsOf, seriesOf } from '../catalogue/series.ts';
import type { WalletRecord } from '#core/messages/credit.ts';
import { walletsOf } from '../credits/credits.ts';
import { producersOf } from '../producers/producers.ts';
import type { Reader } from '../schema.ts';
import { targetsOf, type Target } from '../targets/targets.ts';
import type { Organisation, User } from './organisation.ts';

/** A tenant's master data as it is now; of a tenant to be, nothing. */
export interface Present {
  readonly tenant: TenantRecord | undefined;
  /** Highest dense ids given so far. */
  readonly lastAccount: number;
  readonly lastPrice: number;
  readonly users: readonly User[];
  readonly accounts: readonly OwnAccount[];
  readonly ownership: readonly OwnershipRecord[];
  readonly producers: readonly ProducerRecord[];
  readonly meters: readonly MeterRecord[];
  readonly pricingUnits: readonly PricingUnitRecord[];
  readonly series: readonly SeriesRecord[];
  /** The newest of each interval that the file speaks of, by series. */
  readonly points: ReadonlyMap<string, readonly SeriesPoint[]>;
  readonly prices: readonly PriceRecord[];
  readonly fees: readonly FeeRecord[];
  readonly agreements: readonly AgreementRecord[];
  readonly targets: readonly Target[];
  readonly budgets: readonly BudgetRecord[];
  readonly wallets: readonly WalletRecord[];
}

/** `series` are those of the file. */
export async function readPresent(db: Reader, id: string, series: Organisation['series']): Promise<Present> {
  const row = await findTenant(db, id);
  const prices = await db.selectFrom('price').selectAll().where('tenant', '=', id).orderBy('id').execute();
  return {
    tenant: row === undefined ? undefined : { id, name: row.name, currency: row.currency, timeZone: row.time_zone },
    lastAccount: row?.last_account ?? 0,
    lastPrice: row?.last_price ?? 0,
    users: await usersOf(db, id),
    accounts: await accountsOf(db, id),
    ownership: await ownershipOf(db, id),
    producers: await producersOf(db, id),
    meters: await metersOf(db, id),
    pricingUnits: await pricingUnitsOf(db, id),
    series: await seriesOf(db, id),
    points: await pointsIn(db, id, series),
    prices: prices.map(toPrice),
    fees: await recordsOf(db, id, 'fee'),
    agreements: await recordsOf(db, id, 'agreement'),
    targets: await targetsOf(db, id),
    budgets: await budgetsOf(db, id),
    wallets: await walletsOf(db, id),
  };
}

async function pointsIn(
  db: Reader,
  tenant: string,
  series: Organisation['series'],
): Promise<Map<string, SeriesPoint[]>> {
  const known = new Map<string, SeriesPoint[]>();
  for (const { id, points } of series) {
    const begins = points.map(({ fromMs }) => fromMs);
    const span = {
      fromMs: begins.reduce((a, b) => Math.min(a, b), Infinity),
      toMs: begins.reduce((a, b) => Math.max(a, b), -1) + 1,
    };
    if (points.length > 0) known.set(id, await pointsOf(db, tenant, id, span));
  }
  return known;
}

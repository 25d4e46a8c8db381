import type { MeterRecord, PriceRecord } from '#core/messages/control.ts';
import type { Prices } from '#core/messages/api.ts';
import type { Insertable, Selectable } from 'kysely';
import type { MeterTable, PriceTable, Reader } from '../schema.ts';

/** Every meter of the tenant, by id. */
export async function metersOf(db: Reader, tenant: string): Promise<MeterRecord[]> {
  const rows = await db.selectFrom('meter').selectAll().where('tenant', '=', tenant).orderBy('id').execute();
  return rows.map(
    ({ id, metric, unit, scale, aggregation, distinct_by: distinct, exact, slots, samples, recurs, filter }) => ({
      id,
      metric,
      unit,
      scale,
      aggregation,
      ...(distinct === null ? {} : { distinct }),
      ...(exact === null ? {} : { exact }),
      ...(slots === null ? {} : { slots }),
      ...(samples === null ? {} : { samples }),
      ...(recurs === null ? {} : { recurs }),
      filter,
    }),
  );
}

export const meterRow = (
  tenant: string,
  { distinct, exact, slots, samples, recurs, filter, ...meter }: MeterRecord,
): Insertable<MeterTable> => ({
  tenant,
  ...meter,
  distinct_by: distinct ?? null,
  exact: exact === undefined ? null : JSON.stringify(exact),
  slots: slots === undefined ? null : JSON.stringify(slots),
  samples: samples === undefined ? null : JSON.stringify(samples),
  recurs: recurs === undefined ? null : JSON.stringify(recurs),
  filter: JSON.stringify(filter),
});

export type ApprovedPrice = Prices['prices'][number];

/** Every price version of the tenant with who approved it, oldest id first. */
export async function pricesOf(db: Reader, tenant: string): Promise<ApprovedPrice[]> {
  const rows = await db.selectFrom('price').selectAll().where('tenant', '=', tenant).orderBy('id').execute();
  return rows.map((row) => ({ ...toPrice(row), approvedBy: row.approved_by, approvedAtMs: row.approved_at_ms }));
}

export const toPrice = (row: Selectable<PriceTable>): PriceRecord => ({
  id: row.id,
  key: row.key,
  version: row.version,
  service: row.service,
  component: row.component,
  meter: row.meter,
  currency: row.currency,
  account: row.account,
  effectiveFromMs: row.effective_from_ms,
  tallyScope: row.tally_scope,
  ...(row.split === null ? {} : { split: row.split }),
  ...(row.period === null ? {} : { period: row.period }),
  unit: row.unit,
  allowance: row.allowance,
  model: row.model,
  ...(row.quantity === null ? {} : { quantity: row.quantity }),
  ...(row.discount_percent === null ? {} : { discountPercent: row.discount_percent }),
  ...(row.maximum === null ? {} : { maximum: row.maximum }),
  ...(row.rollover === null ? {} : { rollover: row.rollover }),
  ...(row.prorate === null ? {} : { prorate: row.prorate }),
  ...(row.on_version === null ? {} : { onVersion: row.on_version }),
  ...(row.plan === null ? {} : { plan: row.plan }),
  ...(row.contract === null ? {} : { contract: row.contract }),
});

export const priceRow = (
  tenant: string,
  price: PriceRecord,
  approval: { readonly by: string; readonly atMs: number },
): Insertable<PriceTable> => ({
  tenant,
  id: price.id,
  key: price.key,
  version: price.version,
  service: price.service,
  component: price.component,
  meter: price.meter,
  currency: price.currency,
  account: price.account,
  effective_from_ms: price.effectiveFromMs,
  tally_scope: price.tallyScope,
  split: price.split ?? null,
  period: price.period === undefined ? null : JSON.stringify(price.period),
  unit: JSON.stringify(price.unit),
  allowance: price.allowance,
  model: JSON.stringify(price.model),
  quantity: price.quantity === undefined ? null : JSON.stringify(price.quantity),
  discount_percent: price.discountPercent ?? null,
  maximum: price.maximum ?? null,
  rollover: price.rollover === undefined ? null : JSON.stringify(price.rollover),
  prorate: price.prorate === undefined ? null : JSON.stringify(price.prorate),
  on_version: price.onVersion ?? null,
  plan: price.plan ?? null,
  contract: price.contract ?? null,
  approved_by: approval.by,
  approved_at_ms: approval.atMs,
});

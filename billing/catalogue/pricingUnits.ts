/** Pricing units of a tenant (core/SPEC.md §9.8.2): what is charged in instead of money, and what it is worth. */
import type { PricingUnitRecord } from '#core/messages/pricingUnit.ts';
import type { Insertable } from 'kysely';
import type { PricingUnitTable, Reader } from '../schema.ts';

/** Every unit of the tenant, by id. */
export async function pricingUnitsOf(db: Reader, tenant: string): Promise<PricingUnitRecord[]> {
  const rows = await db.selectFrom('pricing_unit').selectAll().where('tenant', '=', tenant).orderBy('id').execute();
  return rows.map(({ id, name, decimals, value }) => ({ id, name, decimals, ...(value === null ? {} : { value }) }));
}

export const pricingUnitRow = (
  tenant: string,
  { value, ...unit }: PricingUnitRecord,
): Insertable<PricingUnitTable> => ({ tenant, ...unit, value: value === undefined ? null : JSON.stringify(value) });

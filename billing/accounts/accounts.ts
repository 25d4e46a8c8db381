import type { AccountRecord, OwnershipRecord, TenantRecord } from '#core/messages/control.ts';
import type { Selectable } from 'kysely';
import { billingError } from '../errors.ts';
import type { AccountTable, Reader, TenantTable } from '../schema.ts';

/** The tenant's record, or TENANT_UNKNOWN. */
export async function tenantOf(db: Reader, tenant: string): Promise<TenantRecord> {
  const row = await findTenant(db, tenant);
  if (row === undefined) throw billingError('TENANT_UNKNOWN', tenant, { tenant });
  return { id: row.id, name: row.name, currency: row.currency, timeZone: row.time_zone };
}

export const findTenant = (db: Reader, tenant: string): Promise<Selectable<TenantTable> | undefined> =>
  db.selectFrom('tenant').selectAll().where('id', '=', tenant).executeTakeFirst();

export async function tenantIds(db: Reader): Promise<string[]> {
  return (await db.selectFrom('tenant').select('id').orderBy('created_ms').orderBy('id').execute()).map(({ id }) => id);
}

/** An account with what the rater need not know. */
export interface OwnAccount extends AccountRecord {
  /** Of a root: its periods close by themselves so many days after their end; null or absent: never. */
  readonly closeAfterDays?: number | null;
}

/** Every account of the tenant, parents before children. */
export async function accountsOf(db: Reader, tenant: string): Promise<OwnAccount[]> {
  const rows = await db.selectFrom('account').selectAll().where('tenant', '=', tenant).orderBy('id').execute();
  return rows.map(toAccount);
}

const toAccount = (row: Selectable<AccountTable>): OwnAccount => ({
  id: row.id,
  slug: row.slug,
  name: row.name,
  parent: row.parent,
  type: row.type as AccountRecord['type'],
  timeZone: row.time_zone,
  ...(row.starts_on === null ? {} : { startsOn: row.starts_on }),
  ...(Object.keys(row.tags).length === 0 ? {} : { tags: row.tags }),
  ...(row.close_after_days === null ? {} : { closeAfterDays: row.close_after_days }),
});

/** Who owns which resources from when, by resource and time. */
export async function ownershipOf(db: Reader, tenant: string): Promise<OwnershipRecord[]> {
  const rows = await db
    .selectFrom('ownership')
    .select(['resource', 'account', 'from_ms'])
    .where('tenant', '=', tenant)
    .orderBy('resource')
    .orderBy('from_ms')
    .execute();
  return rows.map((row) => ({ resource: row.resource, account: row.account, fromMs: row.from_ms }));
}

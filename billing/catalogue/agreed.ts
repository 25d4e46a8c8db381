/** Fees and agreements: published like prices, read here, written by `apply/`. */
import type { Insertable } from 'kysely';
import type { Approved } from '#core/messages/api.ts';
import type { AgreementRecord, FeeRecord } from '#core/messages/control.ts';
import type { AgreedTable, Reader } from '../schema.ts';

interface Records {
  readonly fee: FeeRecord;
  readonly agreement: AgreementRecord;
}

/** Every version, oldest id first. */
export async function recordsOf<Kind extends keyof Records>(
  db: Reader,
  tenant: string,
  kind: Kind,
): Promise<Records[Kind][]> {
  return (await agreedOf(db, tenant, kind)).map(
    ({ approvedBy: _by, approvedAtMs: _at, ...record }) => record as unknown as Records[Kind],
  );
}

/** Every version with who approved it, oldest id first. */
export async function agreedOf<Kind extends keyof Records>(
  db: Reader,
  tenant: string,
  kind: Kind,
): Promise<Approved<Records[Kind]>[]> {
  const rows = await db
    .selectFrom('agreed')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('kind', '=', kind)
    .orderBy('id')
    .execute();
  return rows.map(({ record, approved_by: approvedBy, approved_at_ms: approvedAtMs }) => ({
    ...(record as Records[Kind]),
    approvedBy,
    approvedAtMs,
  }));
}

export const agreedRow = (
  tenant: string,
  kind: keyof Records,
  record: FeeRecord | AgreementRecord,
  approval: { readonly by: string; readonly atMs: number },
): Insertable<AgreedTable> => ({
  tenant,
  id: record.id,
  kind,
  key: record.key,
  version: record.version,
  record: JSON.stringify(record),
  approved_by: approval.by,
  approved_at_ms: approval.atMs,
});

import { auditHash, type AuditRow } from './append.ts';
import { billingLimits } from '../limits.ts';
import type { AuditTable, Reader } from '../schema.ts';
import type { Selectable } from 'kysely';

const toRow = (row: Selectable<AuditTable>): AuditRow => ({
  tenant: row.tenant,
  seq: row.seq,
  id: row.id,
  atMs: row.at_ms,
  actor: row.actor,
  action: row.action,
  subject: row.subject,
  before: row.before,
  after: row.after,
  why: row.why,
  prevHash: row.prev_hash,
  hash: row.hash,
});

/** A page, newest first, of the rows before `beforeSeq`. */
export async function auditPage(
  db: Reader,
  tenant: string,
  page: { readonly limit: number; readonly beforeSeq?: number | undefined },
): Promise<AuditRow[]> {
  let query = db.selectFrom('audit').selectAll().where('tenant', '=', tenant);
  if (page.beforeSeq !== undefined) query = query.where('seq', '<', page.beforeSeq);
  return (await query.orderBy('seq', 'desc').limit(page.limit).execute()).map(toRow);
}

export interface ChainCheck {
  readonly ok: boolean;
  /** Rows that hold. */
  readonly checked: number;
  /** First seq that does not hold; null when all do. */
  readonly brokenAt: number | null;
  /** Hash of the newest row that holds; kept elsewhere, it proves later that no row was cut off. */
  readonly head: string;
}

/** Recomputes the tenant's whole chain: a row changed, inserted, moved or removed shows, also one missing at the end. */
export async function verifyAudit(db: Reader, tenant: string): Promise<ChainCheck> {
  const last = await db.selectFrom('tenant').select('last_audit').where('id', '=', tenant).executeTakeFirst();
  const expected = last?.last_audit ?? 0;
  let checked = 0;
  let head = '';
  for (;;) {
    const rows = await db
      .selectFrom('audit')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('seq', '>', checked)
      .orderBy('seq')
      .limit(billingLimits.auditVerifyBatch)
      .execute();
    for (const row of rows.map(toRow)) {
      const holds = row.seq === checked + 1 && row.prevHash === head && row.hash === auditHash(row);
      if (!holds) return { ok: false, checked, brokenAt: checked + 1, head };
      checked = row.seq;
      head = row.hash;
    }
    if (rows.length < billingLimits.auditVerifyBatch) break;
  }
  return checked >= expected
    ? { ok: true, checked, brokenAt: null, head }
    : { ok: false, checked, brokenAt: checked + 1, head };
}

import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical.ts';
import type { JsonValue, Tx } from '../schema.ts';

/** Who did what to what, why, and what it was before and after. Holds no secret. */
export interface AuditEntry {
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly before: JsonValue;
  readonly after: JsonValue;
  readonly why: string;
}

export interface AuditRow extends AuditEntry {
  readonly tenant: string;
  /** Gapless from 1 per tenant. */
  readonly seq: number;
  /** `<tenant>-<seq>`. */
  readonly id: string;
  readonly atMs: number;
  /** Hash of the row before, "" for the first. */
  readonly prevHash: string;
  readonly hash: string;
}

/** base64url SHA-256 of the row's content and of the hash before it. */
export function auditHash(row: Omit<AuditRow, 'hash' | 'id'>): string {
  const { tenant, seq, atMs, actor, action, subject, before, after, why, prevHash } = row;
  const text = canonicalJson([tenant, seq, atMs, actor, action, subject, before, after, why, prevHash]);
  return createHash('sha256').update(text).digest('base64url');
}

/** Appends to the tenant's chain and returns the row's id. The caller holds the tenant's lock. */
export async function appendAudit(tx: Tx, tenant: string, atMs: number, entry: AuditEntry): Promise<string> {
  const { last_audit: seq } = await tx
    .updateTable('tenant')
    .set((eb) => ({ last_audit: eb('last_audit', '+', 1) }))
    .where('id', '=', tenant)
    .returning('last_audit')
    .executeTakeFirstOrThrow();
  const previous = await tx
    .selectFrom('audit')
    .select('hash')
    .where('tenant', '=', tenant)
    .where('seq', '=', seq - 1)
    .executeTakeFirst();
  const prevHash = previous?.hash ?? '';
  const id = `${tenant}-${seq}`;
  await tx
    .insertInto('audit')
    .values({
      tenant,
      seq,
      id,
      at_ms: atMs,
      actor: entry.actor,
      action: entry.action,
      subject: entry.subject,
      before: canonicalJson(entry.before),
      after: canonicalJson(entry.after),
      why: entry.why,
      prev_hash: prevHash,
      hash: auditHash({ ...entry, tenant, seq, atMs, prevHash }),
    })
    .execute();
  return id;
}

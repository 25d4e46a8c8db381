import { sql } from 'kysely';
import type { ControlChange } from '#core/messages/control.ts';
import type { Placement } from '#core/messages/names.ts';
import { appendAudit } from './audit/append.ts';
import { billingError } from './errors.ts';
import { enqueue } from './outbox/enqueue.ts';
import type { Db, JsonValue, Tx } from './schema.ts';

/** What the back office stands on; every domain is handed it. */
export interface Office {
  readonly db: Db;
  /** UTC ms. */
  readonly now: () => number;
  /** For placing a new tenant. */
  readonly placement: Placement;
  /** Called after a commit that left something to publish. */
  readonly wake: () => void;
}

/** Who asks, in which tenant, and the trace that the control message carries on. */
export interface Author {
  readonly tenant: string;
  readonly actor: string;
  readonly trace: string;
}

/** What a change did, as the audit log and the rater hear of it. */
export interface Recorded {
  readonly action: string;
  readonly subject: string;
  readonly before: JsonValue;
  readonly after: JsonValue;
  readonly why: string;
  /** What the rater must know; empty when the change is none of its business. */
  readonly changes: readonly ControlChange[];
}

export interface Changed<Result> {
  readonly result: Result;
  /** Undefined when nothing changed: no audit row, no message. */
  readonly recorded?: Recorded | undefined;
}

export interface Done<Result> {
  readonly result: Result;
  readonly auditId: string | null;
  readonly messages: number;
}

/**
 * Runs a change of one tenant: rows, audit row and control messages are committed together or not at all. Changes of a
 * tenant run one after another, so what `work` reads holds until it is written.
 */
export async function change<Result>(
  office: Office,
  author: Author,
  work: (tx: Tx) => Promise<Changed<Result>>,
): Promise<Done<Result>> {
  const done = await office.db.transaction().execute(async (tx) => {
    await lockTenant(tx, author.tenant);
    const { result, recorded } = await work(tx);
    if (recorded === undefined) return { result, auditId: null, messages: 0 };
    const atMs = office.now();
    const auditId = await appendAudit(tx, author.tenant, atMs, { ...recorded, actor: author.actor });
    const { partition } = await tx
      .selectFrom('tenant')
      .select('partition')
      .where('id', '=', author.tenant)
      .executeTakeFirstOrThrow(() => billingError('TENANT_UNKNOWN', author.tenant, { tenant: author.tenant }));
    const set = { tenant: author.tenant, partition, auditId, trace: author.trace, atMs, changes: recorded.changes };
    return { result, auditId, messages: await enqueue(tx, set) };
  });
  if (done.auditId !== null) office.wake();
  return done;
}

/** An advisory lock rather than the row's, for the tenant may not exist yet. */
export async function lockTenant(tx: Tx, tenant: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`tenant:${tenant}`}, 0))`.execute(tx);
}

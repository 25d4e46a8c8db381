/** Who has taken note of which alert. */
import type { Acknowledgement } from '#core/messages/alert.ts';
import { change, type Author, type Done, type Office } from '../change.ts';
import { billingError } from '../errors.ts';
import { billingLimits } from '../limits.ts';
import type { Reader } from '../schema.ts';

/** The newest first. */
export async function acknowledgementsOf(db: Reader, tenant: string): Promise<Acknowledgement[]> {
  const rows = await db
    .selectFrom('acknowledgement')
    .selectAll()
    .where('tenant', '=', tenant)
    .orderBy('at_ms', 'desc')
    .orderBy('alert')
    .limit(billingLimits.acknowledgementsMax)
    .execute();
  return rows.map(({ alert, actor, at_ms: atMs, note }) => ({ alert, actor, atMs, note }));
}

/** Keeps the first acknowledgement of an alert, and gives it. Throws ALERT_UNKNOWN for an id of another tenant. */
export function acknowledge(
  office: Office,
  author: Author,
  { alert, note }: { readonly alert: string; readonly note: string },
): Promise<Done<Acknowledgement>> {
  const { tenant, actor } = author;
  // Ids of alerts begin with their tenant.
  if (!alert.startsWith(`${tenant}:`)) throw billingError('ALERT_UNKNOWN', alert, { alert });
  return change(office, author, async (tx) => {
    const known = await tx
      .selectFrom('acknowledgement')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('alert', '=', alert)
      .executeTakeFirst();
    if (known !== undefined) return { result: { alert, actor: known.actor, atMs: known.at_ms, note: known.note } };
    const result: Acknowledgement = { alert, actor, atMs: office.now(), note };
    await tx.insertInto('acknowledgement').values({ tenant, alert, actor, at_ms: result.atMs, note }).execute();
    const subject = `alert/${alert}`;
    return {
      result,
      recorded: { action: 'alert.acknowledge', subject, before: {}, after: {}, why: note, changes: [] },
    };
  });
}

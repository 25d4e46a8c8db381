import { createHash } from 'node:crypto';
import { change, type Author, type Changed, type Done, type Office } from './change.ts';
import { billingError } from './errors.ts';
import { billingLimits } from './limits.ts';
import { canonicalJson } from './audit/canonical.ts';
import type { JsonValue, Tx } from './schema.ts';

export interface Request {
  /** Value of the header; undefined for none. */
  readonly key: string | undefined;
  /** What makes two requests the same: the route, its parameters and the body. */
  readonly content: JsonValue;
}

/**
 * Runs a change once per Idempotency-Key: a repeated request gets the first one's answer and changes nothing. Key,
 * answer and change are committed together, so a request cut off in between is simply done by its repetition.
 */
export async function changeOnce<Result extends object>(
  office: Office,
  author: Author,
  request: Request,
  work: (tx: Tx) => Promise<Changed<Result>>,
): Promise<Done<Result>> {
  const { key } = request;
  if (key === undefined) return change(office, author, work);
  const hash = createHash('sha256')
    .update(canonicalJson([author.actor, request.content]))
    .digest('base64url');
  return change(office, author, async (tx) => {
    const oldest = office.now() - billingLimits.idempotencyMs;
    await tx.deleteFrom('idempotency').where('tenant', '=', author.tenant).where('created_ms', '<', oldest).execute();
    const known = await tx
      .selectFrom('idempotency')
      .selectAll()
      .where('tenant', '=', author.tenant)
      .where('key', '=', key)
      .executeTakeFirst();
    if (known !== undefined) {
      if (known.request_hash !== hash) throw billingError('IDEMPOTENCY_KEY_REUSED', '', { key });
      return { result: known.answer as unknown as Result };
    }
    const changed = await work(tx);
    await tx
      .insertInto('idempotency')
      .values({
        tenant: author.tenant,
        key,
        request_hash: hash,
        answer: JSON.stringify(changed.result),
        created_ms: office.now(),
      })
      .execute();
    return changed;
  });
}

/** Keys of scope `checks`: rows here, published hashed to the bucket `CHECK_KEYS`, by which raters verify them by themselves. */
import { Kvm } from '@nats-io/kv';
import type { CheckKeyRecord } from '#core/messages/checks.ts';
import { buckets } from '#core/messages/names.ts';
import type { NatsConnection } from '#platform/nats/index.ts';
import { change, type Author, type Done, type Office } from '../change.ts';
import { billingError } from '../errors.ts';
import { billingLimits } from '../limits.ts';
import type { Db, Tx } from '../schema.ts';
import { insertApiKey } from './access.ts';
import { newToken } from './tokens.ts';

/** Makes a key for the tenant, or for the account of that slug and all below it; its text is in this answer and nowhere else. */
export function createCheckKey(
  office: Office,
  author: Author,
  id: string,
  slug?: string,
): Promise<Done<{ key: string }>> {
  return change(office, author, async (tx) => {
    const { tenant } = author;
    const account = slug === undefined ? 0 : await accountOf(tx, tenant, slug);
    await requireFew(tx, tenant);
    const key = newToken('apiKey');
    const row = { tenant, id, role: 'viewer', scope: 'checks', account, key, nowMs: office.now() } as const;
    if (!(await insertApiKey(tx, row))) throw billingError('API_KEY_EXISTS', id, { id });
    const recorded = {
      action: 'api_key.create',
      subject: `key/${id}`,
      before: {},
      after: { id, scope: 'checks', account },
      why: '',
      changes: [],
    };
    return { result: { key }, recorded };
  });
}

async function accountOf(tx: Tx, tenant: string, slug: string): Promise<number> {
  const row = await tx
    .selectFrom('account')
    .select('id')
    .where('tenant', '=', tenant)
    .where('slug', '=', slug)
    .executeTakeFirst();
  if (row === undefined) throw billingError('ACCOUNT_UNKNOWN', slug, { account: slug });
  return row.id;
}

async function requireFew(tx: Tx, tenant: string): Promise<void> {
  const { checkKeysMax } = billingLimits;
  const { count } = await tx
    .selectFrom('api_key')
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .where('tenant', '=', tenant)
    .where('scope', '=', 'checks')
    .where('revoked_ms', 'is', null)
    .executeTakeFirstOrThrow();
  if (Number(count) >= checkKeysMax)
    throw billingError('API_KEYS_TOO_MANY', `There are ${checkKeysMax}.`, { limit: checkKeysMax });
}

/** Where raters read keys, by `bucketKey`. */
export interface CheckKeyBucket {
  keys(): Promise<string[]>;
  put(key: string, record: CheckKeyRecord): Promise<void>;
  delete(key: string): Promise<void>;
}

/** The bucket, made when it is missing. */
export async function checkKeyBucket(connection: NatsConnection, replicas: number): Promise<CheckKeyBucket> {
  const bucket = await new Kvm(connection).create(buckets.checkKeys, { replicas });
  return {
    keys: async () => Array.fromAsync(await bucket.keys()),
    put: async (key, record) => void (await bucket.put(key, JSON.stringify(record))),
    delete: (key) => bucket.delete(key),
  };
}

/** As `sha256` of the platform, from the hash that the database keeps. */
const bucketKey = (hash: Uint8Array): string => Buffer.from(hash).toString('base64url');

/** After a start the bucket may be another than the one that was written: all is published again, and what nobody knows goes. */
export async function reconcileCheckKeys(db: Db, bucket: CheckKeyBucket): Promise<void> {
  await db.updateTable('api_key').set({ published: false }).where('scope', '=', 'checks').execute();
  const rows = await db.selectFrom('api_key').select('hash').where('scope', '=', 'checks').execute();
  const known = new Set(rows.map(({ hash }) => bucketKey(hash)));
  for (const key of await bucket.keys()) if (!known.has(key)) await bucket.delete(key);
}

/** Publishes keys that were made or revoked. A crash in between publishes one again, which changes nothing. */
export async function publishCheckKeys(db: Db, bucket: CheckKeyBucket): Promise<void> {
  const rows = await db
    .selectFrom('api_key')
    .selectAll()
    .where('scope', '=', 'checks')
    .where('published', '=', false)
    .execute();
  for (const { hash, tenant, id, account, revoked_ms: revokedMs } of rows) {
    if (revokedMs === null) await bucket.put(bucketKey(hash), { tenant, id, account });
    else await bucket.delete(bucketKey(hash));
    // One that was revoked meanwhile is looked at again.
    await db
      .updateTable('api_key')
      .set({ published: true })
      .where('hash', '=', hash)
      .where('revoked_ms', revokedMs === null ? 'is' : '=', revokedMs)
      .execute();
  }
}

/** Webhook targets: rows here, published to the bucket `TARGETS`, from which the notifier delivers. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kvm } from '@nats-io/kv';
import type { TargetRecord } from '#core/messages/delivery.ts';
import { buckets } from '#core/messages/names.ts';
import type { NatsConnection } from '#platform/nats/index.ts';
import { seal } from '#platform/sealing.ts';
import { change, type Author, type Done, type Office } from '../change.ts';
import { billingError } from '../errors.ts';
import type { Db, Reader } from '../schema.ts';

/** A target without its secret: what anyone is shown. */
export interface Target {
  readonly id: string;
  readonly url: string;
  readonly enabled: boolean;
}

export async function targetsOf(db: Reader, tenant: string): Promise<Target[]> {
  return db.selectFrom('target').select(['id', 'url', 'enabled']).where('tenant', '=', tenant).orderBy('id').execute();
}

/** A Standard Webhooks secret. */
export const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/**
 * The first secret of a target: what lies in the file, else a new one that is put there (mode 0600), for the operator
 * to hand to the receiver. The file is read once; `rotateSecret` replaces the secret later.
 */
export function firstSecret(path: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(path, `${newSecret()}\n`, { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(path, 'utf8').trim();
}

export interface TargetChange {
  readonly url?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly reason: string;
}

export function changeTarget(office: Office, author: Author, id: string, to: TargetChange): Promise<Done<Target>> {
  return change(office, author, async (tx) => {
    const before = (await targetsOf(tx, author.tenant)).find((target) => target.id === id);
    if (before === undefined) throw billingError('TARGET_UNKNOWN', id, { target: id });
    const after = { id, url: to.url ?? before.url, enabled: to.enabled ?? before.enabled };
    if (after.url === before.url && after.enabled === before.enabled) return { result: before };
    await tx
      .updateTable('target')
      .set((eb) => ({ url: after.url, enabled: after.enabled, revision: eb('revision', '+', 1) }))
      .where('tenant', '=', author.tenant)
      .where('id', '=', id)
      .execute();
    const recorded = {
      action: 'target.change',
      subject: `target/${id}`,
      before: { ...before },
      after,
      why: to.reason,
      changes: [],
    };
    return { result: after, recorded };
  });
}

/** Gives the target a new secret and returns it, once; deliveries are signed with it as soon as the bucket has it. */
export function rotateSecret(
  office: Office,
  author: Author,
  id: string,
  sealing: { readonly key: Uint8Array; readonly reason: string },
): Promise<Done<{ secret: string }>> {
  return change(office, author, async (tx) => {
    const secret = newSecret();
    const row = await tx
      .updateTable('target')
      .set((eb) => ({ secret_sealed: seal(sealing.key, secret), revision: eb('revision', '+', 1) }))
      .where('tenant', '=', author.tenant)
      .where('id', '=', id)
      .returning('id')
      .executeTakeFirst();
    if (row === undefined) throw billingError('TARGET_UNKNOWN', id, { target: id });
    const recorded = {
      action: 'target.rotate',
      subject: `target/${id}`,
      before: {},
      after: {},
      why: sealing.reason,
      changes: [],
    };
    return { result: { secret }, recorded };
  });
}

/** Where the notifier reads targets, by key `<tenant>.<target>`. */
export interface TargetBucket {
  get(key: string): Promise<TargetRecord | undefined>;
  put(key: string, record: TargetRecord): Promise<void>;
}

/** The bucket, made when it is missing. */
export async function targetBucket(connection: NatsConnection, replicas: number): Promise<TargetBucket> {
  const bucket = await new Kvm(connection).create(buckets.targets, { replicas });
  return {
    async get(key) {
      const entry = await bucket.get(key);
      return entry?.operation === 'PUT' ? entry.json<TargetRecord>() : undefined;
    },
    async put(key, record) {
      await bucket.put(key, JSON.stringify(record));
    },
  };
}

/**
 * After a start the bucket may be another than the one that was written: what it lacks or holds otherwise is published
 * again. A target that the notifier turned off stays off until somebody changes it.
 */
export async function reconcileTargets(db: Db, bucket: TargetBucket): Promise<void> {
  for (const row of await db.selectFrom('target').selectAll().execute()) {
    const held = await bucket.get(`${row.tenant}.${row.id}`);
    if (held?.url === row.url && held.secret === row.secret_sealed) continue;
    await markPublished(db, row, 0);
  }
}

/** Publishes targets that changed. A crash in between publishes one again, which changes nothing. Returns how many. */
export async function publishTargets(db: Db, bucket: TargetBucket): Promise<number> {
  const rows = await db.selectFrom('target').selectAll().whereRef('revision', '<>', 'published_revision').execute();
  for (const row of rows) {
    await bucket.put(`${row.tenant}.${row.id}`, { url: row.url, secret: row.secret_sealed, enabled: row.enabled });
    await markPublished(db, row, row.revision);
  }
  return rows.length;
}

async function markPublished(
  db: Db,
  row: { readonly tenant: string; readonly id: string },
  revision: number,
): Promise<void> {
  await db
    .updateTable('target')
    .set({ published_revision: revision })
    .where('tenant', '=', row.tenant)
    .where('id', '=', row.id)
    .execute();
}

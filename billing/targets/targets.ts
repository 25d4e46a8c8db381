/** Targets of alerts: rows here, published to the bucket `TARGETS`, from which the notifier delivers. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kvm } from '@nats-io/kv';
import type { Selectable } from 'kysely';
import type { MailAddresses, TargetKind, TargetLimits, TargetRecord } from '#core/messages/delivery.ts';
import { buckets } from '#core/messages/names.ts';
import type { NatsConnection } from '#platform/nats/index.ts';
import { seal } from '#platform/sealing.ts';
import { sameValue } from '../apply/item.ts';
import { change, type Author, type Done, type Office } from '../change.ts';
import { billingError } from '../errors.ts';
import type { Db, JsonValue, Reader, TargetTable } from '../schema.ts';

/** A target without its secret: what anyone is shown. Of a chat the address is secret: `url` has its host and a fingerprint. */
export interface Target {
  readonly id: string;
  readonly kind: TargetKind;
  readonly url: string;
  readonly enabled: boolean;
  readonly mail?: MailAddresses;
  readonly limits: TargetLimits;
}

export async function targetsOf(db: Reader, tenant: string): Promise<Target[]> {
  const columns = ['id', 'kind', 'url', 'enabled', 'mail', 'limits'] as const;
  const rows = await db.selectFrom('target').select(columns).where('tenant', '=', tenant).orderBy('id').execute();
  return rows.map(({ mail, ...row }) => ({ ...row, ...(mail === null ? {} : { mail }) }));
}

export const isChat = (kind: TargetKind): boolean => kind === 'slack' || kind === 'teams' || kind === 'chat';

/** A chat's address as it may be shown: who knows the whole of it may write there. */
export const shownAddress = (url: string): string =>
  `${new URL(url).origin}/#${createHash('sha256').update(url).digest('hex').slice(0, 16)}`;

/** A Standard Webhooks secret. */
export const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/** A mail server's password, where the operator has put it into the file; "" without one. */
export function mailPassword(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return '';
  }
}

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
  readonly limits?: TargetLimits | undefined;
  readonly reason: string;
}

export function changeTarget(
  office: Office,
  author: Author,
  id: string,
  to: TargetChange & { readonly key: Uint8Array; readonly isTurnedOff: boolean },
): Promise<Done<Target>> {
  return change(office, author, async (tx) => {
    const before = (await targetsOf(tx, author.tenant)).find((target) => target.id === id);
    if (before === undefined) throw billingError('TARGET_UNKNOWN', id, { target: id });
    const isSecret = to.url !== undefined && isChat(before.kind);
    const url = to.url === undefined ? before.url : isSecret ? shownAddress(to.url) : to.url;
    const after = { ...before, url, enabled: to.enabled ?? before.enabled, limits: to.limits ?? before.limits };
    // One that the notifier turned off is turned on again by saying so.
    if (sameValue(before, after) && !(to.isTurnedOff && to.enabled === true)) return { result: before };
    const limits = JSON.stringify(after.limits);
    await tx
      .updateTable('target')
      .set((eb) => ({ url, enabled: after.enabled, limits, revision: eb('revision', '+', 1) }))
      .$if(isSecret, (update) => update.set({ secret_sealed: seal(to.key, to.url!) }))
      .where('tenant', '=', author.tenant)
      .where('id', '=', id)
      .execute();
    const recorded = {
      action: 'target.change',
      subject: `target/${id}`,
      before: { ...before } as object as JsonValue,
      after: { ...after } as object as JsonValue,
      why: to.reason,
      changes: [],
    };
    return { result: after, recorded };
  });
}

export interface Rotation {
  readonly key: Uint8Array;
  readonly reason: string;
  /** How long deliveries are signed with the secret before as well. */
  readonly overlapMs: number;
  /** Of a mail server, its password; others are made here. */
  readonly secret?: string | undefined;
}

/**
 * Gives the target a new secret and returns it, once; deliveries are signed with it as soon as the bucket has it, and
 * with the one before until the overlap ends. A secret before that one ends now. Throws TARGET_UNKNOWN,
 * TARGET_SECRET_GIVEN for a webhook with a secret, a mail server without, or a chat, whose secret is its address.
 */
export function rotateSecret(
  office: Office,
  author: Author,
  id: string,
  { key, reason, overlapMs, secret: given }: Rotation,
): Promise<Done<{ secret: string; previousUntilMs: number | null }>> {
  return change(office, author, async (tx) => {
    const row = await tx
      .selectFrom('target')
      .select(['kind', 'secret_sealed'])
      .where('tenant', '=', author.tenant)
      .where('id', '=', id)
      .executeTakeFirst();
    if (row === undefined) throw billingError('TARGET_UNKNOWN', id, { target: id });
    const isMail = row.kind === 'mail';
    if (isChat(row.kind) || isMail !== (given !== undefined))
      throw billingError('TARGET_SECRET_GIVEN', `${id} is of kind ${row.kind}.`, { target: id, kind: row.kind });
    const secret = given ?? newSecret();
    const previousUntilMs = isMail || overlapMs === 0 ? null : office.now() + overlapMs;
    await tx
      .updateTable('target')
      .set((eb) => ({
        secret_sealed: seal(key, secret),
        previous_sealed: previousUntilMs === null ? null : row.secret_sealed,
        previous_until_ms: previousUntilMs,
        revision: eb('revision', '+', 1),
      }))
      .where('tenant', '=', author.tenant)
      .where('id', '=', id)
      .execute();
    const recorded = {
      action: 'target.rotate',
      subject: `target/${id}`,
      before: {},
      after: { previousUntilMs },
      why: reason,
      changes: [],
    };
    return { result: { secret, previousUntilMs }, recorded };
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
    // Whether it is enabled is the notifier's, too.
    const { disabled: _, enabled = row.enabled, ...rest } = held ?? {};
    if (sameValue({ ...rest, enabled }, { ...recordOf(row), enabled })) continue;
    await markPublished(db, row, 0);
  }
}

/** Publishes targets that changed. A crash in between publishes one again, which changes nothing. Returns how many. */
export async function publishTargets(db: Db, bucket: TargetBucket): Promise<number> {
  const rows = await db.selectFrom('target').selectAll().whereRef('revision', '<>', 'published_revision').execute();
  for (const row of rows) {
    await bucket.put(`${row.tenant}.${row.id}`, recordOf(row));
    await markPublished(db, row, row.revision);
  }
  return rows.length;
}

const recordOf = ({ kind, url, enabled, mail, limits, ...row }: Selectable<TargetTable>): TargetRecord => ({
  kind,
  url,
  secret: row.secret_sealed,
  ...(row.previous_sealed === null
    ? {}
    : { previous: { secret: row.previous_sealed, untilMs: Number(row.previous_until_ms) } }),
  enabled,
  ...(mail === null ? {} : { mail }),
  limits,
});

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

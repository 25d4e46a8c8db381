/** Who may come in: API keys, one-time login links and the sessions that they open. Credentials are kept hashed. */
import type { Identity, Role } from '#platform/http/index.ts';
import { change, type Author, type Done, type Office } from '../change.ts';
import { billingError } from '../errors.ts';
import { billingLimits } from '../limits.ts';
import type { ApiKeyScope, Reader, Tx } from '../schema.ts';
import { hashToken, newToken, tokenKind } from './tokens.ts';

/** The identity behind an API key (`mtl_…`) or a session (`mts_…`); undefined when it opens nothing, now. */
export async function authenticate(office: Office, credential: string): Promise<Identity | undefined> {
  switch (tokenKind(credential)) {
    case 'apiKey':
      return byApiKey(office.db, credential);
    case 'session':
      return bySession(office, credential);
    default:
      return undefined;
  }
}

async function byApiKey(db: Reader, key: string): Promise<Identity | undefined> {
  const row = await db
    .selectFrom('api_key')
    .select(['tenant', 'id', 'role'])
    .where('hash', '=', hashToken(key))
    .where('scope', '=', 'office')
    .where('revoked_ms', 'is', null)
    .executeTakeFirst();
  return row === undefined ? undefined : { tenant: row.tenant, actor: `key/${row.id}`, role: row.role };
}

/** The role is the user's of this moment, so that a demoted or disabled user loses it at once. */
async function bySession({ db, now }: Office, token: string): Promise<Identity | undefined> {
  const row = await db
    .selectFrom('session')
    .innerJoin('member', (join) =>
      join.onRef('member.tenant', '=', 'session.tenant').onRef('member.id', '=', 'session.member'),
    )
    .select(['member.tenant', 'member.id', 'member.role'])
    .where('session.hash', '=', hashToken(token))
    .where('session.expires_ms', '>', now())
    .where('member.enabled', '=', true)
    .executeTakeFirst();
  return row === undefined ? undefined : { tenant: row.tenant, actor: row.id, role: row.role };
}

export interface LoginLink {
  readonly token: string;
  readonly user: string;
  readonly expiresAtMs: number;
}

/** A link for `user`, or for the tenant's first administrator. It opens one session, within ten minutes. */
export async function createLoginLink(office: Office, author: Author, user?: string): Promise<LoginLink> {
  const { result } = await change(office, author, async (tx) => {
    const member = await memberFor(tx, author.tenant, user);
    const token = newToken('loginLink');
    const expiresAtMs = office.now() + billingLimits.loginLinkMs;
    await tx.deleteFrom('login_link').where('expires_ms', '<=', office.now()).execute();
    await tx
      .insertInto('login_link')
      .values({ hash: hashToken(token), tenant: author.tenant, member, expires_ms: expiresAtMs })
      .execute();
    const recorded = {
      action: 'login.link',
      subject: `user/${member}`,
      before: {},
      after: { expiresAtMs },
      why: '',
      changes: [],
    };
    return { result: { token, user: member, expiresAtMs }, recorded };
  });
  return result;
}

async function memberFor(tx: Tx, tenant: string, user: string | undefined): Promise<string> {
  let query = tx.selectFrom('member').select('id').where('tenant', '=', tenant).where('enabled', '=', true);
  query = user === undefined ? query.where('role', '=', 'admin').orderBy('id').limit(1) : query.where('id', '=', user);
  const row = await query.executeTakeFirst();
  if (row === undefined) throw billingError('USER_UNKNOWN', user ?? 'No administrator.', { user: user ?? null });
  return row.id;
}

export interface Session {
  /** Value of the HttpOnly cookie `mtl_session`. */
  readonly token: string;
  readonly identity: Identity;
  readonly expiresAtMs: number;
}

/** Trades a login link for a session; the link is gone whether or not anything later fails. */
export async function logIn(office: Office, linkToken: string): Promise<Session> {
  const link = await office.db
    .deleteFrom('login_link')
    .where('hash', '=', hashToken(linkToken))
    .returning(['tenant', 'member', 'expires_ms'])
    .executeTakeFirst();
  if (link === undefined || link.expires_ms <= office.now()) throw billingError('LOGIN_LINK_INVALID');
  const token = newToken('session');
  const expiresAtMs = office.now() + billingLimits.sessionMs;
  await change(office, { tenant: link.tenant, actor: link.member, trace: '' }, async (tx) => {
    await tx.deleteFrom('session').where('expires_ms', '<=', office.now()).execute();
    await tx
      .insertInto('session')
      .values({ hash: hashToken(token), tenant: link.tenant, member: link.member, expires_ms: expiresAtMs })
      .execute();
    const recorded = {
      action: 'login',
      subject: `user/${link.member}`,
      before: {},
      after: { expiresAtMs },
      why: '',
      changes: [],
    };
    return { result: undefined, recorded };
  });
  const identity = await authenticate(office, token);
  if (identity === undefined) throw billingError('LOGIN_LINK_INVALID', 'The user is disabled.');
  return { token, identity, expiresAtMs };
}

/** Ends a session; one that is over already is no error. */
export async function logOut(office: Office, token: string): Promise<void> {
  await office.db.deleteFrom('session').where('hash', '=', hashToken(token)).execute();
}

export interface ApiKey {
  readonly id: string;
  readonly role: Role;
  /** `checks`: for raters alone, whatever its role; `account` confines it to that account and all below it, 0 to the tenant. */
  readonly scope: ApiKeyScope;
  readonly account: number;
  readonly createdAtMs: number;
}

/** Makes a key; its text is in this answer and nowhere else. */
export function createApiKey(office: Office, author: Author, id: string, role: Role): Promise<Done<{ key: string }>> {
  return change(office, author, async (tx) => {
    const key = newToken('apiKey');
    if (!(await insertApiKey(tx, { tenant: author.tenant, id, role, key, nowMs: office.now() }))) {
      throw billingError('API_KEY_EXISTS', id, { id });
    }
    const recorded = {
      action: 'api_key.create',
      subject: `key/${id}`,
      before: {},
      after: { id, role },
      why: '',
      changes: [],
    };
    return { result: { key }, recorded };
  });
}

/** Inserts a key; false when the tenant has had one of that id. */
export async function insertApiKey(
  tx: Tx,
  key: {
    readonly tenant: string;
    readonly id: string;
    readonly role: Role;
    readonly scope?: ApiKeyScope;
    readonly account?: number;
    readonly key: string;
    readonly nowMs: number;
  },
): Promise<boolean> {
  const row = await tx
    .insertInto('api_key')
    .values({
      hash: hashToken(key.key),
      tenant: key.tenant,
      id: key.id,
      role: key.role,
      scope: key.scope ?? 'office',
      account: key.account ?? 0,
      published: key.scope === undefined,
      created_ms: key.nowMs,
      revoked_ms: null,
    })
    .onConflict((conflict) => conflict.columns(['tenant', 'id']).doNothing())
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

export async function apiKeysOf(db: Reader, tenant: string): Promise<ApiKey[]> {
  const rows = await db
    .selectFrom('api_key')
    .select(['id', 'role', 'scope', 'account', 'created_ms'])
    .where('tenant', '=', tenant)
    .where('revoked_ms', 'is', null)
    .orderBy('id')
    .execute();
  return rows.map(({ created_ms: createdAtMs, ...row }) => ({ ...row, createdAtMs }));
}

export async function revokeApiKey(office: Office, author: Author, id: string): Promise<void> {
  await change(office, author, async (tx) => {
    const row = await tx
      .updateTable('api_key')
      .set({ revoked_ms: office.now(), published: false })
      .where('tenant', '=', author.tenant)
      .where('id', '=', id)
      .where('revoked_ms', 'is', null)
      .returning('role')
      .executeTakeFirst();
    if (row === undefined) throw billingError('API_KEY_UNKNOWN', id, { id });
    const recorded = {
      action: 'api_key.revoke',
      subject: `key/${id}`,
      before: { id, role: row.role },
      after: {},
      why: '',
      changes: [],
    };
    return { result: undefined, recorded };
  });
}

import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { openEmbedded } from './embedded.ts';
import { postgresError } from './errors.ts';
import { typeParsers } from './types.ts';

export const postgresLimits = {
  /** Connections to a server; a request beyond them waits. The embedded engine has one. */
  connectionsMax: 8,
  connectTimeoutMs: 5000,
  /** A statement that runs longer is cancelled and its transaction rolled back. */
  statementTimeoutMs: 30_000,
} as const;

/** Oldest server version that the suite runs on. */
export const postgresVersionMin = 15;

export interface Database<Tables> extends AsyncDisposable {
  readonly db: Kysely<Tables>;
  readonly engine: 'embedded' | 'server';
}

/**
 * Opens `embedded:<folder>` (PGlite in this process) or a `postgres://` URL. Both are driven by `pg`, so that types,
 * errors and transactions are the same. Throws POSTGRES_UNREACHABLE, _TOO_OLD, _LOCKED or _CORRUPT.
 */
export async function openDatabase<Tables>(url: string): Promise<Database<Tables>> {
  if (url.startsWith('embedded:')) {
    const { pool, close } = await openEmbedded(url.slice('embedded:'.length));
    return database<Tables>(pool, 'embedded', close);
  }
  const pool = new pg.Pool({
    connectionString: url,
    max: postgresLimits.connectionsMax,
    connectionTimeoutMillis: postgresLimits.connectTimeoutMs,
    statement_timeout: postgresLimits.statementTimeoutMs,
    types: typeParsers,
  });
  // A connection that breaks while idle is replaced by the next query; without a listener it would end the process.
  pool.on('error', () => {});
  await requireVersion(pool, url);
  return database<Tables>(pool, 'server', async () => {});
}

function database<Tables>(pool: pg.Pool, engine: 'embedded' | 'server', close: () => Promise<void>): Database<Tables> {
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return {
    db,
    engine,
    async [Symbol.asyncDispose]() {
      await db.destroy();
      await close();
    },
  };
}

async function requireVersion(pool: pg.Pool, url: string): Promise<void> {
  const where = withoutPassword(url);
  let version: number;
  try {
    const answer = await pool.query<{ server_version_num: string }>('SHOW server_version_num');
    version = Math.trunc(Number(answer.rows[0]?.server_version_num ?? 0) / 10_000);
  } catch (cause) {
    await pool.end();
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw postgresError('POSTGRES_UNREACHABLE', `${where}: ${detail}`, { where }, cause);
  }
  if (version >= postgresVersionMin) return;
  await pool.end();
  throw postgresError('POSTGRES_TOO_OLD', `${where} is version ${version}, need ${postgresVersionMin}.`, { version });
}

function withoutPassword(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return 'the configured address';
  }
}

import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import pg from 'pg';
import { createEmbedded } from './create.ts';
import { DurableNodeFs } from './durableFs.ts';
import { postgresError } from './errors.ts';
import { lockFile } from './lock.ts';
import { typeParsers } from './types.ts';

/**
 * Settings of the embedded engine. 8 MiB of buffers instead of 128 take 130 MiB off the process and suffice for master
 * data; `fsync` on with method `fsync`, the only one that reaches `DurableNodeFs`, makes a commit survive a power failure.
 */
export const embeddedSettings: Readonly<Record<string, string>> = {
  shared_buffers: '8MB',
  wal_buffers: '256kB',
  max_connections: '4',
  fsync: 'on',
  wal_sync_method: 'fsync',
  synchronous_commit: 'on',
  search_path: 'public',
  exit_on_error: 'false',
  log_checkpoints: 'false',
  max_worker_processes: '0',
  max_parallel_workers: '0',
  max_parallel_workers_per_gather: '0',
  max_parallel_maintenance_workers: '0',
  io_method: 'sync',
};

export interface EmbeddedPool {
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

/** Opens, and creates when missing, the database in `dir`; this process is then its only user. */
export async function openEmbedded(dir: string): Promise<EmbeddedPool> {
  const path = resolve(dir);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const lock = lockFile(`${path}.lock`);
  try {
    if (!existsSync(path) || readdirSync(path).length === 0) await createEmbedded(path);
    const engine = await openEngine(path);
    const config: pg.PoolConfig = Object.assign(createPgConfig(engine), {
      max: 1,
      idleTimeoutMillis: 0,
      types: typeParsers,
    });
    const pool = new pg.Pool(config);
    return {
      pool,
      async close() {
        await engine.close();
        lock[Symbol.dispose]();
      },
    };
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

async function openEngine(path: string): Promise<PGlite> {
  const said: string[] = [];
  const corrupt = (detail: string, cause?: unknown) =>
    postgresError('POSTGRES_CORRUPT', `${path}: ${detail}`, { path }, cause);
  if (!existsSync(join(path, 'PG_VERSION'))) throw corrupt('there is no PG_VERSION in it.');
  try {
    return await PGlite.create({
      fs: new DurableNodeFs(path),
      startParams: [
        '--single',
        '-O',
        '-j',
        ...Object.entries(embeddedSettings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
      ],
      onStderr: (text) => {
        if (said.length < 20) said.push(text.trim());
        return true;
      },
    });
  } catch (cause) {
    throw corrupt([...said, cause instanceof Error ? cause.message : String(cause)].join(' '), cause);
  }
}

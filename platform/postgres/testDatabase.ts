/** Real databases for tests: the embedded engine always, PostgreSQL when METERLINE_TEST_POSTGRES_BIN names its programs. */
import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { ensureTemplate } from './create.ts';
import { openDatabase, type Database } from './open.ts';

export interface TestEngine<Tables> extends AsyncDisposable {
  /** Opens the engine's database, emptied. Dispose of it before asking again. */
  fresh(): Promise<Database<Tables>>;
  /** Where `fresh` opens, for a test that opens it a second time or in another process. */
  readonly url: string;
}

const binaries = process.env['METERLINE_TEST_POSTGRES_BIN'];

/** Names of the engines that this run covers, for `describe.each`. */
export const testEngines: readonly ('embedded' | 'server')[] =
  binaries === undefined ? ['embedded'] : ['embedded', 'server'];

export async function startEngine<Tables>(kind: 'embedded' | 'server'): Promise<TestEngine<Tables>> {
  const dir = mkdtempSync(join(tmpdir(), 'meterline-postgres-'));
  if (kind === 'embedded') await ensureTemplate();
  const stop = kind === 'server' ? startServer(dir) : () => {};
  const url =
    kind === 'server'
      ? `postgres://postgres@localhost/postgres?host=${encodeURIComponent(dir)}`
      : `embedded:${dir}/data`;
  return {
    url,
    async fresh() {
      const database = await openDatabase<Tables>(url);
      await sql`DROP SCHEMA public CASCADE`.execute(database.db);
      await sql`CREATE SCHEMA public`.execute(database.db);
      return database;
    },
    async [Symbol.asyncDispose]() {
      stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A cluster of its own on a socket in `dir`, as user postgres when the tests run as root, which Postgres refuses. */
function startServer(dir: string): () => void {
  const root = process.getuid?.() === 0;
  if (root) {
    const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
    chownSync(dir, id('-u'), id('-g'));
  }
  const run = (program: string, ...options: string[]) => {
    const command = [join(binaries!, program), ...options];
    const [file, ...rest] = root ? ['runuser', '-u', 'postgres', '--', ...command] : command;
    execFileSync(file!, rest, { stdio: 'ignore', cwd: dir });
  };
  const data = join(dir, 'cluster');
  run('initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8');
  run('pg_ctl', '-D', data, '-w', '-l', join(dir, 'log'), '-o', `-k ${dir} -c listen_addresses= -c fsync=off`, 'start');
  return () => run('pg_ctl', '-D', data, '-m', 'immediate', '-w', 'stop');
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from './open.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'meterline-embedded-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** A process that opens the database, commits a row a transaction and prints each number once it is committed. */
function writer() {
  const script = `
    import { openDatabase } from ${JSON.stringify(new URL('./open.ts', import.meta.url).href)};
    import { sql } from 'kysely';
    const { db } = await openDatabase('embedded:' + process.argv[1]);
    await sql\`CREATE TABLE IF NOT EXISTS t (n int)\`.execute(db);
    for (let n = 0; ; n++) {
      await sql\`INSERT INTO t VALUES (\${n})\`.execute(db);
      console.log(n);
    }`;
  const options = ['--input-type=module', '--eval', script, join(dir, 'data')];
  return spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'], cwd: import.meta.dirname });
}

it('keeps every commit through kill -9, and has one user at a time', async () => {
  const child = writer();
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  while (!printed.includes('\n50\n')) await once(child.stdout, 'data');
  await expect(openDatabase(`embedded:${join(dir, 'data')}`)).rejects.toMatchObject({ code: 'POSTGRES_LOCKED' });
  child.kill('SIGKILL');
  await once(child, 'close');
  const committed = printed.trimEnd().split('\n').length;

  await using database = await openDatabase(`embedded:${join(dir, 'data')}`);
  const { rows } = await sql<{ count: number; max: number }>`SELECT count(*) AS count, max(n) AS max FROM t`.execute(
    database.db,
  );
  expect(rows[0]!.count).toBeGreaterThanOrEqual(committed);
  expect(rows[0]!.max).toBe(rows[0]!.count - 1);
});

it('syncs to disk by the settings it runs with', async () => {
  await using database = await openDatabase(`embedded:${join(dir, 'data')}`);
  const { rows } = await sql`SELECT current_setting('fsync') AS fsync, current_setting('wal_sync_method') AS method,
    current_setting('synchronous_commit') AS commit, current_setting('full_page_writes') AS pages`.execute(database.db);
  expect(rows).toEqual([{ fsync: 'on', method: 'fsync', commit: 'on', pages: 'on' }]);
});

it('sets itself up anew beside a set-up that was cut short, and in an empty folder', async () => {
  const path = join(dir, 'anew');
  mkdirSync(path);
  mkdirSync(`${path}.new`);
  writeFileSync(join(`${path}.new`, 'PG_VERSION'), '18');
  await using database = await openDatabase(`embedded:${path}`);
  expect((await sql`SELECT 1 AS one`.execute(database.db)).rows).toEqual([{ one: 1 }]);
  expect(existsSync(`${path}.new`)).toBe(false);
});

it('says that a folder is no database, or a broken one, and lets go of the lock', async () => {
  mkdirSync(join(dir, 'other'));
  writeFileSync(join(dir, 'other', 'letter.txt'), 'not a database');
  const foreign = openDatabase(`embedded:${join(dir, 'other')}`);
  await expect(foreign).rejects.toMatchObject({
    code: 'POSTGRES_CORRUPT',
    message: expect.stringContaining('PG_VERSION'),
  });

  writeFileSync(join(dir, 'data', 'global', 'pg_control'), 'damaged');
  const broken = openDatabase(`embedded:${join(dir, 'data')}`);
  await expect(broken).rejects.toMatchObject({ code: 'POSTGRES_CORRUPT' });
  await expect(openDatabase(`embedded:${join(dir, 'data')}`)).rejects.toMatchObject({ code: 'POSTGRES_CORRUPT' });
});

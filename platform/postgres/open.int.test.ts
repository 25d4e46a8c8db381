import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from './migrate.ts';
import { openDatabase } from './open.ts';
import { startEngine, testEngines, type TestEngine } from './testDatabase.ts';

describe.each(testEngines)('on the %s engine', (kind) => {
  let engine: TestEngine<unknown>;
  beforeAll(async () => {
    engine = await startEngine(kind);
  });
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
  });

  it('gives amounts as exact text, instants as numbers, JSON as values, and refuses integers JSON cannot carry', async () => {
    await using database = await engine.fresh();
    const { rows } = await sql`SELECT '12345678901234567890123456.000000000001'::numeric(38,12) AS amount,
      ${1_795_428_000_123}::bigint AS at, '{"a":["ü"]}'::jsonb AS json`.execute(database.db);
    expect(rows).toEqual([
      { amount: '12345678901234567890123456.000000000001', at: 1_795_428_000_123, json: { a: ['ü'] } },
    ]);
    await expect(sql`SELECT 9007199254740993::bigint AS n`.execute(database.db)).rejects.toThrow('9007199254740993');
  });

  it('reports a broken statement with its SQLSTATE and goes on, transaction rolled back', async () => {
    await using database = await engine.fresh();
    await sql`CREATE TABLE t (n int PRIMARY KEY)`.execute(database.db);
    const broken = database.db.transaction().execute(async (transaction) => {
      await sql`INSERT INTO t VALUES (1)`.execute(transaction);
      await sql`INSERT INTO t VALUES (1)`.execute(transaction);
    });
    await expect(broken).rejects.toMatchObject({ code: '23505' });
    expect((await sql`SELECT * FROM t`.execute(database.db)).rows).toEqual([]);
  });

  it('migrates in order, once, all or nothing, and refuses an edited file', async () => {
    await using database = await engine.fresh();
    const dir = mkdtempSync(join(tmpdir(), 'meterline-migrations-'));
    const folder = pathToFileURL(`${dir}/`);
    try {
      writeFileSync(join(dir, '0001_first.sql'), 'CREATE TABLE a (n int); INSERT INTO a VALUES (1);');
      expect(await migrate(database.db, folder)).toEqual(['0001_first.sql']);
      writeFileSync(join(dir, '0002_second.sql'), 'UPDATE a SET n = 2;');
      writeFileSync(join(dir, '0003_third.sql'), 'CREATE TABLE b (n int); SELECT broken;');
      await expect(migrate(database.db, folder)).rejects.toMatchObject({ code: '42703' });
      expect((await sql`SELECT n FROM a`.execute(database.db)).rows).toEqual([{ n: 1 }]);
      rmSync(join(dir, '0003_third.sql'));
      expect(await migrate(database.db, folder)).toEqual(['0002_second.sql']);
      expect(await migrate(database.db, folder)).toEqual([]);
      writeFileSync(join(dir, '0001_first.sql'), 'CREATE TABLE a (n bigint);');
      await expect(migrate(database.db, folder)).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' });
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

it('says that a server does not answer, without its password', async () => {
  const opening = openDatabase('postgres://someone:secret@127.0.0.1:1/nothing');
  await expect(opening).rejects.toMatchObject({ code: 'POSTGRES_UNREACHABLE' });
  await opening.catch((error: Error) => expect(error.message).not.toContain('secret'));
});

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql, type Kysely, type Transaction } from 'kysely';
import { postgresError } from './errors.ts';

/** Any number does, as long as nothing else in the database locks it. */
const migrationLock = 7_301_422;

const namePattern = /^\d{4}_[a-z0-9_]+\.sql$/;

/**
 * Applies the folder's `NNNN_name.sql` files, in order, each once, all in one transaction: a failure leaves the database
 * as it was. An applied file that changed or vanished is MIGRATION_CHANGED. Returns the names applied now.
 */
export async function migrate<Tables>(db: Kysely<Tables>, folder: URL): Promise<string[]> {
  const dir = fileURLToPath(folder);
  const files = readdirSync(dir)
    .filter((name) => namePattern.test(name))
    .toSorted()
    .map((name) => {
      const text = readFileSync(join(dir, name), 'utf8');
      return { name, text, checksum: createHash('sha256').update(text).digest('hex') };
    });
  return db.transaction().execute(async (transaction) => {
    const applied = await appliedSoFar(transaction);
    for (const [index, { name, checksum }] of applied.entries()) {
      if (files[index]?.name === name && files[index].checksum === checksum) continue;
      throw postgresError('MIGRATION_CHANGED', `${name} is not the file that was applied.`, { name });
    }
    const missing = files.slice(applied.length);
    for (const { name, text, checksum } of missing) {
      await sql.raw(text).execute(transaction);
      await sql`INSERT INTO migration (name, checksum, applied_at) VALUES (${name}, ${checksum}, now())`.execute(
        transaction,
      );
    }
    return missing.map(({ name }) => name);
  });
}

async function appliedSoFar<Tables>(transaction: Transaction<Tables>): Promise<{ name: string; checksum: string }[]> {
  await sql`SELECT pg_advisory_xact_lock(${migrationLock})`.execute(transaction);
  await sql`CREATE TABLE IF NOT EXISTS migration
    (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL)`.execute(transaction);
  const { rows } = await sql<{
    name: string;
    checksum: string;
  }>`SELECT name, checksum FROM migration ORDER BY name`.execute(transaction);
  return rows;
}

import { DatabaseSync } from 'node:sqlite';
import { postgresError } from './errors.ts';

/**
 * Holds a file for this process alone, through the lock of the operating system that SQLite (part of Node) takes: it
 * goes with the process however that ends, so a killed instance starts again at once and no stale file is in the way.
 * Throws POSTGRES_LOCKED when another process, or this one, holds it.
 */
export function lockFile(path: string): Disposable {
  const file = new DatabaseSync(path, { timeout: 0 });
  try {
    file.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (cause) {
    file.close();
    if ((cause as { errcode?: number }).errcode !== sqliteBusy) throw cause;
    throw postgresError('POSTGRES_LOCKED', `Lock file: ${path}.`, { path }, cause);
  }
  return { [Symbol.dispose]: () => file.close() };
}

const sqliteBusy = 5;

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { dataPaths } from '#platform/config.ts';
import { deployError } from '../errors.ts';
import { makeFolders, whyNotWritable } from './disk.ts';

export interface InstanceLock extends Disposable {
  /** Tells others whom they would meet, e.g. the address of the pages. */
  describe(holder: Omit<Holder, 'pid'>): void;
}

export interface Holder {
  readonly pid: number;
  readonly url: string;
}

/**
 * Takes the data directory for this process alone. The lock is the kernel's (SQLite's exclusive lock on an empty
 * file): it goes with its holder however that one ends, and it holds across containers that share the directory.
 * Throws INSTANCE_IN_USE, naming the holder, or DATA_DIR_UNUSABLE.
 */
export function lockInstance(dataDir: string): InstanceLock {
  const { run } = dataPaths(dataDir);
  const holderPath = join(run, 'holder.json');
  let database: DatabaseSync;
  try {
    makeFolders(run);
    database = new DatabaseSync(join(run, 'lock'));
  } catch (cause) {
    const detail = `${dataDir}: ${whyNotWritable(run) ?? (cause as Error).message}.`;
    throw deployError('DATA_DIR_UNUSABLE', detail, { dataDir }, cause);
  }
  const describe = (holder: Omit<Holder, 'pid'>) => {
    writeFileSync(holderPath, JSON.stringify({ pid: process.pid, ...holder }), { mode: 0o600 });
  };
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    describe({ url: '' });
  } catch (cause) {
    database.close();
    if ((cause as { errcode?: number }).errcode !== sqliteBusy) {
      throw deployError('DATA_DIR_UNUSABLE', `${dataDir}: ${(cause as Error).message}.`, { dataDir }, cause);
    }
    const holder = readHolder(dataDir);
    const who = holder === undefined ? '' : ` by process ${holder.pid}${holder.url === '' ? '' : `, at ${holder.url}`}`;
    throw deployError('INSTANCE_IN_USE', `${dataDir} is held${who}.`, { dataDir, ...holder }, cause);
  }
  return { describe, [Symbol.dispose]: () => database.close() };
}

/** Extended result codes carry the primary one in the low byte; an exclusive lock gives the plain SQLITE_BUSY. */
const sqliteBusy = 5;

/** Who holds, or last held, the directory. */
export function readHolder(dataDir: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(join(dataPaths(dataDir).run, 'holder.json'), 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

/** True when another process holds the directory now. */
export function isInstanceRunning(dataDir: string): boolean {
  try {
    lockInstance(dataDir)[Symbol.dispose]();
    return false;
  } catch (error) {
    return (error as { code?: string }).code === 'INSTANCE_IN_USE';
  }
}

import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { syncParent, syncTree } from './durableFs.ts';

/**
 * Makes an empty database in `path`: a copy of the template when there is one (half a second), else set up anew (some
 * four). Built beside its final place, synced and renamed, so that what is cut short never looks like a database. The
 * caller sees to it that nobody else makes the same one.
 */
export async function createEmbedded(path: string): Promise<void> {
  const template = templatePath();
  const unfinished = `${path}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  if (existsSync(template)) cpSync(template, unfinished, { recursive: true });
  else await setUp(unfinished);
  syncTree(unfinished);
  renameSync(unfinished, path);
  syncParent(path);
}

/** Makes the template when it is missing, so that databases made later on this machine are copies. */
export async function ensureTemplate(): Promise<void> {
  const template = templatePath();
  if (existsSync(template)) return;
  mkdirSync(dirname(template), { recursive: true });
  const unfinished = `${template}.${process.pid}`;
  await setUp(unfinished);
  try {
    renameSync(unfinished, template);
  } catch (error) {
    // Another process was first; its template is as good.
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(template)) throw error;
  }
}

/** One a version of the engine, below the program. */
function templatePath(): string {
  const manifest = new URL('../package.json', import.meta.resolve('@electric-sql/pglite'));
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return join(import.meta.dirname, '..', '..', '.cache', `postgres-${version}`);
}

async function setUp(dir: string): Promise<void> {
  await promisify(execFile)(process.execPath, [fileURLToPath(new URL('./initdb.ts', import.meta.url)), dir]);
}

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const modules = join(root, 'node_modules');
/** What is fetched or derived once and may be deleted at any time. */
export const cache = join(root, '.cache');
export const nodeBinary = join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

export function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Writes by rename, so that a reader or a crash never sees half a file. */
export function writeText(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, text);
  renameSync(fresh, path);
}

/** A note of what was done: without it the next start looks again, which is all that happens in a clone of another user. */
export function writeStamp(path, text) {
  try {
    writeText(path, text);
  } catch (error) {
    if (!isForbidden(error)) throw error;
  }
}

/** True for what a user may not write: a clone that somebody else set up, or a read-only disk. */
export const isForbidden = (error) => ['EACCES', 'EPERM', 'EROFS'].includes(error.code);

const unhashed = new Set(['node_modules', 'dist', '.git', '.cache', '.meterline', 'coverage']);

/** SHA-256 over names and contents of all files below `folders` (relative to the root); missing folders count as empty. */
export function hashSources(folders) {
  const hash = createHash('sha256');
  const visit = (path) => {
    for (const entry of listing(join(root, path))) {
      if (unhashed.has(entry.name)) continue;
      const child = `${path}/${entry.name}`;
      if (entry.isDirectory()) visit(child);
      else if (entry.isFile()) hash.update(`${child}\0`).update(readFileSync(join(root, child)));
    }
  };
  for (const folder of folders) visit(folder);
  hash.update(readText(join(root, 'package-lock.json')) ?? '');
  return hash.digest('hex');
}

function listing(path) {
  try {
    return readdirSync(path, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

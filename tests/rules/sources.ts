/** The files that the rules look at: what git tracks or would track; without git, what lies in the folder. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

const notOurs = new Set(['node_modules', '.git', '.meterline', '.cache', 'dist', 'coverage']);

function walk(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (notOurs.has(entry.name) || entry.name.endsWith('.log')) return [];
    return entry.isDirectory() ? walk(path) : [path];
  });
}

function listed(): string[] {
  try {
    const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
    const names = execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const found = names.split('\0').filter((name) => name !== '' && existsSync(join(root, name)));
    return found.length > 0 ? found : walk('');
  } catch {
    return walk('');
  }
}

/** Paths from the root of the repository, with forward slashes, in order. */
export const files: readonly string[] = [...new Set(listed())].sort();
export const sources: readonly string[] = files.filter((path) => /\.(ts|tsx|mjs)$/.test(path));
export const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Tests and what only tests use. */
export const isOfTests = (path: string): boolean =>
  /\.test\.tsx?$|(^|\/)testing\/|(^|\/)testHarness\.tsx?$/.test(path) || path.startsWith('tests/');

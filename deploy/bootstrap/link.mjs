import { mkdirSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isForbidden, modules } from './paths.mjs';

/** `node_modules/.bin/meterline`, which npm does not make for a package's own program; npx finds it there. */
export function ensureLink() {
  if (process.platform === 'win32') return;
  const link = join(modules, '.bin', 'meterline');
  const target = join('..', '..', 'bin', 'meterline.mjs');
  try {
    if (readlinkSync(link) === target) return;
    unlinkSync(link);
  } catch (error) {
    if (error.code !== 'ENOENT') return;
  }
  try {
    mkdirSync(join(modules, '.bin'), { recursive: true });
    symlinkSync(target, link);
  } catch (error) {
    if (!isForbidden(error)) throw error;
  }
}

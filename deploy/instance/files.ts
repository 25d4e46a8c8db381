import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { deployError } from '../errors.ts';

/**
 * Writes a whole file or none: to a neighbour first, synced, then renamed over. A full or read-only disk is
 * DATA_DIR_UNUSABLE or DISK_TOO_FULL and leaves what was there before.
 */
export function writeDurably(path: string, text: string, mode = 0o600): void {
  const fresh = `${path}.${process.pid}.new`;
  try {
    const file = openSync(fresh, 'w', mode);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(fresh, path);
  } catch (cause) {
    rmSync(fresh, { force: true });
    const code = (cause as NodeJS.ErrnoException).code;
    const full = code === 'ENOSPC' || code === 'EDQUOT';
    throw deployError(
      full ? 'DISK_TOO_FULL' : 'DATA_DIR_UNUSABLE',
      `${path}: ${code ?? String(cause)}.`,
      { path },
      cause,
    );
  }
}

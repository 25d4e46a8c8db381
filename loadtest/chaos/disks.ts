/**
 * Disks that can be filled: a small file system of its own for each part of the data directory, in a mount namespace that goes with
 * this process. Where the system grants none, a limit on the size of the broker's files stands in.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { constants } from 'node:os';
import { chaosLimits } from './limits.ts';

const inside = 'METERLINE_CHAOS_NAMESPACE';

/** Flags of unshare(1) under which file systems may be mounted; undefined where none do. */
function namespaceFlags(): readonly string[] | undefined {
  const root = ['--mount'];
  const anyone = ['--user', '--map-root-user', '--mount'];
  return [root, anyone].find(
    (flags) => spawnSync('unshare', [...flags, '--', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0,
  );
}

/** Runs this very command again where it may mount; gives its exit code, or undefined when the caller is to go on as it is. */
export async function runInside(): Promise<number | undefined> {
  if (process.env[inside] !== undefined) return undefined;
  const flags = namespaceFlags();
  if (flags === undefined) return undefined;
  const child = spawn('unshare', [...flags, '--', process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, [inside]: '1' },
  });
  // A terminal's interrupt reaches both; the child answers it.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

/** How disks are filled here. */
export type DiskKind = 'tmpfs' | 'fileSize';
export const diskKind = (): DiskKind => (process.env[inside] === undefined ? 'fileSize' : 'tmpfs');

/** Puts a file system of that many bytes in the place of an empty folder. */
export function mountSmall(folder: string, bytes: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=0700`, 'meterline-chaos', folder]);
}

/** Takes away all room that is left; the function that it answers gives it back. */
export function fill(folder: string): () => void {
  const { blocks, bsize } = statfsSync(folder);
  for (let margin = chaosLimits.diskMarginBytes; ; margin *= 2) {
    const { blocks: all, bfree } = statfsSync(folder);
    if (resized(folder, (all - bfree) * bsize + margin)) break;
  }
  return () => void resized(folder, blocks * bsize);
}

/** False when more is written there than would have room. */
const resized = (folder: string, bytes: number): boolean =>
  spawnSync('mount', ['-o', `remount,size=${bytes}`, folder]).status === 0;

/** Every further write of the process fails as on a full disk, until it is started again. */
export function limitFiles(pid: number): void {
  execFileSync('prlimit', ['--pid', String(pid), '--fsize=4096:4096']);
}

export function unmount(folder: string): void {
  spawnSync('umount', ['--lazy', folder]);
}

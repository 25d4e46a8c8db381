/** A small disk of its own for a broker under test, which can be filled up. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface TestDisk extends Disposable {
  /** `tmpfs`: a file system of its own, so that a write fails with ENOSPC. `limit`: where none may be mounted, files of
   * the process may not grow (EFBIG). */
  readonly kind: 'tmpfs' | 'limit';
  readonly dir: string;
  /** Not one more byte of the process goes to the disk. */
  fill(pid: number): void;
  free(pid: number): void;
}

const ran = (command: string, args: readonly string[]): boolean => spawnSync(command, args).status === 0;

export function testDisk(dir: string, bytes: number): TestDisk {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const isMounted = ran('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=700`, 'tmpfs', dir]);
  const ballast = join(dir, 'ballast');
  if (!isMounted) {
    const limit = (pid: number, size: string) => {
      if (!ran('prlimit', ['--pid', String(pid), `--fsize=${size}:`]))
        throw new Error('neither tmpfs nor prlimit works here');
    };
    return {
      kind: 'limit',
      dir,
      fill: (pid) => limit(pid, '4096'),
      free: (pid) => limit(pid, 'unlimited'),
      [Symbol.dispose]: () => undefined,
    };
  }
  return {
    kind: 'tmpfs',
    dir,
    fill: () => fillUp(ballast),
    free: () => rmSync(ballast, { force: true }),
    [Symbol.dispose]: () => void ran('umount', ['--lazy', dir]),
  };
}

/** Writes until the disk takes no more. */
function fillUp(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (const size of [1024 * 1024, 4096]) {
      const block = Buffer.alloc(size);
      try {
        while (writeSync(file, block) === size);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  } finally {
    closeSync(file);
  }
}

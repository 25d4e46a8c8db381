/**
 * The disk as the spool sees it: few operations, each either done or thrown, so that a simulator can stand in with torn
 * writes, full disks and failing syncs. All calls block: whoever writes here waits for the disk anyway before going on.
 */
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

export interface Disk {
  /** Makes the directory and its parents, mode 0700. */
  makeDir(path: string): void;
  /** Names in a directory, sorted. */
  list(path: string): readonly string[];
  /** The whole file. */
  read(path: string): Uint8Array;
  /** Size in bytes. */
  size(path: string): number;
  /** Opens for appending; the file must exist. */
  append(path: string): AppendFile;
  /** Writes a whole file so that after a crash either the old or the new content is there, never a part. */
  replace(path: string, bytes: Uint8Array): void;
  /** Renames durably. */
  rename(from: string, to: string): void;
  remove(path: string): void;
}

export interface AppendFile {
  /** Appends all bytes; they are durable only after `sync`. */
  write(bytes: Uint8Array): void;
  sync(): void;
  /** Cuts the file to `size` bytes, durably. */
  truncate(size: number): void;
  close(): void;
}

/** The disk of this machine. */
export const realDisk: Disk = {
  makeDir: (path) => void mkdirSync(path, { recursive: true, mode: 0o700 }),
  list: (path) => readdirSync(path).sort(),
  read: (path) => readFileSync(path),
  size: (path) => statSync(path).size,
  append: (path) => appendFile(openSync(path, 'a')),
  replace(path, bytes) {
    const temporary = `${path}.tmp`;
    const fd = openSync(temporary, 'w', 0o600);
    try {
      writeAll(fd, bytes);
      fsyncSync(fd);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
    syncDir(dirname(path));
  },
  rename(from, to) {
    renameSync(from, to);
    syncDir(dirname(to));
  },
  remove: (path) => rmSync(path),
};

function appendFile(fd: number): AppendFile {
  return {
    write: (bytes) => writeAll(fd, bytes),
    sync: () => fsyncSync(fd),
    truncate(size) {
      ftruncateSync(fd, size);
      fsyncSync(fd);
    },
    close: () => closeSync(fd),
  };
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

/** A rename is durable only when its directory is synced too. */
function syncDir(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

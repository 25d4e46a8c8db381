import { accessSync, constants, existsSync, mkdirSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pressureLimits } from '#core/pressure/limits.ts';
import { defaultStreamLimits, type StreamLimits } from '#platform/nats/streams.ts';
import { deployError } from '../errors.ts';

const mebibyte = 1024 ** 2;

export const diskLimits = {
  /** Below this an instance does not start: ClickHouse merges and the broker's syncs would soon fail half-way. */
  freeBytesMin: pressureLimits.diskFreeBytesMin,
  /** Share of the disk that is kept for ClickHouse, spools, snapshots and everybody else. */
  reservedPercent: 40,
  /** Room in the broker beside the money streams: leases, intents, targets, snapshots. */
  otherStoreBytes: 256 * mebibyte,
} as const;

export interface StorePlan {
  readonly streams: StreamLimits;
  /** What the limits of all money streams may come to. */
  readonly budgetBytes: number;
  /** All streams and buckets together; the broker refuses to promise more. */
  readonly storeBytesMax: number;
}

/**
 * Divides the disk so that all streams full, and the reserve, still fit: the default limits where they do, else all
 * scaled down alike. `usedBytes` is what the broker's store holds already, `retiredBytes` what of it is of retired partitions.
 * Throws DISK_TOO_FULL.
 */
export function planStore(freeBytes: number, usedBytes: number, partitions: number, retiredBytes = 0): StorePlan {
  if (freeBytes < diskLimits.freeBytesMin) {
    const detail = `${toMebibytes(freeBytes)} MiB are free, ${toMebibytes(diskLimits.freeBytesMin)} MiB are needed.`;
    throw deployError('DISK_TOO_FULL', detail, { freeBytes, freeBytesMin: diskLimits.freeBytesMin });
  }
  const share = Math.floor(((freeBytes + usedBytes) * (100 - diskLimits.reservedPercent)) / 100);
  const available = Math.max(0, share - diskLimits.otherStoreBytes - retiredBytes);
  const scale = Math.min(1, available / totalOf(defaultStreamLimits, partitions));
  const scaled = (bytes: number) => Math.max(mebibyte, Math.floor(bytes * scale));
  const streams: StreamLimits = {
    usageBytesMax: scaled(defaultStreamLimits.usageBytesMax),
    controlBytesMax: scaled(defaultStreamLimits.controlBytesMax),
    ratedBytesMax: scaled(defaultStreamLimits.ratedBytesMax),
    alertsBytesMax: scaled(defaultStreamLimits.alertsBytesMax),
  };
  const budgetBytes = Math.max(available, totalOf(streams, partitions));
  return { streams, budgetBytes, storeBytesMax: budgetBytes + diskLimits.otherStoreBytes + retiredBytes };
}

/** Three streams a partition, alerts and deliveries. */
function totalOf(limits: StreamLimits, partitions: number): number {
  return (
    partitions * (limits.usageBytesMax + limits.controlBytesMax + limits.ratedBytesMax) + 2 * limits.alertsBytesMax
  );
}

/** Bytes that this user may still write at `path`, or at its nearest folder that exists. */
export function freeBytesAt(path: string): number {
  const { bavail, bsize } = statfsSync(existingFolder(path));
  return bavail * bsize;
}

/** What the files below a folder come to. */
export function folderBytes(folder: string): number {
  let bytes = 0;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
      if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
    }
  } catch {
    // A store that is not there yet holds nothing.
  }
  return bytes;
}

/** What is there at `path`, or the nearest folder above it that exists. */
export const existingFolder = (path: string): string =>
  existsSync(path) || path === dirname(path) ? path : existingFolder(dirname(path));

/**
 * Makes a folder and those above it, each in its turn: Node's own recursion never ends where a folder that exists takes
 * none, as /proc does.
 */
export function makeFolders(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolders(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have made it in between.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

const toMebibytes = (bytes: number): number => Math.floor(bytes / mebibyte);

/** What hinders reading and writing there; making folders on a read-only disk fails with ENOENT, which explains nothing. */
export function whyNotWritable(path: string): string | undefined {
  const found = existingFolder(path);
  const search = statSync(found).isDirectory() ? constants.X_OK : 0;
  try {
    accessSync(found, constants.R_OK | constants.W_OK | search);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return `${found} ${code === 'EROFS' ? 'is on a read-only file system' : `cannot be written to (${code})`}`;
  }
}

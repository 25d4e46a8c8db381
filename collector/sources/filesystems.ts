import { statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { collectorError } from '../errors.ts';
import { readText, tryReadText } from './files.ts';
import { metrics } from './metrics.ts';
import { SeriesTable, type Reading, type Source } from './source.ts';

/** Of statfs(2): block size in bytes, blocks in all, blocks free (root's reserve included). */
export type Statfs = (path: string) => { readonly bsize: bigint; readonly blocks: bigint; readonly bfree: bigint };

export interface FilesystemOptions {
  readonly procRoot: string;
  /** Mount points to meter; [] means every local one. */
  readonly mounts: readonly string[];
  readonly statfs?: Statfs;
}

interface Mount {
  readonly device: string;
  readonly point: string;
  readonly type: string;
}

/** File systems that keep bytes on a disk of this host. Memory, overlays and the network's are others' to meter. */
const localTypes = new Set([
  'ext2',
  'ext3',
  'ext4',
  'xfs',
  'btrfs',
  'zfs',
  'f2fs',
  'jfs',
  'reiserfs',
  'bcachefs',
  'vfat',
  'exfat',
  'ntfs3',
]);

/** Bytes used per file system. A device mounted several times counts once, at its shortest mount point. */
export function filesystemSource(producer: string, options: FilesystemOptions): Source {
  const series = new SeriesTable();
  const statfs = options.statfs ?? ((path) => statfsSync(path, { bigint: true }));
  /** Where the host's root is mounted when /proc is not this process's own. */
  const root = dirname(options.procRoot);
  let faults: string[] = [];
  return {
    name: 'filesystems',
    fault: () => (faults.length === 0 ? undefined : faults.join('; ')),
    read() {
      faults = [];
      const readings: Reading[] = [];
      for (const mount of chosen(parseMounts(mountTable(options.procRoot)), options.mounts)) {
        try {
          const stat = statfs(join(root, mount.point));
          readings.push({
            series: series.get(producer, metrics.hostFilesystemUsed, { mount: mount.point, type: mount.type }),
            value: (stat.blocks - stat.bfree) * stat.bsize,
          });
        } catch (error) {
          faults.push(`${mount.point}: ${(error as Error).message}`);
        }
      }
      return readings;
    },
  };
}

/** The host's mounts: init's when another /proc is given, else our own, which a plain user may read. */
function mountTable(procRoot: string): string {
  if (procRoot !== '/proc') {
    const text = tryReadText(join(procRoot, '1', 'mounts'));
    if (typeof text === 'string') return text;
  }
  return readText(join(procRoot, 'self', 'mounts'));
}

export function parseMounts(text: string): Mount[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [device, point, type] = line.split(' ');
      if (device === undefined || point === undefined || type === undefined) {
        throw collectorError('SOURCE_FAILED', `mounts: ${JSON.stringify(line)} is not a mount.`, { line });
      }
      return { device: unescape(device), point: unescape(point), type };
    });
}

function chosen(mounts: readonly Mount[], wanted: readonly string[]): Mount[] {
  const byDevice = new Map<string, Mount>();
  for (const mount of mounts) {
    if (wanted.length > 0 ? !wanted.includes(mount.point) : !localTypes.has(mount.type)) continue;
    const known = byDevice.get(mount.device);
    if (known === undefined || mount.point.length < known.point.length) byDevice.set(mount.device, mount);
  }
  return [...byDevice.values()];
}

/** The kernel writes blank, tab, newline and backslash as octal, and bytes beyond ASCII as they are. */
function unescape(text: string): string {
  const bytes = text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

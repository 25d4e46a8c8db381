import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseCounter, readText } from './files.ts';
import { metrics } from './metrics.ts';
import { SeriesTable, zeroAtBirth, type CounterKind, type Reading, type Source } from './source.ts';

/** The kernel counts sectors of 512 bytes whatever the device's own are. */
const sectorBytes = 512n;

/** Names that whole disks have, for trees without /sys/block. */
const wholeDisk = /^([shv]d[a-z]+|xvd[a-z]+\d*|nvme\d+n\d+|mmcblk\d+|dasd[a-z]+|pmem\d+)$/;

/**
 * Bytes read and written per whole physical disk, from /proc/diskstats. Partitions, and what is stacked on disks
 * (device mapper, RAID, loop, zram), would count the same bytes twice.
 */
export function diskSource(producer: string, procRoot: string, sysRoot: string): Source {
  const path = join(procRoot, 'diskstats');
  const blocks = join(sysRoot, 'block');
  const series = new SeriesTable();
  const physical = new Map<string, boolean>();
  const isPhysical = (name: string): boolean => {
    let answer = physical.get(name);
    if (answer === undefined) {
      answer = existsSync(blocks)
        ? existsSync(join(blocks, name.replaceAll('/', '!'), 'device'))
        : wholeDisk.test(name);
      physical.set(name, answer);
    }
    return answer;
  };
  return {
    name: 'disks',
    read() {
      const readings: Reading[] = [];
      for (const line of readText(path).split('\n')) {
        const fields = line.trim().split(/\s+/);
        const device = fields[2];
        if (device === undefined || !isPhysical(device)) continue;
        const of = (direction: string) =>
          series.get(producer, metrics.hostDiskIo, { device, direction }, kernelCounter);
        readings.push({ series: of('read'), value: parseCounter(fields[5], path) * sectorBytes });
        readings.push({ series: of('write'), value: parseCounter(fields[9], path) * sectorBytes });
      }
      return readings;
    },
  };
}

/** Counters of devices start at zero when the device appears. */
export const kernelCounter: CounterKind = zeroAtBirth;

import { join } from 'node:path';
import { parseCounter, readText } from './files.ts';
import { metrics } from './metrics.ts';
import { SeriesTable, zeroAtBoot, type Source } from './source.ts';

/** The order of /proc/stat. Guest time is not listed: the kernel has already counted it as user time. */
const modes = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const;

/** Microseconds in a tick of USER_HZ, which is 100 on every Linux architecture that Node runs on. */
export const tickUs = 10_000n;

/** CPU time of the host by mode, all processors together, from /proc/stat. */
export function cpuSource(producer: string, procRoot: string): Source {
  const path = join(procRoot, 'stat');
  const series = new SeriesTable();
  return {
    name: 'cpu',
    read() {
      const line = readText(path).split('\n', 1)[0] ?? '';
      const fields = line.split(/\s+/);
      if (fields[0] !== 'cpu') throw new Error(`${path} does not begin with "cpu"`);
      return modes.map((mode, index) => ({
        series: series.get(producer, metrics.hostCpuTime, { mode }, zeroAtBoot),
        value: parseCounter(fields[index + 1], path) * tickUs,
      }));
    },
  };
}

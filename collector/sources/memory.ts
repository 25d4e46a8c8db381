import { join } from 'node:path';
import { parseCounter, readText } from './files.ts';
import { metrics } from './metrics.ts';
import { SeriesTable, type Source } from './source.ts';

/** Memory of the host from /proc/meminfo; used = total − available, which leaves out what caches would give back. */
export function memorySource(producer: string, procRoot: string): Source {
  const path = join(procRoot, 'meminfo');
  const series = new SeriesTable();
  return {
    name: 'memory',
    read() {
      const text = readText(path);
      const total = bytesOf(text, 'MemTotal', path);
      const available = bytesOf(text, 'MemAvailable', path);
      return [
        { series: series.get(producer, metrics.hostMemoryUsed), value: available > total ? 0n : total - available },
        { series: series.get(producer, metrics.hostMemoryTotal), value: total },
      ];
    },
  };
}

function bytesOf(text: string, name: string, path: string): bigint {
  return parseCounter(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1], `${path} ${name}`) * 1024n;
}

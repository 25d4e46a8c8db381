import { join } from 'node:path';
import { parseCounter, readText } from './files.ts';
import { metrics } from './metrics.ts';
import { SeriesTable, zeroAtBirth, type Reading, type Source } from './source.ts';

/** Loopback, and the host's ends of containers' and virtual machines' links: their bytes pass a device of the host again. */
const notMetered =
  /^(lo|veth.*|docker\d+|br-.*|cni.*|cali.*|flannel.*|virbr.*|vnet\d+|tap\d+|podman\d+|ifb\d+|dummy\d+)$/;

/** Bytes received and transmitted per network device, from /proc/net/dev. */
export function networkSource(producer: string, procRoot: string): Source {
  const path = join(procRoot, 'net', 'dev');
  const series = new SeriesTable();
  return {
    name: 'network',
    read() {
      const readings: Reading[] = [];
      for (const line of readText(path).split('\n').slice(2)) {
        const colon = line.indexOf(':');
        const device = line.slice(0, Math.max(0, colon)).trim();
        if (device === '' || notMetered.test(device)) continue;
        const fields = line
          .slice(colon + 1)
          .trim()
          .split(/\s+/);
        const of = (direction: string) =>
          series.get(producer, metrics.hostNetworkIo, { device, direction }, zeroAtBirth);
        readings.push({ series: of('receive'), value: parseCounter(fields[0], path) });
        readings.push({ series: of('transmit'), value: parseCounter(fields[8], path) });
      }
      return readings;
    },
  };
}

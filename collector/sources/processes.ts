import { statSync } from 'node:fs';
import { join } from 'node:path';
import { tickUs } from './cpu.ts';
import { parseCounter, readText, tryReadText } from './files.ts';
import { metrics } from './metrics.ts';
import { SeriesTable, zeroAtBirth, type Reading, type Source } from './source.ts';

/** A pid file may be written this long before the clock of the process that it names, and still be its. */
const pidFileSlackMs = 2000;

/**
 * CPU time and memory of services named by pid files: user and system time of the process and of its children that
 * ended and were waited for (a live child counts once it is waited for). A new process starts at zero.
 */
export function processSource(producer: string, procRoot: string, processes: Readonly<Record<string, string>>): Source {
  const series = new SeriesTable();
  const faults = new Map<string, string>();
  return {
    name: 'services',
    fault: () => (faults.size === 0 ? undefined : [...faults].map(([name, fault]) => `${name}: ${fault}`).join('; ')),
    read() {
      faults.clear();
      const bootMs = bootTimeMs(procRoot);
      const readings: Reading[] = [];
      for (const [name, pidFile] of Object.entries(processes)) {
        const found = readProcess(procRoot, pidFile, bootMs);
        if (typeof found === 'string') {
          faults.set(name, found);
          continue;
        }
        const resource = `${producer}/${name}`;
        const { cpuUs, memoryBytes, identity, bornMs } = found;
        readings.push({
          series: series.get(resource, metrics.serviceCpuTime, undefined, zeroAtBirth),
          value: cpuUs,
          identity,
          bornMs,
        });
        readings.push({ series: series.get(resource, metrics.serviceMemoryUsed), value: memoryBytes });
      }
      return readings;
    },
  };
}

interface ProcessReading {
  readonly cpuUs: bigint;
  readonly memoryBytes: bigint;
  readonly identity: string;
  readonly bornMs: number;
}

function readProcess(procRoot: string, pidFile: string, bootMs: number): ProcessReading | string {
  const pidText = tryReadText(pidFile);
  if (typeof pidText !== 'string') return `pid file ${pidFile}: ${pidText.message}`;
  const pid = pidText.trim();
  if (!/^[1-9]\d{0,9}$/.test(pid)) return `pid file ${pidFile} holds no process id`;
  const stat = tryReadText(join(procRoot, pid, 'stat'));
  const status = tryReadText(join(procRoot, pid, 'status'));
  if (typeof stat !== 'string' || typeof status !== 'string') return `process ${pid} does not run`;
  // The name in parentheses may hold anything; fields are counted from behind its last parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = (index: number) => parseCounter(fields[index], `${pid}/stat`);
  const startTicks = ticks(19);
  const bornMs = bootMs + Number(startTicks) * 10;
  const writtenMs = statSync(pidFile, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (bornMs > writtenMs + pidFileSlackMs)
    return `pid file ${pidFile} is older than process ${pid}: the id was used again`;
  return {
    cpuUs: (ticks(11) + ticks(12) + ticks(13) + ticks(14)) * tickUs,
    memoryBytes: parseCounter(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? '0', `${pid}/status`) * 1024n,
    identity: `${pid}:${startTicks}`,
    bornMs,
  };
}

/** When the machine booted, UTC ms, as the kernel tells it now. */
export function bootTimeMs(procRoot: string): number {
  const text = readText(join(procRoot, 'stat'));
  return Number(parseCounter(/^btime (\d+)$/m.exec(text)?.[1], 'btime')) * 1000;
}

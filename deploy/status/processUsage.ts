import { readFileSync } from 'node:fs';
import { sleep } from '#platform/lifecycle.ts';
import { readProcesses, statFields, type ProcessRecord } from '../instance/processes.ts';

export interface ProcessUsage {
  readonly name: string;
  readonly pid: number;
  readonly restarts: number;
  /** Resident memory now, and its highest so far. */
  readonly rssBytes: number;
  readonly rssBytesPeak: number;
  /** Of one core, over the seconds that were watched. */
  readonly cpuPercent: number;
}

/** CPU times come in hundredths of a second, so a shorter window could not tell one percent from none. */
const windowMs = 3000;
/** USER_HZ: the unit of /proc's CPU times, fixed by the kernel's ABI. */
const ticksPerSecond = 100;

/** What each process of the instance takes, from /proc; nothing on systems without it. */
export async function usageOf(dataDir: string): Promise<ProcessUsage[]> {
  const before = new Map(readProcesses(dataDir).map((record) => [record.pid, cpuTicks(record.pid)]));
  const startedMs = performance.now();
  await sleep(windowMs);
  const seconds = (performance.now() - startedMs) / 1000;
  return readProcesses(dataDir).flatMap((record) => {
    const usage = measure(record, before.get(record.pid), seconds);
    return usage === undefined ? [] : [usage];
  });
}

function measure(
  { name, pid, restarts }: ProcessRecord,
  before: number | undefined,
  seconds: number,
): ProcessUsage | undefined {
  const after = cpuTicks(pid);
  if (after === undefined) return undefined;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kibibytes = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  const cpuPercent = ((after - (before ?? after)) / ticksPerSecond / seconds) * 100;
  return {
    name,
    pid,
    restarts,
    rssBytes: kibibytes('VmRSS') * 1024,
    rssBytesPeak: kibibytes('VmHWM') * 1024,
    cpuPercent: Math.round(cpuPercent * 100) / 100,
  };
}

/** User and system time. */
function cpuTicks(pid: number): number | undefined {
  try {
    const fields = statFields(pid);
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return undefined;
  }
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataPaths } from '#platform/config.ts';
import { sleep } from '#platform/lifecycle.ts';
import { writeDurably } from './files.ts';

/** A process of the instance; the start time tells it from a later one with the same number. */
export interface ProcessRecord {
  readonly name: string;
  readonly pid: number;
  /** Clock ticks after boot, from /proc; 0 where there is none. */
  readonly startedTicks: number;
  readonly restarts: number;
}

const recordPath = (dataDir: string): string => join(dataPaths(dataDir).run, 'processes.json');

export function writeProcesses(dataDir: string, processes: readonly ProcessRecord[]): void {
  writeDurably(recordPath(dataDir), JSON.stringify(processes));
}

/** Processes of the instance as last recorded, those that still live. */
export function readProcesses(dataDir: string): ProcessRecord[] {
  try {
    return (JSON.parse(readFileSync(recordPath(dataDir), 'utf8')) as ProcessRecord[]).filter(isSameProcess);
  } catch {
    return [];
  }
}

/** When the process started; 0 when it has ended, collected by its parent or not. */
export function startedTicksOf(pid: number): number {
  try {
    const fields = statFields(pid);
    return fields[0] === 'Z' ? 0 : Number(fields[19]);
  } catch {
    return 0;
  }
}

/** Fields of /proc/<pid>/stat after the program's name, which may itself hold spaces and brackets. */
export function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** True while the process lives whose number and start time were noted; by number alone where there is no /proc. */
export function isSameProcess({ pid, startedTicks }: Pick<ProcessRecord, 'pid' | 'startedTicks'>): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return startedTicksOf(pid) === startedTicks;
}

const orphanGraceMsMax = 10_000;
const pollMs = 50;

/** Ends what a killed supervisor left running; the lock must be held. Roles drain by themselves, so they get time. */
export async function endOrphans(dataDir: string, onFound: (orphans: readonly ProcessRecord[]) => void): Promise<void> {
  const found = readProcesses(dataDir).filter(({ pid }) => pid !== process.pid);
  if (found.length === 0) return;
  onFound(found);
  // The broker goes last, since the roles drain into it.
  for (const broker of [false, true]) {
    const some = found.filter(({ name }) => (name === 'nats-server') === broker);
    for (const { pid } of some) signal(pid, 'SIGTERM');
    const deadline = performance.now() + orphanGraceMsMax;
    while (some.some(isSameProcess) && performance.now() < deadline) await sleep(pollMs);
    for (const orphan of some.filter(isSameProcess)) signal(orphan.pid, 'SIGKILL');
    while (some.some(isSameProcess) && performance.now() < deadline + orphanGraceMsMax) await sleep(pollMs);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself meanwhile.
  }
}

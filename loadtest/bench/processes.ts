/** Processes of a measurement: started, profiled when asked, told apart by what they cost. Linux only: CPU time is read from /proc. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** Folder for a CPU profile of each process, when METERLINE_BENCH_PROFILE names one; Chromium's developer tools read them. */
const profileDir = process.env['METERLINE_BENCH_PROFILE'];

/** A process of this program, with a channel for messages when it is wanted. */
export function startNode(script: string, args: readonly string[], withChannel = false): ChildProcess {
  const flags: string[] = [];
  if (profileDir !== undefined) {
    mkdirSync(profileDir, { recursive: true });
    const name = `${basename(script, '.ts')}-${args[0] === 'rater' ? 'rater' : ''}${process.pid}-${performance.now().toFixed(0)}.cpuprofile`;
    flags.push('--cpu-prof', `--cpu-prof-dir=${profileDir}`, `--cpu-prof-name=${name}`);
  }
  const stdio = ['pipe', 'pipe', 'inherit', ...(withChannel ? (['ipc'] as const) : [])] as const;
  // With its standard input each of them learns that the measurement has died.
  const env = { ...process.env, METERLINE_SUPERVISED: '1' };
  return spawn(process.execPath, [...flags, script, ...args], { stdio: [...stdio], env });
}

/** Ends it at once; one that is profiled must end by itself to leave its profile. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill(profileDir === undefined ? 'SIGKILL' : 'SIGTERM');
  await exit;
}

/** User and system time of a process, all its threads, and the processes that it has started; ticks are hundredths of a second on Linux. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  return ticks / 100 + children.reduce((sum, child) => sum + cpuSeconds(child), 0);
}

/** Memory of a process that is in RAM. */
export function residentMiB(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1];
  return Math.round(Number(kib) / 1024);
}

/** `meterline verify`: recomputes everything from the log with the reference engine and compares every store with it. */
import { Faults } from '#core/reference/audit/faults.ts';
import { exitCodes } from './cli/report.ts';
import { configOf } from './instance/configOf.ts';
import { isInstanceRunning } from './instance/lock.ts';
import { auditAll } from './verify/audit.ts';
import { showProgress } from './verify/progress.ts';
import { printReport, reportOf, type VerifyReport } from './verify/report.ts';
import { openRunning } from './verify/running.ts';
import { openStopped } from './verify/stopped.ts';

export interface VerifyOptions {
  readonly dataDir: string;
  readonly json: boolean;
}

/** Prints the verdict; the exit code is 0 when everything holds, else 1. Throws USAGE where there is no instance. */
export async function verifyCommand({ dataDir, json }: VerifyOptions): Promise<number> {
  const report = await verify(dataDir);
  printReport(report, json);
  return report.ok ? exitCodes.holds : exitCodes.holdsNot;
}

/** The verdict over the instance in a data directory, running or stopped. */
export async function verify(dataDir: string): Promise<VerifyReport> {
  const config = configOf(dataDir);
  const startedMs = performance.now();
  const isRunning = isInstanceRunning(dataDir);
  const faults = new Faults();
  await using source = isRunning ? await openRunning(config) : await openStopped(config);
  using progress = showProgress();
  const { looked, ...figures } = await auditAll(source, faults, progress);
  const seconds = Math.round(performance.now() - startedMs) / 1000;
  return reportOf(faults, looked, { ...figures, instance: isRunning ? 'running' : 'stopped', seconds });
}

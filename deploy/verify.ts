/** `meterline verify`: recomputes everything from the log with the reference engine and compares every store with it. */
import { Faults } from '#core/reference/audit/faults.ts';
import type { Config } from '#platform/config.ts';
import { sleep } from '#platform/lifecycle.ts';
import { exitCodes } from './cli/report.ts';
import { configOf } from './instance/configOf.ts';
import { isInstanceRunning } from './instance/lock.ts';
import { auditAll } from './verify/audit.ts';
import { verifyLimits } from './verify/limits.ts';
import { showProgress } from './verify/progress.ts';
import { printReport, reportOf, type VerifyReport } from './verify/report.ts';
import { openRunning } from './verify/running.ts';
import type { Source } from './verify/source.ts';
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
  const faults = new Faults();
  const { open, instance } = await opened(config, dataDir);
  await using source = open;
  using progress = showProgress();
  const { looked, ...figures } = await auditAll(source, faults, progress);
  const seconds = Math.round(performance.now() - startedMs) / 1000;
  return reportOf(faults, looked, { ...figures, instance, seconds });
}

type Opened = { readonly open: Source; readonly instance: 'running' | 'stopped' };

/** An instance that drains has no broker any more and still holds its directory: it is waited for and read as stopped. */
async function opened(config: Config, dataDir: string): Promise<Opened> {
  if (isInstanceRunning(dataDir)) {
    try {
      return { open: await openRunning(config), instance: 'running' };
    } catch (error) {
      const deadlineMs = performance.now() + verifyLimits.drainMsMax;
      while (isInstanceRunning(dataDir) && performance.now() < deadlineMs) await sleep(verifyLimits.drainPollMs);
      if (isInstanceRunning(dataDir)) throw error;
    }
  }
  return { open: await openStopped(config), instance: 'stopped' };
}

/** Keeps a service throttled or free, as told, through restarts of the service and of this process. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { cgroup1, cgroup2 } from './cgroup.ts';
import { dutyCycle } from './dutyCycle.ts';

export interface Limiter {
  readonly method: 'cgroup2' | 'cgroup1' | 'duty-cycle';
  /** Lets the process have `percent` of one core. Throws where that is not permitted. */
  limit(pid: number, percent: number): void;
  /** Lifts the limit, also one that an earlier process has set; undefined when the service has ended. */
  free(pid: number | undefined): void;
}

/** How often the pid file is looked at: a restarted service has a new pid, and its limit must be set anew. */
const watchIntervalMs = 250;

export class Throttle {
  private readonly pidFile: string;
  private readonly quotaPercent: number;
  private readonly limiters: readonly Limiter[];
  private timer: NodeJS.Timeout | undefined;
  private limited: { readonly pid: number; readonly limiter: Limiter } | undefined;

  constructor(pidFile: string, quotaPercent: number, limiters = limitersFor(pidFile)) {
    this.pidFile = pidFile;
    this.quotaPercent = quotaPercent;
    this.limiters = limiters;
  }

  /** How the service is limited at this moment; "none" while it is free or not running. */
  get method(): Limiter['method'] | 'none' {
    return this.limited?.limiter.method ?? 'none';
  }

  throttle(): void {
    this.apply();
    this.timer ??= setInterval(() => this.apply(), watchIntervalMs);
  }

  /** Also when this process ends in order; whoever starts it again throttles anew if the budgets still want it. */
  release(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.limited = undefined;
    const pid = this.servicePid();
    for (const limiter of this.limiters) attempt(() => limiter.free(pid));
  }

  private apply(): void {
    const pid = this.servicePid();
    const { limited } = this;
    if (pid === limited?.pid) return;
    if (limited !== undefined) attempt(() => limited.limiter.free(undefined));
    this.limited = undefined;
    if (pid === undefined) return;
    const limiter = this.limiters.find((each) => attempt(() => each.limit(pid, this.quotaPercent)));
    if (limiter !== undefined) this.limited = { pid, limiter };
  }

  /** The pid in the file, if that process is the one which wrote it: a pid may have been given to another by now. */
  private servicePid(): number | undefined {
    try {
      const pid = Number(readFileSync(this.pidFile, 'utf8').trim());
      if (!Number.isInteger(pid) || pid <= 1) return undefined;
      const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return commandLine.some((part) => part.endsWith(basename(this.pidFile))) ? pid : undefined;
    } catch {
      return undefined;
    }
  }
}

/** The kernel's quota where it is permitted, else stopping and continuing. */
export function limitersFor(pidFile: string): Limiter[] {
  const name = `meterline-throttle-${createHash('sha256').update(resolve(pidFile)).digest('hex').slice(0, 12)}`;
  return [cgroup2(name), cgroup1(name), dutyCycle()];
}

function attempt(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

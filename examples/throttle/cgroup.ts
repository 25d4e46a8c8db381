/** Limits a process by the kernel's CPU quota: cgroup v2 `cpu.max`, or v1 `cpu.cfs_quota_us`. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Limiter } from './throttle.ts';

const periodUs = 100_000;
const mount = '/sys/fs/cgroup';

interface Hierarchy {
  readonly method: 'cgroup2' | 'cgroup1';
  readonly root: string;
  /** The group that a process is in now, as /proc names it. */
  groupOf(pid: number): string | undefined;
  setQuota(group: string, quotaUs: number): void;
}

const version2: Hierarchy = {
  method: 'cgroup2',
  root: mount,
  groupOf: (pid) => /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1],
  setQuota(group, quotaUs) {
    if (!existsSync(join(group, 'cpu.max'))) writeFileSync(join(dirname(group), 'cgroup.subtree_control'), '+cpu');
    writeFileSync(join(group, 'cpu.max'), `${quotaUs} ${periodUs}`);
  },
};

const version1: Hierarchy = {
  method: 'cgroup1',
  root: join(mount, 'cpu'),
  groupOf: (pid) => /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1],
  setQuota(group, quotaUs) {
    writeFileSync(join(group, 'cpu.cfs_period_us'), String(periodUs));
    writeFileSync(join(group, 'cpu.cfs_quota_us'), String(quotaUs));
  },
};

export const cgroup2 = (name: string): Limiter => limiter(version2, name);
export const cgroup1 = (name: string): Limiter => limiter(version1, name);

/** `name` must be the same after a restart, so that a limit set before can be lifted. */
function limiter(hierarchy: Hierarchy, name: string): Limiter {
  const { method, root } = hierarchy;
  const own = (pid: number): string => {
    const group = hierarchy.groupOf(pid);
    if (group === undefined || !existsSync(join(root, 'cgroup.procs'))) throw new Error(`${method} is not in use here`);
    return join(root, group);
  };
  const move = (pid: number, group: string) => writeFileSync(join(group, 'cgroup.procs'), String(pid));
  // A group with processes of its own may not be given CPU time to divide; the one above it may already do so.
  const places = (pid: number): string[] => {
    const current = own(pid);
    return [current, dirname(current)].filter((at) => at.startsWith(root)).map((at) => join(at, name));
  };
  const quotaOf = (percent: number) => (percent * periodUs) / 100;
  const enter = (pid: number, group: string, percent: number): boolean => {
    try {
      mkdirSync(group, { recursive: true });
      hierarchy.setQuota(group, quotaOf(percent));
      move(pid, group);
      return true;
    } catch {
      discard(group);
      return false;
    }
  };
  return {
    method,
    limit(pid, percent) {
      const current = own(pid);
      if (basename(current) === name) hierarchy.setQuota(current, quotaOf(percent));
      else if (!places(pid).some((group) => enter(pid, group, percent))) throw new Error(`${method} is not permitted`);
    },
    free(pid) {
      const current = pid === undefined ? undefined : own(pid);
      if (current !== undefined && basename(current) === name) {
        move(pid!, dirname(current));
        discard(current);
      }
      // What a service left behind that ended while it was limited; it was started from where we are.
      for (const group of places(process.pid)) discard(group);
    },
  };
}

function discard(group: string): void {
  try {
    rmdirSync(group);
  } catch {
    // It holds a process still, or was never made.
  }
}

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
  return {
    method,
    limit(pid, percent) {
      const current = own(pid);
      if (basename(current) === name) return hierarchy.setQuota(current, percent * (periodUs / 100));
      // A group with processes of its own may not be given to divide CPU time; its parent may already do so.
      const failures = [current, dirname(current)]
        .filter((at) => at.startsWith(root))
        .map((parent) => {
          const group = join(parent, name);
          try {
            mkdirSync(group, { recursive: true });
            hierarchy.setQuota(group, percent * (periodUs / 100));
            move(pid, group);
            return undefined;
          } catch (error) {
            discard(group);
            return error;
          }
        });
      if (!failures.includes(undefined)) throw new Error(`${method} is not permitted`, { cause: failures[0] });
    },
    free(pid) {
      const current = own(pid);
      if (basename(current) !== name) return;
      move(pid, dirname(current));
      discard(current);
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

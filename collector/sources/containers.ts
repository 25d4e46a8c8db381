import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '../limits.ts';
import { containerIdOf, shortId } from './containerNames.ts';
import { parseCounter, tryReadText } from './files.ts';
import { metrics } from './metrics.ts';
import { SeriesTable, zeroAtBirth, type Reading, type Source } from './source.ts';

/** Where the kernel keeps a container's figures under the two versions of cgroups. */
interface Layout {
  readonly cpuRoot: string;
  readonly memoryRoot: string;
  readonly memoryFile: string;
  /** CPU time used so far, µs. */
  cpuUs(directory: string): bigint | Error;
}

/** CPU time and memory per container, from cgroup v2 or v1, found anew at each reading so that short lives are seen. */
export function containerSource(producer: string, sysRoot: string): Source {
  const series = new SeriesTable();
  let faults: string[] = [];
  return {
    name: 'containers',
    fault: () => (faults.length === 0 ? undefined : `${faults.length} unreadable, first ${faults[0]}`),
    read() {
      faults = [];
      series.trim(limits.seriesMax);
      const layout = layoutOf(join(sysRoot, 'fs', 'cgroup'));
      if (layout === undefined) return [];
      const readings: Reading[] = [];
      for (const [id, path] of findContainers(layout.cpuRoot)) {
        const directory = join(layout.cpuRoot, path);
        const resource = `${producer}/ctr-${shortId(id)}`;
        const cpu = layout.cpuUs(directory);
        const born = bornOf(directory);
        if (cpu instanceof Error || born === undefined) noteUnlessGone(directory, cpu);
        else
          readings.push({
            series: series.get(resource, metrics.containerCpuTime, undefined, zeroAtBirth),
            value: cpu,
            ...born,
          });
        const memory = tryReadText(join(layout.memoryRoot, path, layout.memoryFile));
        if (typeof memory !== 'string') noteUnlessGone(directory, memory);
        else
          readings.push({
            series: series.get(resource, metrics.containerMemoryUsed),
            value: parseCounter(memory.trim(), path),
          });
      }
      return readings;
    },
  };

  /** A container that ended between listing and reading is no fault. */
  function noteUnlessGone(directory: string, error: unknown): void {
    if (existsSync(directory)) faults.push(`${directory}: ${error instanceof Error ? error.message : 'no status'}`);
  }
}

/** The inode of a cgroup is never used again for another one while the machine is up. */
function bornOf(directory: string): { identity: string; bornMs: number } | undefined {
  const stat = statSync(directory, { throwIfNoEntry: false });
  return stat === undefined ? undefined : { identity: String(stat.ino), bornMs: Math.floor(stat.ctimeMs) };
}

/**
 * Version 2 where the unified tree is the root; else version 1, whose usage is in nanoseconds, also beside a unified tree
 * that has no controllers (hybrid). A recording may have left out the file by which version 2 is known.
 */
function layoutOf(root: string): Layout | undefined {
  if (existsSync(join(root, 'cgroup.controllers'))) return versionTwo(root);
  const cpuRoot = ['cpuacct', 'cpu,cpuacct', 'cpuacct,cpu', 'cpu']
    .map((name) => join(root, name))
    .find((path) => existsSync(path));
  if (cpuRoot === undefined) return existsSync(root) ? versionTwo(root) : undefined;
  return {
    cpuRoot,
    memoryRoot: join(root, 'memory'),
    memoryFile: 'memory.usage_in_bytes',
    cpuUs(directory) {
      const text = tryReadText(join(directory, 'cpuacct.usage'));
      // The total is cut to whole microseconds, not the difference: no remainder is ever lost between two readings.
      return typeof text === 'string' ? parseCounter(text.trim(), directory) / 1000n : text;
    },
  };
}

const versionTwo = (root: string): Layout => ({
  cpuRoot: root,
  memoryRoot: root,
  memoryFile: 'memory.current',
  cpuUs(directory) {
    const text = tryReadText(join(directory, 'cpu.stat'));
    if (typeof text !== 'string') return text;
    return parseCounter(/^usage_usec (\d+)$/m.exec(text)?.[1], join(directory, 'cpu.stat'));
  },
});

/** [id, path below root] of every container; what runs inside a container belongs to it. */
export function findContainers(root: string): Map<string, string> {
  const found = new Map<string, string>();
  const shortIds = new Set<string>();
  const visit = (path: string, depth: number): void => {
    let entries;
    try {
      entries = readdirSync(join(root, path), { withFileTypes: true });
    } catch {
      return;
    }
    for (const entry of entries) {
      if (!entry.isDirectory()) continue;
      const id = containerIdOf(entry.name);
      const below = join(path, entry.name);
      if (id === undefined) {
        if (depth < limits.cgroupDepthMax) visit(below, depth + 1);
      } else if (!shortIds.has(shortId(id))) {
        shortIds.add(shortId(id));
        found.set(id, below);
      }
    }
  };
  visit('', 0);
  return found;
}

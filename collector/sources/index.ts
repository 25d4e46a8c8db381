import { cpuSource } from './cpu.ts';
import { containerSource } from './containers.ts';
import { diskSource } from './disks.ts';
import { filesystemSource, type Statfs } from './filesystems.ts';
import { memorySource } from './memory.ts';
import { networkSource } from './network.ts';
import { processSource } from './processes.ts';
import type { Source } from './source.ts';

export { bootTimeMs } from './processes.ts';
export type { Reading, Source } from './source.ts';

export interface SourceOptions {
  readonly producer: string;
  readonly procRoot: string;
  readonly sysRoot: string;
  readonly mounts: readonly string[];
  /** Resource suffix → pid file. */
  readonly processes: Readonly<Record<string, string>>;
  readonly statfs?: Statfs;
}

/** The sources of a host, services first: theirs are the figures that budgets wait for. */
export function hostSources(options: SourceOptions): Source[] {
  const { producer, procRoot, sysRoot } = options;
  return [
    ...(Object.keys(options.processes).length === 0 ? [] : [processSource(producer, procRoot, options.processes)]),
    cpuSource(producer, procRoot),
    containerSource(producer, sysRoot),
    memorySource(producer, procRoot),
    networkSource(producer, procRoot),
    diskSource(producer, procRoot, sysRoot),
    filesystemSource(producer, options),
  ];
}

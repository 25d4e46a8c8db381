import type { BatchMetric } from '#core/metering/batch.ts';

const delta = (name: string, unit: string): BatchMetric => ({ name, unit, scale: 0, kind: 'delta' });
const level = (name: string, unit: string): BatchMetric => ({ name, unit, scale: 0, kind: 'level' });

/** What the agent sends; UCUM units, whole numbers. */
export const metrics = {
  hostCpuTime: delta('host.cpu.time', 'us'),
  hostMemoryUsed: level('host.memory.used', 'By'),
  hostMemoryTotal: level('host.memory.total', 'By'),
  hostFilesystemUsed: level('host.filesystem.used', 'By'),
  hostDiskIo: delta('host.disk.io', 'By'),
  hostNetworkIo: delta('host.network.io', 'By'),
  containerCpuTime: delta('container.cpu.time', 'us'),
  containerMemoryUsed: level('container.memory.used', 'By'),
  serviceCpuTime: delta('service.cpu.time', 'us'),
  serviceMemoryUsed: level('service.memory.used', 'By'),
} as const;

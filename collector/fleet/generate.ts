/**
 * Simulated hosts: batches of plausible load as a pure function of (seed, host, time slices), fast enough to feed load
 * tests. The same arguments give the same bytes.
 */
import type { BatchBody, BatchMetric, Epoch } from '#core/metering/batch.ts';
import { metrics } from '../sources/metrics.ts';
import { departments, loadPermille, mix, type Department } from './curves.ts';

export interface FleetHost {
  /** `sim-0001` */
  readonly id: string;
  readonly department: Department;
  /** `fleet-checkout/sim-0001` */
  readonly resource: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly seed: number;
}

export interface TimeSlice {
  readonly startMs: number;
  readonly endMs: number;
}

/** Where a batch goes in its producer's sequence. */
export interface Place {
  readonly tenant: string;
  readonly epoch: Epoch;
  readonly seq: number;
  readonly prev: string;
}

const gibibyte = 1024 ** 3;
/** Permille of busy time by mode; the rest of the processors' time is idle. */
const busyShares = { user: 720, system: 230, iowait: 50 } as const;

/** Host number `index` (from 1) of the fleet that `seed` names. */
export function fleetHost(seed: number, index: number): FleetHost {
  const id = `sim-${String(index).padStart(4, '0')}`;
  const department = departments[(index - 1) % departments.length]!;
  const size = mix(seed, index, 1) % 4;
  return {
    id,
    department,
    resource: `fleet-${department}/${id}`,
    cores: 4 << size,
    memoryBytes: (16 << size) * gibibyte,
    seed: mix(seed, index, 2),
  };
}

/** Metric and dimensions of each series, in the order of `quantitiesOf`. */
const table: readonly (readonly [BatchMetric, Readonly<Record<string, string>> | undefined])[] = [
  [metrics.hostCpuTime, { mode: 'user' }],
  [metrics.hostCpuTime, { mode: 'system' }],
  [metrics.hostCpuTime, { mode: 'iowait' }],
  [metrics.hostCpuTime, { mode: 'idle' }],
  [metrics.hostMemoryUsed, undefined],
  [metrics.hostMemoryTotal, undefined],
  [metrics.hostFilesystemUsed, { mount: '/', type: 'ext4' }],
  [metrics.hostDiskIo, { device: 'nvme0n1', direction: 'read' }],
  [metrics.hostDiskIo, { device: 'nvme0n1', direction: 'write' }],
  [metrics.hostNetworkIo, { device: 'eth0', direction: 'receive' }],
  [metrics.hostNetworkIo, { device: 'eth0', direction: 'transmit' }],
];

/** Samples of a host in one slice. */
export const seriesPerHost = table.length;

const dictionaries = (() => {
  const used = [...new Set(table.map(([metric]) => metric))];
  const dims = table.map(([, set]) => set).filter((set) => set !== undefined);
  const series = table.map(
    ([metric, set]) => [0, used.indexOf(metric), set === undefined ? -1 : dims.indexOf(set)] as const,
  );
  return { metrics: used, dims, series };
})();

/** The batch of a host over slices in ascending order; at most `samplesMax / seriesPerHost` of them. */
export function generateBody(host: FleetHost, place: Place, slices: readonly TimeSlice[]): BatchBody {
  const count = slices.length * seriesPerHost;
  const s = new Array<number>(count);
  const k = new Array<number>(count);
  const q = new Array<number>(count);
  const ticks = new Array<readonly [number, number, number]>(slices.length);
  const baseMs = slices[0]?.startMs ?? 0;
  let at = 0;
  for (let tick = 0; tick < slices.length; tick++) {
    const { startMs, endMs } = slices[tick]!;
    ticks[tick] = [startMs - baseMs, endMs - startMs, 0];
    for (let series = 0; series < seriesPerHost; series++) {
      s[at + series] = series;
      k[at + series] = tick;
    }
    fillQuantities(host, startMs, endMs, q, at);
    at += seriesPerHost;
  }
  const raw = new Array<null>(count).fill(null);
  return { v: 1, tenant: place.tenant, producer: host.id, epoch: place.epoch, seq: place.seq, prev: place.prev, trace: '', simulated: true, resources: [host.resource], ...dictionaries, ticks, baseMs, s, k, q, raw }; // prettier-ignore
}

function fillQuantities(host: FleetHost, startMs: number, endMs: number, q: number[], at: number): void {
  const durationMs = endMs - startMs;
  const noise = mix(host.seed, Math.floor(startMs / 1000), durationMs);
  const base = loadPermille(host.department, startMs + durationMs / 2);
  const busyPermille = Math.min(980, Math.max(5, Math.trunc((base * (850 + (noise % 300))) / 1000)));
  const capacityUs = host.cores * durationMs * 1000;
  const busyUs = Math.trunc((capacityUs * busyPermille) / 1000);
  const userUs = Math.trunc((busyUs * busyShares.user) / 1000);
  const systemUs = Math.trunc((busyUs * busyShares.system) / 1000);
  const iowaitUs = busyUs - userUs - systemUs;
  const page = 4096;
  const memoryPermille = 350 + Math.trunc(busyPermille / 2) + (noise >>> 26);
  // A file system fills by an eighth of the memory's size a day and is cleaned on every tenth.
  const dayPermille = Math.trunc((startMs % 864_000_000) / 864_000);
  q[at] = userUs;
  q[at + 1] = systemUs;
  q[at + 2] = iowaitUs;
  q[at + 3] = capacityUs - busyUs;
  q[at + 4] = Math.trunc((host.memoryBytes * memoryPermille) / 1000 / page) * page;
  q[at + 5] = host.memoryBytes;
  q[at + 6] = Math.trunc((host.memoryBytes * (2000 + dayPermille)) / 1000 / page) * page;
  q[at + 7] = Math.trunc((busyUs * (40 + (noise & 31))) / 1_000_000) * page;
  q[at + 8] = Math.trunc((busyUs * (60 + ((noise >>> 5) & 63))) / 1_000_000) * page;
  q[at + 9] = Math.trunc((busyUs * (900 + ((noise >>> 11) & 255))) / 10_000);
  q[at + 10] = Math.trunc((busyUs * (1400 + ((noise >>> 17) & 255))) / 10_000);
}

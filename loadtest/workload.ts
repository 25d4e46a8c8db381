/**
 * The one workload of RATE, PIPE, COST, ALERT and RECOVER: an organisation of four levels with 200 prices, graduated
 * and with allowances, budgets on every department, and producers whose batches hold 200 or 2,000 samples.
 */
import type { BatchBody } from '#core/metering/batch.ts';
import type { ControlChange } from '#core/messages/control.ts';

export interface WorkloadSize {
  readonly producers: number;
  /** Each producer measures this many resources, each with `metrics` counters. */
  readonly resourcesPerProducer: number;
  readonly metrics: number;
}

export const standardSize: WorkloadSize = { producers: 1000, resourcesPerProducer: 10, metrics: 20 };

const departments = 10;
const projectsPerDepartment = 10;
const zone = 'Europe/Berlin';
const metricName = (metric: number): string => `load.metric${metric}`;
const producerName = (producer: number): string => `load-${producer}`;
const projectId = (producer: number): number => 100 + (producer % (departments * projectsPerDepartment));
const hostId = (producer: number): number => 1000 + producer;

/** Master data as control changes: organisation → department → project → host account, suspense, meters, prices, budgets. */
export function workloadOrganisation(
  tenant: string,
  size: WorkloadSize,
  keyOf: (producer: number) => { readonly id: string; readonly publicKey: string },
  targets: readonly string[] = [],
): ControlChange[] {
  const account = (id: number, parent: number, type: 'organisation' | 'department' | 'project' | 'host' | 'suspense') =>
    ({ kind: 'account', id, slug: `a${id}`, name: `Account ${id}`, parent, type, timeZone: zone }) as const;
  const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  return [
    { kind: 'tenant', id: tenant, name: 'Load', currency: 'EUR', timeZone: zone },
    account(1, 0, 'organisation'),
    account(2, 1, 'suspense'),
    ...range(departments).map((i) => account(10 + i, 1, 'department')),
    ...range(departments * projectsPerDepartment).map((i) => account(100 + i, 10 + (i % departments), 'project')),
    ...range(size.producers).map((i) => account(hostId(i), projectId(i), 'host')),
    ...range(size.producers).map((i) => ({ kind: 'ownership' as const, resource: `${producerName(i)}/*`, account: hostId(i), fromMs: 0 })),
    ...range(size.producers).map((i) => ({
      kind: 'producer' as const, id: producerName(i), type: 'agent' as const, simulated: true, enabled: true, keys: [keyOf(i)],
    })),
    ...range(size.metrics).map((i) => ({
      kind: 'meter' as const, id: `meter${i}`, metric: metricName(i), unit: 'us', scale: 0, aggregation: 'sum' as const, filter: {},
    })),
    ...range(size.metrics).flatMap((metric) => range(departments).map((department) => price(metric, department))),
    ...range(departments).map((i) => budget(i, targets)),
  ]; // prettier-ignore
}

function price(metric: number, department: number): ControlChange {
  const id = 1 + metric * departments + department;
  return {
    kind: 'price', id, key: `price${id}`, version: 1, service: `service${metric % 5}`, component: `component${metric}`, meter: `meter${metric}`,
    currency: 'EUR', account: 10 + department, effectiveFromMs: 0, tallyScope: 'account',
    unit: { name: 'vCPU·h', numerator: '1', denominator: '3600000000' }, allowance: id % 2 === 0 ? '10' : '0',
    model: {
      kind: 'graduated',
      tiers: [
        { upTo: '100', unitPrice: '0.045', flat: '0' },
        { upTo: '1000', unitPrice: '0.041', flat: '0' },
        { upTo: '10000', unitPrice: '0.0385', flat: '0' },
        { upTo: null, unitPrice: '0.035', flat: '0' },
      ],
    },
  }; // prettier-ignore
}

function budget(department: number, targets: readonly string[]): ControlChange {
  const thresholds = [{ percent: '80', action: 'notify' as const }, { percent: '100', action: 'throttle' as const }]; // prettier-ignore
  return {
    kind: 'budget', id: `budget${department}`, account: 10 + department, name: `Budget ${department}`, amount: '1000000000', currency: 'EUR',
    period: 'month', thresholds, targets, enabled: true,
  }; // prettier-ignore
}

/** One producer's batches, in order; the caller hashes and signs them. */
export class WorkloadProducer {
  readonly tenant: string;
  readonly id: string;
  readonly #size: WorkloadSize;
  readonly #startMs: number;
  readonly #epoch: BatchBody['epoch'];
  #seq = 0;
  #ticks = 0;

  constructor(tenant: string, index: number, size: WorkloadSize, startMs: number) {
    this.tenant = tenant;
    this.id = producerName(index);
    this.#size = size;
    this.#startMs = startMs;
    this.#epoch = { startedAtMs: startMs, nonce: index.toString(16).padStart(16, '0') };
  }

  /** A batch of `ticks` seconds of every counter; `prev` is the hash of the batch before. */
  next(prev: string, ticks: number, trace = ''): BatchBody {
    const { resourcesPerProducer, metrics } = this.#size;
    const seriesCount = resourcesPerProducer * metrics;
    const series = Array.from({ length: seriesCount }, (_, i) => [Math.floor(i / metrics), i % metrics, -1] as const);
    const count = seriesCount * ticks;
    const first = this.#ticks;
    this.#ticks += ticks;
    this.#seq += 1;
    return {
      v: 1, tenant: this.tenant, producer: this.id, epoch: this.#epoch, seq: this.#seq, prev, trace, simulated: true,
      resources: Array.from({ length: resourcesPerProducer }, (_, i) => `${this.id}/r${i}`),
      metrics: Array.from({ length: metrics }, (_, i) => ({ name: metricName(i), unit: 'us', scale: 0, kind: 'delta' as const })),
      dims: [], baseMs: this.#startMs, ticks: Array.from({ length: ticks }, (_, i) => [(first + i) * 1000, 1000, 1_000_000] as const), series,
      s: Array.from({ length: count }, (_, i) => i % seriesCount),
      k: Array.from({ length: count }, (_, i) => Math.floor(i / seriesCount)),
      q: Array.from({ length: count }, (_, i) => 100_000 + ((i * 7919 + first * 104_729) % 800_000)),
      raw: Array.from({ length: count }, () => null),
    }; // prettier-ignore
  }
}

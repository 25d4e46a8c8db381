/** The dictionaries of a batch, resolved to the producer's series. Agents send the same ones again and again, so the last are kept. */
import { metricPattern, resourcePattern } from '../messages/names.ts';
import type { RefusalReason } from '../messages/rated.ts';
import { batchLimits, type BatchBody, type BatchMetric } from '../metering/batch.ts';
import type { Changes } from './changes.ts';
import { metricName, seriesKey } from './metricNames.ts';
import { type PartitionState, type Producer, type Resource, type Series, type Tenant } from './state.ts';

/** Why a sample is refused. */
export type Fault = readonly [RefusalReason, string];

export interface Dictionary {
  readonly resources: string[];
  readonly metrics: readonly BatchMetric[];
  readonly dims: BatchBody['dims'];
  /** Resource, metric and dims of each series, three numbers each. */
  readonly indexes: Int32Array;
  /** By index into `series` of the batch: the series, or why none of its samples can be taken; filled when first used. */
  readonly series: (Series | Fault | undefined)[];
  /** Series that the fast path may rate, by the same index: their plan is known to be for these very units. */
  readonly ready: (Series | undefined)[];
  /** Whether a metric comes in two units or scales: its counters would be taken for one another. */
  readonly isAmbiguous: boolean;
  /** The resource that was looked up last. */
  newest: Resource | undefined;
  /** Master data that `ready` was judged by. */
  masterVersion: number;
  guardsOverlap: boolean;
}

/** The producer's dictionaries when the batch has the same, else new ones. */
export function dictionaryOf(
  producer: Producer,
  body: BatchBody,
  masterVersion: number,
  guardsOverlap: boolean,
): Dictionary {
  const known = producer.dictionary;
  if (known !== undefined && known.guardsOverlap === guardsOverlap && isSame(known, body)) {
    if (known.masterVersion !== masterVersion) {
      known.ready.fill(undefined);
      known.masterVersion = masterVersion;
    }
    return known;
  }
  const { resources, metrics, dims, series } = body;
  const indexes = new Int32Array(series.length * 3);
  series.forEach((entry, index) => indexes.set(entry, index * 3));
  producer.dictionary = {
    resources: [...resources], metrics, dims, indexes, masterVersion, guardsOverlap, newest: undefined,
    isAmbiguous: new Set(metrics.map(({ kind, name }) => `${kind}:${name}`)).size < metrics.length,
    series: Array.from({ length: series.length }), ready: Array.from({ length: series.length }),
  }; // prettier-ignore
  return producer.dictionary;
}

function isSame(known: Dictionary, { resources, metrics, dims, series }: BatchBody): boolean {
  const { indexes } = known;
  if (indexes.length !== series.length * 3 || known.resources.length !== resources.length) return false;
  if (known.metrics.length !== metrics.length || known.dims.length !== dims.length) return false;
  for (let i = 0; i < series.length; i++) {
    const entry = series[i]!;
    if (entry[0] !== indexes[3 * i] || entry[1] !== indexes[3 * i + 1] || entry[2] !== indexes[3 * i + 2]) return false;
  }
  for (let i = 0; i < resources.length; i++) if (resources[i] !== known.resources[i]) return false;
  for (let i = 0; i < metrics.length; i++) if (!isSameMetric(metrics[i]!, known.metrics[i]!)) return false;
  for (let i = 0; i < dims.length; i++) if (!isSameDims(dims[i]!, known.dims[i]!)) return false;
  return true;
}

const isSameMetric = (a: BatchMetric, b: BatchMetric): boolean =>
  a.name === b.name && a.unit === b.unit && a.scale === b.scale && a.kind === b.kind;

function isSameDims(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  let count = 0;
  for (const name in b) {
    if (a[name] !== b[name]) return false;
    count += 1;
  }
  return Object.keys(a).length === count;
}

export interface SeriesRun {
  readonly state: PartitionState;
  readonly tenant: Tenant;
  readonly producer: Producer;
  readonly changes: Changes;
}

/** The producer's series behind a dictionary entry, made when it is new, or why none of its samples can be taken. */
export function seriesAt(run: SeriesRun, dictionary: Dictionary, index: number): Series | Fault {
  const { tenant, producer, state, changes } = run;
  const { indexes, resources, metrics, dims, guardsOverlap } = dictionary;
  const name = resources[indexes[3 * index]!]!;
  const metric = metrics[indexes[3 * index + 1]!]!;
  const dimsIndex = indexes[3 * index + 2]!;
  if (!resourcePattern.test(name)) return ['out_of_range', 'the resource is not named as resources are'];
  if (!metricPattern.test(metric.name)) return ['out_of_range', 'the metric is not named as metrics are'];
  const dimsText = dimsIndex < 0 ? '' : canonical(dims[dimsIndex]!);
  if (dimsText.length > batchLimits.dimsTextMax) return ['out_of_range', 'the dimensions are too long'];
  const named = metricName(tenant, `${metric.kind}:${metric.name}${dimsText}`);
  const resource = resourceOf(run, name, dictionary.newest);
  dictionary.newest = resource;
  // The same text as everywhere, so that the batch's own can go.
  resources[indexes[3 * index]!] = resource.name;
  const key = seriesKey(resource, named);
  const known = producer.seriesByKey.get(key);
  const isKept = guardsOverlap && metric.kind === 'delta';
  // A gateway that becomes an agent begins to guard its counters: what had no identity gets one.
  if (known !== undefined && (known.id !== 0 || !isKept)) return known;
  const series: Series = {
    id: isKept ? state.series.length + 1 : 0,
    producer: producer.id,
    resource,
    metric: named.text,
    endMs: 0,
    dirty: false,
    plan: undefined,
  };
  if (isKept) {
    state.series.push(series);
    changes.series.push(series);
  }
  producer.seriesByKey.set(key, series);
  return series;
}

/**
 * Agents name resources in the order in which they came to be: after a take-over it is most often the one before, or the next in order of
 * id, and no index of a million names is asked.
 */
function resourceOf({ tenant, state, changes }: SeriesRun, name: string, before: Resource | undefined): Resource {
  if (before?.name === name) return before;
  const next = before && state.resources[before.id];
  if (next?.name === name && next.tenant === tenant.id) return next;
  let resource = tenant.resourcesByName.get(name);
  if (resource === undefined) {
    resource = { id: state.resources.length + 1, tenant: tenant.id, name };
    state.resources.push(resource);
    tenant.resourcesByName.set(name, resource);
    changes.resources.push(resource);
  }
  return resource;
}

function canonical(dims: Readonly<Record<string, string>>): string {
  const names = Object.keys(dims).sort();
  return names.length === 0 ? '' : JSON.stringify(names.map((name) => [name, dims[name]]));
}

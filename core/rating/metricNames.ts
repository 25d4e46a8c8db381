/** Metrics with their dimensions, and what finds a counter by them. */
import type { Resource, Tenant } from './state.ts';

/** A number where it fits, for there are many of them. */
export type SeriesKey = number | string;

/** A metric with its dimensions, kept once; its number is only for this process. */
export interface MetricName {
  readonly id: number;
  readonly text: string;
}

const metricIdsMax = 2 ** 21;

export function metricName({ metricNames }: Tenant, text: string): MetricName {
  let name = metricNames.get(text);
  if (name === undefined) metricNames.set(text, (name = { id: metricNames.size, text }));
  return name;
}

export const seriesKey = (resource: Resource, { id, text }: MetricName): SeriesKey =>
  id < metricIdsMax && resource.id < 2 ** 32 ? resource.id * metricIdsMax + id : `${resource.id} ${text}`;

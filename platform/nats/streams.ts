import {
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  jetstreamManager,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import { activePartitions, streams, subjects, type Placement } from '#core/messages/names.ts';
import { platformError } from '../errors.ts';
import type { NatsConnection } from './connect.ts';
import { patiently } from './patience.ts';
import { applyLimits, limitsWithin, sizeOf } from './streamLimits.ts';

export interface StreamLimits {
  /** Bytes that each stream may hold; a full stream refuses (`discard: new`), it never drops. */
  readonly usageBytesMax: number;
  readonly controlBytesMax: number;
  readonly ratedBytesMax: number;
  readonly alertsBytesMax: number;
}

const gibibyte = 1024 ** 3;
export const defaultStreamLimits: StreamLimits = {
  usageBytesMax: 4 * gibibyte,
  controlBytesMax: gibibyte / 4,
  ratedBytesMax: 6 * gibibyte,
  alertsBytesMax: gibibyte / 4,
};

/** What every money stream must be; anything else may lose, age out or rewrite messages. */
function moneyStream(name: string, streamSubjects: string[], bytesMax: number, replicas: number): StreamConfig {
  return {
    name,
    subjects: streamSubjects,
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    max_age: 0,
    max_msgs: -1,
    max_bytes: bytesMax,
    max_msg_size: -1,
    num_replicas: replicas,
    allow_direct: false,
    allow_rollup_hdrs: false,
    deny_delete: false,
    deny_purge: false,
    duplicate_window: 100_000_000,
  } as StreamConfig;
}

/** All streams of an instance that take something, by name. */
export function streamConfigs(placement: Placement, replicas: number, limits = defaultStreamLimits): StreamConfig[] {
  const perPartition = activePartitions(placement)
    .map((p) => [
      moneyStream(streams.usage(p), [subjects.usageOf(p)], limits.usageBytesMax, replicas),
      moneyStream(streams.control(p), [subjects.controlOf(p)], limits.controlBytesMax, replicas),
      moneyStream(streams.rated(p), [subjects.rated(p)], limits.ratedBytesMax, replicas),
    ])
    .flat();
  return [
    ...perPartition,
    moneyStream(streams.alerts, [subjects.alertsAll], limits.alertsBytesMax, replicas),
    moneyStream(streams.deliveries, [subjects.deliveriesAll], limits.alertsBytesMax, replicas),
  ];
}

const guarded = [
  'subjects', 'storage', 'retention', 'discard', 'max_age', 'max_msgs', 'allow_direct', 'allow_rollup_hdrs',
  'num_replicas', 'allow_msg_ttl', 'allow_atomic', 'allow_msg_counter', 'allow_msg_schedules',
] as const; // prettier-ignore

/**
 * Creates what is missing, brings limits to what fits into the budget (`limitsWithin`) and refuses to go on when an existing stream differs in a setting that guards money. Waits for
 * brokers that elect a leader.
 */
export async function ensureStreams(
  connection: NatsConnection,
  partitions: number | Placement,
  replicas: number,
  limits = defaultStreamLimits,
  budgetBytes = Infinity,
): Promise<void> {
  const placement = typeof partitions === 'number' ? { firstPartition: 0, partitions } : partitions;
  const manager = await patiently(() => jetstreamManager(connection));
  const present = await patiently(async () => {
    const found = new Map<string, StreamInfo>();
    for await (const info of manager.streams.list()) found.set(info.config.name, info);
    return found;
  });
  const all = streamConfigs(placement, replicas, limits);
  for (const wanted of all) {
    const found = present.get(wanted.name)?.config;
    if (found !== undefined) assertStream(found, wanted);
  }
  const sizes = all.flatMap(({ name }) => present.get(name) ?? []).map(sizeOf);
  const within = limitsWithin(sizes, new Map(all.map(({ name, max_bytes: bytes }) => [name, bytes])), budgetBytes);
  await patiently(() => applyLimits(manager, sizes, within));
  for (const wanted of all)
    if (!present.has(wanted.name))
      await patiently(() => manager.streams.add({ ...wanted, max_bytes: within.get(wanted.name)! }));
}

/** A retired partition's streams take nothing any more, for good, and hold no more room than they fill. */
export async function sealStreams(connection: NatsConnection, partition: number): Promise<void> {
  const manager = await patiently(() => jetstreamManager(connection));
  for (const stream of [streams.usage(partition), streams.control(partition), streams.rated(partition)]) {
    const { config, state } = await patiently(() => manager.streams.info(stream));
    if (config.sealed) continue;
    const sealed: Partial<StreamConfig> = { ...config, sealed: true, max_bytes: Math.max(1, state.bytes) };
    await patiently(() => manager.streams.update(stream, sealed));
  }
}

/** Throws STREAM_MISCONFIGURED when a stream's guarded settings are not as wanted. */
export function assertStream(found: StreamConfig, wanted: StreamConfig): void {
  const faults = guarded.filter((key) => !equal(found[key as keyof StreamConfig], wanted[key as keyof StreamConfig]));
  if (faults.length === 0) return;
  const detail = faults
    .map(
      (key) =>
        `${key} is ${text(found[key as keyof StreamConfig])}, must be ${text(wanted[key as keyof StreamConfig])}`,
    )
    .join('; ');
  throw platformError('STREAM_MISCONFIGURED', `${wanted.name}: ${detail}.`, { stream: wanted.name, faults });
}

const text = (value: unknown): string => JSON.stringify(value ?? null);
const equal = (a: unknown, b: unknown): boolean => text(a || null) === text(b || null);

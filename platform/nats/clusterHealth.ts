/** How well the replicas of an instance's streams are, for people. */
import { jetstreamManager, type StreamInfo } from '@nats-io/jetstream';
import type { NatsConnection } from './connect.ts';
import { isConfirmed } from './jetstreamLog.ts';

export interface ClusterHealth {
  readonly streams: number;
  /** Streams that each broker leads. */
  readonly leaders: ReadonlyMap<string, number>;
  /** A sentence each: streams without a leader, replicas that are away or behind. */
  readonly faults: readonly string[];
}

/** Throws what the brokers answer when nobody leads the cluster. */
export async function clusterHealth(connection: NatsConnection): Promise<ClusterHealth> {
  const manager = await jetstreamManager(connection);
  const leaders = new Map<string, number>();
  const faults: string[] = [];
  let streams = 0;
  for await (const info of manager.streams.list()) {
    streams += 1;
    const leader = info.cluster?.leader;
    if (leader !== undefined) leaders.set(leader, (leaders.get(leader) ?? 0) + 1);
    faults.push(...faultsOf(info));
  }
  return { streams, leaders, faults };
}

function faultsOf(info: StreamInfo): string[] {
  const { name } = info.config;
  if (!isConfirmed(info)) return [`${name} has no leader that a majority follows`];
  return (info.cluster?.replicas ?? [])
    .filter(({ current, offline }) => !current || offline === true)
    .map(({ name: broker, offline, lag }) => {
      if (offline === true) return `${broker} is away, ${name} lacks its replica`;
      return `${broker} is behind on ${name}${lag === undefined ? '' : ` by ${lag}`}`;
    });
}

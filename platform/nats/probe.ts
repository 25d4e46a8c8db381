/**
 * Replicated streams of some versions of nats-server (2.14.6 to 2.15.2 among them) stop for good when a publisher expects
 * another last message id than there is: each replica takes the refusal for a failed write. An agent may publish to its own
 * subject with any header, so one agent could stop a partition. Whether the brokers at hand do that is tried out, on a
 * stream of its own.
 */
import { randomUUID } from 'node:crypto';
import { StorageType, jetstreamManager } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { sleep } from '../lifecycle.ts';
import { platformError } from '../errors.ts';
import type { NatsConnection } from './connect.ts';
import { patiently } from './patience.ts';

export const probeLimits = {
  /** A stream that takes nothing for so long after the header has stopped, unless it elects a leader: hence several tries. */
  goesOnMsMax: 3000,
  tries: 2,
  publishMsMax: 1000,
  retryMs: 50,
  /** A probe that was killed before it deleted its stream leaves next to nothing, and that not for long. */
  bytesMax: 64 * 1024,
  ageMsMax: 600_000,
} as const;

/** `notNeeded`: streams that are not replicated do not stop. */
export type ProbeResult = 'passed' | 'failed' | 'notNeeded';

/** Tries it out. Throws what the brokers answer when they take no stream or message at all. */
export async function probeBroker(connection: NatsConnection, replicas: number): Promise<ProbeResult> {
  if (replicas === 1) return 'notNeeded';
  for (let attempt = 0; attempt < probeLimits.tries; attempt++) {
    if (await goesOn(connection, replicas)) return 'passed';
  }
  return 'failed';
}

/** Throws NATS_CLUSTER_UNSAFE when the brokers fail the probe. */
export async function requireSafeBroker(connection: NatsConnection, replicas: number): Promise<void> {
  if ((await probeBroker(connection, replicas)) !== 'failed') return;
  const version = connection.info?.version ?? '';
  await connection.close();
  throw platformError('NATS_CLUSTER_UNSAFE', `Found ${version}.`, { version });
}

async function goesOn(connection: NatsConnection, replicas: number): Promise<boolean> {
  const manager = await patiently(() => jetstreamManager(connection));
  const id = randomUUID();
  const subject = `probe.${id}`;
  const name = `PROBE_${id}`;
  const publish = async (lastMsgId?: string): Promise<boolean> => {
    const head = headers();
    if (lastMsgId !== undefined) head.set('Nats-Expected-Last-Msg-Id', lastMsgId);
    const options = { headers: head, timeout: probeLimits.publishMsMax };
    const reply = await connection.request(subject, '', options).catch(() => undefined);
    return reply !== undefined && reply.json<{ error?: object }>().error === undefined;
  };
  const publishWithin = async (msMax: number): Promise<boolean> => {
    const until = performance.now() + msMax;
    do {
      if (await publish()) return true;
      await sleep(probeLimits.retryMs);
    } while (performance.now() < until);
    return false;
  };
  try {
    await patiently(() =>
      manager.streams.add({
        name,
        subjects: [subject],
        storage: StorageType.File,
        num_replicas: replicas,
        max_bytes: probeLimits.bytesMax,
        max_age: probeLimits.ageMsMax * 1e6,
      }),
    );
    // One that takes nothing yet is still being made.
    await publishWithin(probeLimits.goesOnMsMax);
    await publish('none has this id');
    return await publishWithin(probeLimits.goesOnMsMax);
  } finally {
    await patiently(() => manager.streams.delete(name)).catch(() => undefined);
  }
}

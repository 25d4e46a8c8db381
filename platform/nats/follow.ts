/** Reading a stream in order and without a gap, whatever happens to brokers and connections in between. */
import { jetstream } from '@nats-io/jetstream';
import { StreamRewound, type LogMessage } from '../log.ts';
import type { NatsConnection } from './connect.ts';
import { patiently } from './patience.ts';

export const followLimits = {
  /**
   * Bytes that a follower asks for ahead of its reader, at least. The broker delivers nothing larger than what is asked
   * for, nor what stands behind it: whoever may send one message of the greatest size would stop the stream for good. So
   * the greatest message is asked for, and what its subject and address take besides.
   */
  bytesMin: 8 * 1024 * 1024,
  frameBytesMax: 64 * 1024,
  /** A follower that misses two heartbeats asks anew: a killed broker's consumers are gone, and nobody tells us. */
  heartbeatMs: 1000,
  requestMs: 5000,
  /** A cluster may give a follower to a broker that is away; it is asked for another one after so long. */
  beginMs: 2000,
} as const;

const consumeOptions = (connection: NatsConnection) => ({
  max_bytes: Math.max(followLimits.bytesMin, connection.info?.max_payload ?? 0) + followLimits.frameBytesMax,
  expires: followLimits.requestMs,
  idle_heartbeat: followLimits.heartbeatMs,
});

/** After one of these a follower may go on behind messages that are gone. */
const suspicious: ReadonlySet<string> = new Set([
  'consumer_deleted',
  'consumer_not_found',
  'stream_not_found',
  'heartbeats_missed',
  'reset',
  'ordered_consumer_recreated',
]);

export interface FollowOptions {
  readonly connection: NatsConnection;
  /** Reads one message; see `Log.get`. */
  readonly get: (stream: string, seq: number) => Promise<LogMessage | undefined>;
  readonly stream: string;
  readonly fromSeq: number;
  readonly signal: AbortSignal;
}

/**
 * See `Log.follow`. A consumer lives on one broker: where it falls silent, or the connection was another one meanwhile, a
 * new consumer goes on behind the last message, for the client asks for the old one until its broker is back.
 */
export async function* follow(options: FollowOptions): AsyncGenerator<LogMessage> {
  const { stream, signal } = options;
  let newest: LogMessage | undefined;
  const isLost = async () =>
    newest !== undefined &&
    Buffer.compare((await options.get(stream, newest.seq))?.data ?? Buffer.alloc(0), newest.data) !== 0;
  const requireNewest = async () => {
    if (await patiently(isLost, Infinity, signal))
      throw new StreamRewound(`${stream} no longer holds message ${newest!.seq}, which was read`);
  };
  while (!signal.aborted) {
    try {
      // Whatever took the consumer may have taken messages with it.
      await requireNewest();
      for await (const message of consumed(options, (newest?.seq ?? options.fromSeq - 1) + 1)) {
        if (message === 'in doubt') await requireNewest();
        else yield (newest = message);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/** What one consumer brings, and where it came to doubt; ends when it falls silent or the signal aborts. */
async function* consumed(
  { connection, stream, signal }: FollowOptions,
  fromSeq: number,
): AsyncGenerator<LogMessage | 'in doubt'> {
  const client = jetstream(connection, { timeout: followLimits.beginMs });
  const open = async () => {
    const consumer = await client.consumers.get(stream, { opt_start_seq: Math.max(1, fromSeq) });
    return { consumer, messages: await consumer.consume(consumeOptions(connection)) };
  };
  const { consumer, messages } = await patiently(open, Infinity, signal);
  let isInDoubt = false;
  const stop = () => messages.stop();
  const watchConsumer = async () => {
    for await (const { type } of messages.status()) {
      if (suspicious.has(type)) isInDoubt = true;
      if (type === 'heartbeats_missed' || type === 'ordered_consumer_recreated') stop();
    }
  };
  const status = connection.status();
  const watchConnection = async () => {
    for await (const { type } of status) if (type === 'reconnect') stop();
  };
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  watchConsumer().catch(stop);
  watchConnection().catch(stop);
  try {
    for await (const message of messages) {
      if (signal.aborted) return;
      if (isInDoubt) yield 'in doubt';
      isInDoubt = false;
      yield {
        subject: message.subject,
        seq: message.seq,
        timeMs: Math.floor(Number(message.info.timestampNanos) / 1e6),
        data: message.data,
      };
    }
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
    (status as unknown as { stop(): void }).stop();
    // It would be forgotten in minutes anyway.
    consumer.delete().catch(() => undefined);
  }
}

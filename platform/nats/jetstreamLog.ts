import { JetStreamApiError, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { StreamRewound, type AppendResult, type Log, type LogInfo, type LogMessage } from '../log.ts';
import type { NatsConnection } from './connect.ts';

export const logLimits = {
  /** How long one append waits for the broker's acknowledgement before its fate counts as unknown. */
  appendTimeoutMs: 5000,
  /**
   * Bytes that a follower asks for ahead of its reader, at least. The broker delivers nothing larger than what is asked
   * for, nor what stands behind it: whoever may send one message of the greatest size would stop the stream for good. So
   * the greatest message is asked for, and what its subject and address take besides.
   */
  followBytesMin: 8 * 1024 * 1024,
  followFrameBytesMax: 64 * 1024,
  /** A follower that misses two heartbeats asks anew: a killed broker's consumers are gone, and nobody tells us. */
  followHeartbeatMs: 1000,
  followRequestMs: 5000,
} as const;

const followOptions = (connection: NatsConnection) => ({
  max_bytes: Math.max(logLimits.followBytesMin, connection.info?.max_payload ?? 0) + logLimits.followFrameBytesMax,
  expires: logLimits.followRequestMs,
  idle_heartbeat: logLimits.followHeartbeatMs,
});

const wrongLastSequence = new Set([10071, 10164]);
const outOfSpace = new Set([10023, 10047, 10077, 10122, 10028]);

/** After one of these a follower may go on behind messages that are gone. */
const suspicious: ReadonlySet<string> = new Set([
  'consumer_deleted',
  'consumer_not_found',
  'stream_not_found',
  'heartbeats_missed',
  'reset',
  'ordered_consumer_recreated',
]);

/** The log on JetStream. */
export async function jetstreamLog(connection: NatsConnection): Promise<Log> {
  const client = jetstream(connection);
  const manager = await jetstreamManager(connection);

  const toMessage = (raw: { subject: string; seq: number; time: Date; data: Uint8Array }): LogMessage => ({
    subject: raw.subject,
    seq: raw.seq,
    timeMs: raw.time.getTime(),
    data: raw.data,
  });

  async function get(stream: string, seq: number): Promise<LogMessage | undefined> {
    try {
      const raw = await manager.streams.getMessage(stream, { seq });
      return raw === null ? undefined : toMessage(raw);
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === 10037) return undefined;
      throw error;
    }
  }

  async function info(stream: string): Promise<LogInfo> {
    const { state, config } = await manager.streams.info(stream);
    const { first_seq: firstSeq, last_seq: lastSeq, bytes } = state;
    return { firstSeq, lastSeq, bytes, ...(config.max_bytes > 0 ? { bytesMax: config.max_bytes } : {}) };
  }

  return {
    append: (_stream, subject, data, expectedLastSeq) => append(connection, subject, data, expectedLastSeq),
    get,
    info,
    async last(stream) {
      const { lastSeq } = await info(stream);
      return lastSeq === 0 ? undefined : get(stream, lastSeq);
    },
    async *follow(stream, fromSeq, signal) {
      if (signal.aborted) return;
      const consumer = await client.consumers.get(stream, { opt_start_seq: Math.max(1, fromSeq) });
      const messages = await consumer.consume(followOptions(connection));
      const stop = () => messages.stop();
      signal.addEventListener('abort', stop, { once: true });
      let newest: LogMessage | undefined;
      let isInDoubt = false;
      const rewound = () => new StreamRewound(`${stream} no longer holds message ${newest!.seq}, which was read`);
      const isLost = async () =>
        newest !== undefined &&
        Buffer.compare((await get(stream, newest.seq))?.data ?? Buffer.alloc(0), newest.data) !== 0;
      let failure: StreamRewound | undefined;
      const watch = async () => {
        for await (const { type } of messages.status()) {
          // Whatever made the broker forget the consumer may have taken messages with it.
          if (suspicious.has(type)) isInDoubt = true;
          if (type !== 'ordered_consumer_recreated' || !(await isLost())) continue;
          failure = rewound();
          return messages.stop();
        }
      };
      // While the broker is away nothing can be said; it makes the consumer anew once it is back.
      void watch().catch(() => undefined);
      try {
        for await (const message of messages) {
          if (signal.aborted) return;
          if (failure !== undefined) break;
          if (isInDoubt) {
            isInDoubt = false;
            if (await isLost()) throw rewound();
          }
          newest = {
            subject: message.subject,
            seq: message.seq,
            timeMs: Math.floor(Number(message.info.timestampNanos) / 1e6),
            data: message.data,
          };
          yield newest;
        }
        if (failure !== undefined) throw failure;
      } finally {
        signal.removeEventListener('abort', stop);
        messages.stop();
      }
    },
  };
}

/** One append, for producers who have no right to the JetStream API. Never throws for what a retry can mend. */
export async function append(
  connection: NatsConnection,
  subject: string,
  data: Uint8Array,
  expectedLastSeq?: number,
): Promise<AppendResult> {
  const head = headers();
  if (expectedLastSeq !== undefined) head.set('Nats-Expected-Last-Sequence', String(expectedLastSeq));
  try {
    const reply = await connection.request(subject, data, { headers: head, timeout: logLimits.appendTimeoutMs });
    const ack = reply.json<{ seq?: number; error?: { err_code: number; description: string } }>();
    if (ack.error === undefined) return { kind: 'stored', seq: ack.seq! };
    if (wrongLastSequence.has(ack.error.err_code)) return { kind: 'conflict' };
    if (outOfSpace.has(ack.error.err_code)) return { kind: 'full' };
    throw new Error(`append to ${subject}: ${ack.error.description} (${ack.error.err_code})`);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('append to ')) throw error;
    return { kind: 'unknown' };
  }
}

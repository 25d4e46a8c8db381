import { jetstreamManager, type StreamInfo } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import type { AppendResult, Log, LogInfo, LogMessage } from '../log.ts';
import type { NatsConnection } from './connect.ts';
import { follow } from './follow.ts';
import { LeaderUnconfirmed, patiently } from './patience.ts';

export const logLimits = {
  /** How long one append waits for the broker's acknowledgement before its fate counts as unknown. */
  appendTimeoutMs: 5000,
  /**
   * A leader that has not heard from a majority for so long may have been voted out without knowing, and its log may be old.
   * Less than the four seconds after which nats-server begins an election.
   */
  leaderHeardMsMax: 3000,
} as const;

const wrongLastSequence = new Set([10071, 10164]);
const outOfSpace = new Set([10023, 10047, 10077, 10122, 10028]);

/** The log on JetStream. Waits for brokers that elect a leader. */
export async function jetstreamLog(connection: NatsConnection): Promise<Log> {
  const manager = await patiently(() => jetstreamManager(connection));

  const toMessage = (raw: { subject: string; seq: number; time: Date; data: Uint8Array }): LogMessage => ({
    subject: raw.subject,
    seq: raw.seq,
    timeMs: raw.time.getTime(),
    data: raw.data,
  });

  async function get(stream: string, seq: number): Promise<LogMessage | undefined> {
    const raw = await manager.streams.getMessage(stream, { seq });
    if (raw !== null) return toMessage(raw);
    // What one who was voted out does not have may well be there.
    await info(stream);
    return undefined;
  }

  async function info(stream: string): Promise<LogInfo> {
    const about = await manager.streams.info(stream);
    if (!isConfirmed(about)) throw new LeaderUnconfirmed(`${stream}: its leader hears from no majority`);
    const { state, config } = about;
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
    follow: (stream, fromSeq, signal) => follow({ connection, get, stream, fromSeq, signal }),
  };
}

/**
 * Whether who answered is the leader still: a majority, itself included, has answered it since any election could begin.
 * A replica without a leader answers for itself and names none; `active` is 0 of those that nobody has heard yet.
 */
export function isConfirmed({ cluster, config }: Pick<StreamInfo, 'cluster' | 'config'>): boolean {
  if (config.num_replicas === 1) return true;
  const heard = (cluster?.replicas ?? []).filter(
    ({ active }) => active > 0 && active <= logLimits.leaderHeardMsMax * 1e6,
  );
  return Boolean(cluster?.leader) && 2 * (1 + heard.length) > config.num_replicas;
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

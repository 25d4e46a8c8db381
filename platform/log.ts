/**
 * The log as the rater, the loader, the notifier and verify see it. `platform/nats/` implements it on JetStream; the
 * simulator implements it on a seeded, faulty one.
 */
export interface LogMessage {
  readonly subject: string;
  /** Stream sequence, from 1. */
  readonly seq: number;
  /** Broker's timestamp, UTC ms. */
  readonly timeMs: number;
  readonly data: Uint8Array;
}

export interface LogInfo {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly bytes: number;
  /** Bytes that the stream may hold; absent for no limit of its own. */
  readonly bytesMax?: number;
}

export type AppendResult =
  | { readonly kind: 'stored'; readonly seq: number }
  /** Another message took the place: the stream's last sequence is not the expected one. */
  | { readonly kind: 'conflict' }
  /** The stream's limits or the disk are full; nothing was stored. */
  | { readonly kind: 'full' }
  /** No answer in time: the message may or may not be stored. Read the last message to know. */
  | { readonly kind: 'unknown' };

/** The stream has lost what its follower read last: what comes under the same sequences is another history. */
export class StreamRewound extends Error {
  override readonly name = 'StreamRewound';
}

export interface Log {
  /** Appends with an optional expectation of the stream's last sequence. Never sends a Nats-Msg-Id. */
  append(stream: string, subject: string, data: Uint8Array, expectedLastSeq?: number): Promise<AppendResult>;
  /** What the leader knows; throws while nobody can be certain to be it. */
  info(stream: string): Promise<LogInfo>;
  /** The message at `seq`, read from the leader; undefined when there is none, which only a leader that is certain may say. */
  get(stream: string, seq: number): Promise<LogMessage | undefined>;
  last(stream: string): Promise<LogMessage | undefined>;
  /**
   * Follows the stream in order from `fromSeq`; ends when the signal aborts. Survives reconnects without a gap; throws
   * StreamRewound when the broker comes back without the message that was read last.
   */
  follow(stream: string, fromSeq: number, signal: AbortSignal): AsyncIterable<LogMessage>;
}

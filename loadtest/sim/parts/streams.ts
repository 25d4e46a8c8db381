/** The broker's streams: what is stored, who follows, and what a single server and a replicated one do to an append. */
import { StreamRewound, type AppendResult, type Log, type LogInfo, type LogMessage } from '#platform/log.ts';
import type { Process } from '../schedule.ts';
import type { Wire } from './wire.ts';

const appendTimeoutMs = 5000;
const readTimeoutMs = 2500;
/** As long as a server that lost its office may still believe to have it. */
const staleMsMax = 5000;

interface Stream {
  readonly messages: LogMessage[];
  /** Accepted and not stored yet: an expectation counts them as if they were (see `append`). */
  inFlight: number;
  /** When the newest of them is stored: they keep their order. */
  storesMs: number;
  /** Times that the broker came back without its newest messages: what was in flight is gone with them. */
  cuts: number;
  /** Until when one that was the leader goes on answering, from how much it knows. */
  deposed: { readonly untilMs: number; readonly lastSeq: number } | undefined;
}

interface Follower {
  readonly process: Process;
  readonly stream: string;
  nextSeq: number;
  readonly queue: LogMessage[];
  wake: (() => void) | undefined;
  isDelivering: boolean;
  /** What it has read is lost; it will be told. */
  isCut: boolean;
  isBroken: boolean;
}

/** Sees every message that is stored, and every tail that is lost. */
export interface StreamWatcher {
  sent(process: Process, stream: string, data: Uint8Array): void;
  stored(stream: string, message: LogMessage): void;
  /** `wasRead`: some follower had read beyond. */
  cut(stream: string, lastSeq: number, wasRead: boolean, step: number): void;
}

export class Streams {
  readonly #wire: Wire;
  readonly #watcher: StreamWatcher;
  readonly #streams = new Map<string, Stream>();
  readonly #followers = new Set<Follower>();
  /** The broker's clock; may stand still or jump, and stamps never go back within a stream. */
  clockOffsetMs = 0;

  constructor(wire: Wire, watcher: StreamWatcher) {
    this.#wire = wire;
    this.#watcher = watcher;
  }

  #of(name: string): Stream {
    let stream = this.#streams.get(name);
    if (stream === undefined)
      this.#streams.set(name, (stream = { messages: [], inFlight: 0, storesMs: 0, cuts: 0, deposed: undefined }));
    return stream;
  }

  messages(name: string): readonly LogMessage[] {
    return this.#of(name).messages;
  }

  names(): string[] {
    return [...this.#streams.keys()];
  }

  /** A power failure takes the newest messages with it. */
  loseTail(name: string, count: number): void {
    const stream = this.#of(name);
    const { messages } = stream;
    messages.length = Math.max(0, messages.length - count);
    stream.cuts += 1;
    stream.inFlight = 0;
    const ahead = [...this.#followers].filter(
      ({ stream: of, nextSeq }) => of === name && nextSeq > messages.length + 1,
    );
    for (const follower of ahead) this.#break(follower);
    this.#watcher.cut(name, messages.length, ahead.length > 0, this.#wire.schedule.steps);
  }

  /** The log as one process reaches it. */
  for(process: Process): Log {
    const wire = this.#wire;
    const read = <T>(answer: () => T) => wire.ask(process, readTimeoutMs, answer);
    return {
      append: (stream, subject, data, expected) => this.append(process, stream, subject, data, expected),
      info: (stream) => read((): LogInfo => ({ firstSeq: 1, lastSeq: this.#seen(stream), bytes: 0 })),
      get: (stream, seq) => read(() => (seq <= this.#seen(stream) ? this.#of(stream).messages[seq - 1] : undefined)),
      last: (stream) => read(() => this.#of(stream).messages[this.#seen(stream) - 1]),
      follow: (stream, fromSeq, signal) => this.#follow(process, stream, fromSeq, signal),
    };
  }

  /** Last sequence, as the leader knows it or, for some seconds, as one does that does not know that it no longer is. */
  #seen(name: string): number {
    const { faults, random, schedule } = this.#wire;
    const stream = this.#of(name);
    const { length } = stream.messages;
    if (faults.strikes('stale'))
      stream.deposed ??= {
        untilMs: schedule.nowMs + random.next() * staleMsMax,
        lastSeq: length - 1 - random.below(3),
      };
    if (stream.deposed !== undefined && stream.deposed.untilMs < schedule.nowMs) stream.deposed = undefined;
    if (stream.deposed === undefined || faults.isOver || random.chance(0.5)) return length;
    return Math.min(length, Math.max(0, stream.deposed.lastSeq));
  }

  /**
   * The expectation is checked as the message arrives, against what is stored and what is in flight; it is stored a moment
   * later, unless it is lost then, and what came behind it takes its place. So one append in flight is a fence, several are none.
   */
  async append(
    process: Process,
    name: string,
    subject: string,
    data: Uint8Array,
    expected?: number,
  ): Promise<AppendResult> {
    const { faults } = this.#wire;
    const stream = this.#of(name);
    this.#watcher.sent(process, name, data);
    try {
      const isCommit = name.startsWith('RATED') && faults.strikes('commitSlow');
      const lateMs = isCommit ? this.#wire.random.next() * 4000 : 0;
      return await this.#wire.ask(
        process,
        appendTimeoutMs,
        (): AppendResult | Promise<AppendResult> => {
          if (faults.strikes(name.startsWith('USAGE') ? 'usageFull' : 'full')) return { kind: 'full' };
          if (expected !== undefined && expected !== stream.messages.length + stream.inFlight)
            return { kind: 'conflict' };
          stream.inFlight += 1;
          return new Promise<AppendResult>((resolve) => {
            const { schedule, random } = this.#wire;
            stream.storesMs = Math.max(stream.storesMs, schedule.nowMs + random.next() * 2);
            const { cuts } = stream;
            schedule.after(stream.storesMs - schedule.nowMs, undefined, () => {
              if (stream.cuts !== cuts) return;
              stream.inFlight -= 1;
              if (faults.strikes('proposalLost')) return;
              resolve({ kind: 'stored', seq: this.#store(name, subject, data) });
            });
          });
        },
        lateMs,
      );
    } catch {
      return { kind: 'unknown' };
    }
  }

  #store(name: string, subject: string, data: Uint8Array): number {
    const { messages } = this.#of(name);
    const timeMs = Math.max(messages.at(-1)?.timeMs ?? 0, this.#wire.schedule.wallMs() + this.clockOffsetMs);
    const message = { subject, seq: messages.length + 1, timeMs, data };
    messages.push(message);
    this.#watcher.stored(name, message);
    for (const follower of this.#followers) if (follower.stream === name) this.#deliver(follower);
    return message.seq;
  }

  async *#follow(
    process: Process,
    stream: string,
    fromSeq: number,
    signal: AbortSignal,
  ): AsyncIterableIterator<LogMessage> {
    const follower: Follower = {
      process,
      stream,
      nextSeq: fromSeq,
      queue: [],
      wake: undefined,
      isDelivering: false,
      isCut: false,
      isBroken: false,
    };
    this.#followers.add(follower);
    process.onEnd(() => this.#followers.delete(follower));
    const stop = () => follower.wake?.();
    signal.addEventListener('abort', stop, { once: true });
    this.#deliver(follower);
    try {
      while (!signal.aborted) {
        const message = follower.queue.shift();
        if (follower.isBroken) throw new StreamRewound(`${stream} no longer holds what was read last`);
        if (message !== undefined) yield message;
        else await new Promise<void>((resolve) => (follower.wake = resolve));
      }
    } finally {
      signal.removeEventListener('abort', stop);
      this.#followers.delete(follower);
    }
  }

  /** The broker comes back without what the follower has read; it is told when it is connected again. */
  #break(follower: Follower): void {
    follower.isCut = true;
    this.#wire.schedule.after(this.#wire.random.next() * 3000, follower.process, () => {
      follower.isBroken = true;
      follower.wake?.();
    });
  }

  /** In order and without a gap, a few at a time, sooner or later. */
  #deliver(follower: Follower): void {
    const { schedule, faults, random } = this.#wire;
    if (follower.isCut || follower.isDelivering || this.#of(follower.stream).messages.length < follower.nextSeq) return;
    follower.isDelivering = true;
    const delayMs = faults.strikes('deliverySlow') ? random.next() * 8000 : random.delayMs(3, 60, 0.1);
    schedule.after(delayMs, follower.process, () => {
      follower.isDelivering = false;
      if (follower.isCut) return;
      const { messages } = this.#of(follower.stream);
      const upTo = Math.min(messages.length, follower.nextSeq + random.below(20));
      for (; follower.nextSeq <= upTo; follower.nextSeq += 1) follower.queue.push(messages[follower.nextSeq - 1]!);
      const { wake } = follower;
      follower.wake = undefined;
      wake?.();
      this.#deliver(follower);
    });
  }
}

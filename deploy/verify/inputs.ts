/** Reads the ranges of an input stream that commits say they took, in order, without asking the broker for each. */
import type { Log, LogMessage } from '#platform/log.ts';

/** A range that the log no longer holds; the audit cannot go on past it. */
export class RangeMissing extends Error {
  override readonly name = 'RangeMissing';
}

export class StreamReader implements AsyncDisposable {
  readonly #log: Log;
  readonly #stream: string;
  #lastSeq = 0;
  #nextSeq = 1;
  #reading: { readonly messages: AsyncIterator<LogMessage>; readonly abort: AbortController } | undefined;

  constructor(log: Log, stream: string) {
    this.#log = log;
    this.#stream = stream;
  }

  /** The message at `seq`. Goes back only where a rewound stream was read again. Throws RangeMissing. */
  async read(seq: number): Promise<LogMessage> {
    await this.#mustReach(seq);
    if (seq !== this.#nextSeq || this.#reading === undefined) await this.#open(seq);
    const next = await this.#reading!.messages.next();
    const message = next.done === true ? undefined : next.value;
    if (message === undefined || message.seq !== seq) {
      throw new RangeMissing(
        `${this.#stream} holds ${message === undefined ? 'nothing' : `message ${message.seq}`} where message ${seq} should be`,
      );
    }
    this.#nextSeq = seq + 1;
    return message;
  }

  /** A follower waits for ever beyond the end, so the end is asked for first. */
  async #mustReach(seq: number): Promise<void> {
    if (seq <= this.#lastSeq) return;
    this.#lastSeq = (await this.#log.info(this.#stream)).lastSeq;
    if (seq > this.#lastSeq) throw new RangeMissing(`${this.#stream} ends at ${this.#lastSeq}, message ${seq} is gone`);
  }

  async #open(seq: number): Promise<void> {
    await this[Symbol.asyncDispose]();
    const abort = new AbortController();
    this.#reading = { messages: this.#log.follow(this.#stream, seq, abort.signal)[Symbol.asyncIterator](), abort };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reading?.abort.abort();
    await this.#reading?.messages.return?.();
    this.#reading = undefined;
  }
}

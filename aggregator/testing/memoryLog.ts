import type { AppendResult, Log, LogInfo, LogMessage } from '#platform/log.ts';

/** A log in memory that a test can cut, so that what a broker loses in a crash of its machine can be played. */
export class MemoryLog implements Log {
  readonly #streams = new Map<string, LogMessage[]>();
  readonly #wake = new Set<() => void>();

  #messages(stream: string): LogMessage[] {
    let messages = this.#streams.get(stream);
    if (messages === undefined) this.#streams.set(stream, (messages = []));
    return messages;
  }

  append(stream: string, subject: string, data: Uint8Array, expectedLastSeq?: number): Promise<AppendResult> {
    const messages = this.#messages(stream);
    if (expectedLastSeq !== undefined && expectedLastSeq !== messages.length)
      return Promise.resolve({ kind: 'conflict' });
    messages.push({ subject, seq: messages.length + 1, timeMs: messages.length, data });
    for (const wake of this.#wake) wake();
    return Promise.resolve({ kind: 'stored', seq: messages.length });
  }

  /** The stream forgets everything after `seq`. */
  rewind(stream: string, seq: number): void {
    this.#messages(stream).length = seq;
  }

  info(stream: string): Promise<LogInfo> {
    return Promise.resolve({ firstSeq: 1, lastSeq: this.#messages(stream).length, bytes: 0 });
  }

  get(stream: string, seq: number): Promise<LogMessage | undefined> {
    return Promise.resolve(this.#messages(stream)[seq - 1]);
  }

  last(stream: string): Promise<LogMessage | undefined> {
    return Promise.resolve(this.#messages(stream).at(-1));
  }

  async *follow(stream: string, fromSeq: number, signal: AbortSignal): AsyncIterable<LogMessage> {
    let seq = fromSeq;
    while (!signal.aborted) {
      const message = this.#messages(stream)[seq - 1];
      if (message !== undefined) {
        seq += 1;
        yield message;
        continue;
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#wake.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#wake.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    }
  }
}

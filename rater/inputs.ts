/** Reads the two input streams ahead, bounded, and hands them over in the order of record: control before usage. */
import type { LogMessage, Log } from '#platform/log.ts';
import { raterLimits } from './limits.ts';

export interface TakenInput {
  readonly stream: 'usage' | 'control';
  readonly message: LogMessage;
}

export class Inputs {
  readonly #queues = { control: [] as LogMessage[], usage: [] as LogMessage[] };
  readonly #bytes = { control: 0, usage: 0 };
  readonly #room = new Set<() => void>();
  #arrived: (() => void) | undefined;
  #failure: Error | undefined;
  #controlSeq: number;
  /** While set, usage waits in the log and only control is handed over. */
  isUsageHeld = false;
  readonly #controlFirstTo: number;

  /** Starts reading both streams; ends with the signal. */
  constructor(
    log: Log,
    from: { control: [string, number]; usage: [string, number] },
    controlFirstTo: number,
    signal: AbortSignal,
  ) {
    this.#controlSeq = from.control[1] - 1;
    this.#controlFirstTo = controlFirstTo;
    void this.#read(log, 'control', ...from.control, signal);
    void this.#read(log, 'usage', ...from.usage, signal);
    signal.addEventListener('abort', () => this.#resume(), { once: true });
  }

  /** The next input, if one is there. Throws what broke the reading. */
  next(): TakenInput | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    // What billing had decided when we started comes first, however late it is delivered.
    for (const stream of this.#isUsageOpen() ? (['control', 'usage'] as const) : (['control'] as const)) {
      const message = this.#queues[stream].shift();
      if (message === undefined) continue;
      this.#bytes[stream] -= message.data.length;
      if (stream === 'control') this.#controlSeq = message.seq;
      this.#resume();
      return { stream, message };
    }
    return undefined;
  }

  /** Resolves when an input may be there, or somebody calls `wake`. */
  async arrival(): Promise<void> {
    if (
      this.#queues.control.length > 0 ||
      (this.#isUsageOpen() && this.#queues.usage.length > 0) ||
      this.#failure !== undefined
    )
      return;
    await new Promise<void>((resolve) => (this.#arrived = resolve));
  }

  #resume(): void {
    for (const resume of this.#room) resume();
    this.#room.clear();
  }

  #isUsageOpen(): boolean {
    return !this.isUsageHeld && this.#controlSeq >= this.#controlFirstTo;
  }

  /** Ends the present wait: an input, a stop, a due date. */
  wake(): void {
    this.#arrived?.();
    this.#arrived = undefined;
  }

  #isAhead(stream: TakenInput['stream']): boolean {
    const { inputMessagesMax, inputBytesMax } = raterLimits;
    return this.#queues[stream].length >= inputMessagesMax || this.#bytes[stream] >= inputBytesMax;
  }

  async #read(
    log: Log,
    stream: TakenInput['stream'],
    name: string,
    fromSeq: number,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      for await (const message of log.follow(name, fromSeq, signal)) {
        this.#queues[stream].push(message);
        this.#bytes[stream] += message.data.length;
        this.wake();
        while (this.#isAhead(stream) && !signal.aborted) {
          await new Promise<void>((resolve) => this.#room.add(resolve));
        }
      }
      if (!signal.aborted) throw new Error(`reading ${name} ended by itself`);
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      this.wake();
    }
  }
}

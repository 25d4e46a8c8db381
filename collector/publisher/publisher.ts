/**
 * Brings spooled batches to the log, oldest first, in a bounded window beyond the rater's mark, for ever. The mark is
 * the only proof that a batch is done with; the broker's acknowledgement only says that it need not be sent again yet.
 */
import type { Epoch } from '#core/metering/batch.ts';
import type { MarkMessage } from '#core/messages/mark.ts';
import { subjects } from '#core/messages/names.ts';
import { epochText } from '#core/messages/rated.ts';
import type { AppendResult } from '#platform/log.ts';
import type { Clock } from '#platform/clock.ts';
import { limits } from '../limits.ts';
import type { Position, StoredBatch } from '../spool/spool.ts';
import { backoff } from './backoff.ts';
import { positionOf } from './mark.ts';
import { Waker } from './waker.ts';

/** Where batches wait: the spool, or the memory of a simulated host. */
export interface BatchStore {
  pending(): { readonly epoch: Epoch; readonly firstSeq: number; readonly lastSeq: number } | undefined;
  /** Batches from `fromSeq` on, as many as it likes to hand out at once; none when there are none. */
  read(epoch: Epoch, fromSeq: number): readonly StoredBatch[];
  acknowledge(position: Position): void;
}

/** `refused`: the broker said no; `unreadable`: the spool did not give the batch. */
export type AppendFailure = 'full' | 'unknown' | 'refused' | 'unreadable';

export interface PublisherEvents {
  published(batches: number): void;
  appendFailed(kind: AppendFailure, detail: string): void;
  appendRecovered(): void;
  resent(fromSeq: number, why: string): void;
  marked(mark: MarkMessage): void;
}

/** What a publisher asks of the broker. */
export interface UsageBroker {
  /** Throws when the broker says no for good. */
  append(subject: string, envelope: Uint8Array): Promise<AppendResult>;
  /** Asks the rater how far it is; throws when nobody answers in time. */
  markOf(partition: number, tenant: string, producer: string): Promise<MarkMessage>;
}

export interface PublisherOptions {
  readonly broker: UsageBroker;
  readonly tenant: string;
  readonly producer: string;
  readonly partition: number;
  readonly store: BatchStore;
  readonly clock: Clock;
  readonly events: PublisherEvents;
  /** Sees each mark before the store does. */
  readonly onMark?: (mark: MarkMessage) => void;
}

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #waker = new Waker();
  #partition: number;
  #marked = false;
  /** The rater lives and takes nothing for want of room: what the log holds is not sent again. */
  #raterWaits = false;
  #connected = true;
  /** The epoch being sent and how far it has been. */
  #epoch = '';
  #sentSeq = 0;
  #inFlight = 0;
  /** Bytes of what was sent beyond the mark, oldest first: the window. */
  readonly #unmarked: { readonly seq: number; readonly bytes: number }[] = [];
  #unmarkedBytes = 0;
  #failures = 0;
  #retryAtMs = 0;
  #progressAtMs: number;
  #stallMs: number = limits.stallMs;
  /** Answers to appends from before the last rewind say nothing about what is sent now. */
  #generation = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#partition = options.partition;
    this.#progressAtMs = this.#nowMs();
  }

  /** The rater has told how far it is. */
  get marked(): boolean {
    return this.#marked;
  }

  /** Nothing waits to be taken by the rater. */
  get drained(): boolean {
    return this.#options.store.pending() === undefined;
  }

  /** There may be something new to send. */
  wake(): void {
    this.#waker.wake();
  }

  /** Sends until the signal aborts. Never throws for what a retry can mend. */
  async run(signal: AbortSignal): Promise<void> {
    const wake = () => this.#waker.wake();
    signal.addEventListener('abort', wake, { once: true });
    const unmarkedSinceMs = this.#nowMs();
    for (let attempt = 0; !this.#marked && !signal.aborted; attempt++) {
      if (await this.askMark()) break;
      if (this.#nowMs() - unmarkedSinceMs > limits.markWaitMs) break;
      await this.#waker.sleep(backoff(attempt, limits.retryMs, limits.markTimeoutMs));
    }
    while (!signal.aborted) {
      const waitMs = await this.#step();
      if (!signal.aborted) await this.#waker.sleep(waitMs);
    }
    signal.removeEventListener('abort', wake);
  }

  /** Asks the rater for the mark; false when nobody answers. */
  async askMark(): Promise<boolean> {
    const { broker, tenant, producer } = this.#options;
    try {
      this.onMark(await broker.markOf(this.#partition, tenant, producer));
      return true;
    } catch {
      return false;
    }
  }

  onMark(mark: MarkMessage): void {
    const { onMark, events, store } = this.#options;
    const before = store.pending();
    onMark?.(mark);
    this.#goTo(mark.partition);
    store.acknowledge(positionOf(mark));
    events.marked(mark);
    const after = store.pending();
    const moved =
      before?.firstSeq !== after?.firstSeq ||
      (before !== undefined && after !== undefined && epochText(before.epoch) !== epochText(after.epoch));
    if (moved || !this.#marked) {
      this.#progressAtMs = this.#nowMs();
      this.#stallMs = limits.stallMs;
    }
    this.#marked = true;
    this.#raterWaits = mark.waits !== undefined;
    this.#waker.wake();
  }

  /** The instance was partitioned anew: what was sent elsewhere was not taken. */
  #goTo(partition: number): void {
    if (partition === this.#partition) return;
    this.#partition = partition;
    this.#rewind(`the tenant is placed on partition ${partition} now`);
  }

  /** The connection was lost, or is back: what was under way may not have arrived. */
  onConnection(connected: boolean): void {
    if (connected === this.#connected) return;
    this.#connected = connected;
    if (!connected) return;
    this.#rewind('reconnected');
    void this.askMark();
  }

  /** Sends what may be sent; answers for how long there will be nothing to do. */
  async #step(): Promise<number> {
    const nowMs = this.#nowMs();
    if (!this.#connected) return limits.retryMsMax;
    if (nowMs < this.#retryAtMs) return this.#retryAtMs - nowMs;
    const pending = this.#options.store.pending();
    if (pending === undefined) return limits.stallMsMax;
    const epoch = epochText(pending.epoch);
    if (epoch !== this.#epoch || this.#sentSeq < pending.firstSeq - 1) {
      if (epoch !== this.#epoch) this.#progressAtMs = nowMs;
      this.#epoch = epoch;
      this.#backTo(pending.firstSeq);
    }
    while (this.#unmarked[0] !== undefined && this.#unmarked[0].seq < pending.firstSeq)
      this.#unmarkedBytes -= this.#unmarked.shift()!.bytes;
    this.#send(pending);
    if (this.#sentSeq < pending.firstSeq) return Math.max(limits.retryMs, this.#retryAtMs - this.#nowMs());
    const stalledMs = this.#nowMs() - this.#progressAtMs;
    if (stalledMs < this.#stallMs) return this.#stallMs - stalledMs;
    await this.#unstall(pending.firstSeq);
    return 0;
  }

  #send(pending: { readonly epoch: Epoch; readonly firstSeq: number; readonly lastSeq: number }): void {
    const lastSeq = Math.min(pending.lastSeq, pending.firstSeq - 1 + limits.windowBatchesMax);
    if (this.#sentSeq === pending.firstSeq - 1 && this.#sentSeq < lastSeq) this.#progressAtMs = this.#nowMs();
    while (this.#sentSeq < lastSeq && this.#unmarkedBytes < limits.windowBytesMax && this.#nowMs() >= this.#retryAtMs) {
      const batches = this.#read(pending.epoch, this.#sentSeq + 1);
      if (batches.length === 0) return;
      for (const batch of batches) {
        if (batch.seq > lastSeq || this.#unmarkedBytes >= limits.windowBytesMax) return;
        this.#sentSeq = batch.seq;
        this.#unmarked.push({ seq: batch.seq, bytes: batch.envelope.length });
        this.#unmarkedBytes += batch.envelope.length;
        void this.#publish(batch);
      }
    }
  }

  /** What a failing disk does not give is asked for again later; metering goes on meanwhile. */
  #read(epoch: Epoch, fromSeq: number): readonly StoredBatch[] {
    try {
      return this.#options.store.read(epoch, fromSeq);
    } catch (error) {
      this.#fail('unreadable', (error as Error).message);
      return [];
    }
  }

  #fail(kind: AppendFailure, detail: string): void {
    this.#options.events.appendFailed(kind, detail);
    this.#retryAtMs = this.#nowMs() + backoff(this.#failures++, limits.retryMs, limits.retryMsMax);
  }

  async #publish(batch: StoredBatch): Promise<void> {
    const generation = this.#generation;
    this.#inFlight++;
    let failure: AppendFailure | undefined;
    let detail = '';
    try {
      const { broker, tenant, producer } = this.#options;
      const result = await broker.append(subjects.usage(this.#partition, tenant, producer), batch.envelope);
      if (result.kind === 'full' || result.kind === 'unknown') failure = result.kind;
    } catch (error) {
      failure = 'refused';
      detail = (error as Error).message;
    }
    this.#inFlight--;
    if (failure === undefined) {
      this.#options.events.published(1);
      if (this.#failures > 0) this.#options.events.appendRecovered();
      this.#failures = 0;
      if (this.#inFlight === 0) this.#waker.wake();
    } else if (generation !== this.#generation) {
      return;
    } else if (failure === 'full') {
      this.#slowDown(batch.seq, detail);
    } else {
      this.#fail(failure, detail);
      this.#rewind(`append ${failure}`);
    }
  }

  /** There is no room in the log: what it has taken stays sent, the refused goes out again after a pause. */
  #slowDown(seq: number, detail: string): void {
    if (this.#nowMs() >= this.#retryAtMs) this.#fail('full', detail);
    if (seq <= this.#sentSeq) this.#backTo(seq);
    this.#waker.wake();
  }

  /** What goes out next is `seq`. */
  #backTo(seq: number): void {
    this.#sentSeq = seq - 1;
    while ((this.#unmarked.at(-1)?.seq ?? 0) >= seq) this.#unmarkedBytes -= this.#unmarked.pop()!.bytes;
  }

  /** Batches are out and the mark stands still: if the rater lives and says so, they are sent again. */
  async #unstall(firstSeq: number): Promise<void> {
    const epoch = this.#epoch;
    const answered = await this.askMark();
    this.#progressAtMs = this.#nowMs();
    const pending = this.#options.store.pending();
    if (!answered || pending === undefined || epochText(pending.epoch) !== epoch || pending.firstSeq !== firstSeq)
      return;
    this.#stallMs = Math.min(this.#stallMs * 2, limits.stallMsMax);
    if (this.#raterWaits) return;
    this.#rewind('the mark stood still');
  }

  #rewind(why: string): void {
    this.#generation++;
    const firstSeq = this.#options.store.pending()?.firstSeq;
    if (firstSeq !== undefined && this.#sentSeq >= firstSeq) {
      this.#options.events.resent(firstSeq, why);
      this.#backTo(firstSeq);
    }
    this.#waker.wake();
  }

  #nowMs(): number {
    return this.#options.clock.monotonicUs() / 1000;
  }
}

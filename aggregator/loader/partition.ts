import { streams } from '#core/messages/names.ts';
import type { CommitHeader } from '#core/messages/rated.ts';
import { sha256 } from '#platform/crypto.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { Log, LogMessage } from '#platform/log.ts';
import { aggregatorError } from '../errors.ts';
import type { AggregatorEvents } from '../events.ts';
import { aggregatorLimits } from '../limits.ts';
import { genesis, judge, type Head } from './chain.ts';
import { Chunk } from './chunk.ts';
import { blockFault, readCommit, type Commit } from './commit.ts';
import { newToken, type Intents, type LoadRecord } from './intent.ts';
import type { LoadStore } from './loadStore.ts';
import { applyTakeover } from './takeover.ts';
import { insertRows, inspect, removeDisplaced, removeRows } from './write.ts';

export interface LoaderPorts {
  readonly log: Log;
  readonly store: LoadStore;
  readonly intents: Intents;
  readonly events: AggregatorEvents;
  /** No pause between loads and after failures is longer, whatever the limits say. */
  readonly pauseMsMax?: number;
  /** Loads at the beat of the clock, as other partitions do, so that their rows can be written together. */
  readonly inStep?: boolean;
}

/**
 * Copies `RATED_<p>` into the store, each commit exactly once: read a range, record it, write it, mark it done. A failure
 * anywhere ends the session; the next one starts from the record, and counts what the store holds of a range before it
 * writes it again, for as long as the store may hold more than the record says.
 */
export class PartitionLoader {
  readonly #ports: LoaderPorts;
  readonly #partition: number;
  #head: Head = genesis;
  #revision = 0;
  /** Up to this commit the store may hold rows that the record does not tell of. */
  #doubtSeqMax = 0;
  #restoring: LoadRecord | undefined;
  #storedSeq = 0;
  #flushedAtMs = 0;
  #isBusy = false;
  #failures = 0;
  #failure: unknown;

  constructor(ports: LoaderPorts, partition: number) {
    this.#ports = ports;
    this.#partition = partition;
  }

  /** Last commit of which all rows are in the store. */
  get head(): Head {
    return this.#head;
  }

  /** Why loading waits; undefined while it goes on. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Attempts since it last went on. */
  get failures(): number {
    return this.#failures;
  }

  /** Loads until the signal aborts, then drains; failures are retried for ever, ever more slowly. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#restore(signal);
        await this.#follow(signal);
      } catch (error) {
        this.#failure = error;
        this.#ports.events.loadFailed(this.#partition, error, this.#failures);
        const pauseMs = Math.min(aggregatorLimits.retryMsMin * 2 ** this.#failures, aggregatorLimits.retryMsMax);
        this.#failures += 1;
        // Two loaders by mistake on one partition undo each other's claims; in step they would do so for ever.
        await sleep(this.#atMost(pauseMs * (0.5 + Math.random() / 2)), signal);
      }
    }
  }

  /** Takes up what is recorded; where the log or the store has lost what was loaded, the log is read from its start. */
  async #restore(signal: AbortSignal): Promise<void> {
    const known = await this.#ports.intents.read(this.#partition);
    this.#revision = known?.revision ?? 0;
    const record = known?.record;
    const head = record === undefined ? genesis : record.state === 'done' ? record.end : record.base;
    const storedSeq = record?.storedSeq ?? 0;
    const outSeq = await this.#ports.store.loadedSeq(this.#partition);
    const lost = outSeq < storedSeq ? 'store' : (await this.#isGone(head, signal)) ? 'log' : undefined;
    const { lastSeq } = await this.#ports.log.info(streams.rated(this.#partition));
    if (lost !== undefined) this.#ports.events.rewound(this.#partition, head.seq, lost);
    else if (outSeq > lastSeq) this.#ports.events.beyondLog(this.#partition, outSeq, lastSeq);
    this.#head = lost === undefined ? head : genesis;
    this.#storedSeq = lost === undefined ? storedSeq : 0;
    this.#restoring = lost === undefined && record?.state === 'intent' ? record : undefined;
    const held = await this.#ports.store.heldSeqMax(this.#partition);
    this.#doubtSeqMax = Math.max(held > this.#head.seq ? held : 0, this.#restoring?.end.seq ?? 0);
    this.#ports.events.restored(this.#partition, this.#head.seq, this.#doubtSeqMax);
  }

  async #holds(seq: number, hash: string): Promise<boolean> {
    if (seq === 0) return true;
    const message = await this.#ports.log.get(streams.rated(this.#partition), seq);
    return message !== undefined && sha256(message.data) === hash;
  }

  /** Whether the log has lost the commit for certain; what is doubted wrongly would be loaded anew under another token. */
  async #isGone({ seq, hash }: Head, signal: AbortSignal): Promise<boolean> {
    const certainAtMs = performance.now() + this.#atMost(aggregatorLimits.lostCertainMs);
    while (!(await this.#holds(seq, hash))) {
      if (performance.now() >= certainAtMs || signal.aborted) return true;
      await sleep(this.#atMost(aggregatorLimits.lostAskMs), signal);
    }
    return false;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const until = AbortSignal.any([signal, ended.signal]);
    const messages = this.#ports.log
      .follow(streams.rated(this.#partition), this.#head.seq + 1, until)
      [Symbol.asyncIterator]();
    let chunk: Chunk | undefined;
    const flush = async () => {
      if (chunk !== undefined) await this.#load(chunk);
      chunk = undefined;
    };
    let idleSinceMs = performance.now();
    let next = messages.next();
    try {
      for (;;) {
        const waitMs = this.#waitMs(chunk, idleSinceMs);
        const arrived = await within(next, waitMs);
        if (arrived === undefined) {
          if (chunk?.hasRows !== true) await this.#checkHead();
          await flush();
          this.#recovered();
          idleSinceMs = performance.now();
          continue;
        }
        if (arrived.done === true) break;
        const commit = await this.#accept(arrived.value, chunk?.end ?? this.#head);
        if (commit !== undefined) {
          const fault = blockFault(commit);
          if (fault !== undefined || chunk?.takes(commit) === false) await flush();
          if (fault !== undefined) throw fault;
          if (chunk === undefined) {
            chunk = new Chunk(this.#partition, this.#head, commit);
            idleSinceMs = performance.now();
          } else chunk.add(commit);
          if (chunk.isFull || commit.seq === this.#restoring?.end.seq) await flush();
        }
        next = messages.next();
      }
    } finally {
      // A follower that waits for a message ends by its signal only.
      ended.abort();
      await next.catch(() => {});
      await messages.return?.();
    }
    await flush();
    if (!signal.aborted) throw new Error(`the follower of ${streams.rated(this.#partition)} ended by itself`);
  }

  /**
   * How long the next message may be waited for before something is due. A range found recorded is read to its end, for
   * its token stands for just those bytes, unless the log has lost them.
   */
  #waitMs(chunk: Chunk | undefined, idleSinceMs: number): number {
    const isDue = chunk?.isAwaited === true && chunk.end.seq >= (this.#restoring?.end.seq ?? 0);
    const { loadIntervalMs, smallLoadIntervalMs, idleIntervalMs } = aggregatorLimits;
    const pauseMs = this.#isBusy || chunk?.isLarge === true ? loadIntervalMs : smallLoadIntervalMs;
    const dueMs = isDue ? this.#dueMs(this.#atMost(pauseMs)) : idleSinceMs + idleIntervalMs;
    return Math.max(0, dueMs - performance.now());
  }

  #dueMs(pauseMs: number): number {
    if (this.#ports.inStep !== true || pauseMs <= 0) return this.#flushedAtMs + pauseMs;
    return (Math.floor(this.#flushedAtMs / pauseMs) + 1) * pauseMs;
  }

  /** The message as a commit that continues `head`; undefined when readers ignore it. */
  async #accept(message: LogMessage, head: Head): Promise<Commit | undefined> {
    const commit = readCommit(message);
    const verdict = commit === undefined ? 'unchained' : judge(head, commit.seq, commit.header);
    if (commit === undefined || verdict === 'unchained') {
      await this.#checkHead();
      this.#ports.events.unchained(this.#partition, message.seq);
      return undefined;
    }
    if (verdict === 'before') {
      this.#ports.events.recovered(this.#partition, 'all', 'before');
      return undefined;
    }
    if (commit.header.kind === 'inherit' && commit.header.n === 0) await this.#requireLoaded(commit.header.from ?? []);
    if (verdict === 'back') {
      const { base } = commit.header;
      if (base === undefined || !(await this.#holds(base.outSeq, base.hash))) throw this.#rewound();
    }
    return commit;
  }

  /** What a partition inherited is complete in the store once all of the partitions before it is. Throws LOAD_WAITS. */
  async #requireLoaded(retired: NonNullable<CommitHeader['from']>): Promise<void> {
    for (const { partition, seq } of retired) {
      const record = (await this.#ports.intents.read(partition))?.record;
      if (record?.state !== 'done' || record.end.seq < seq)
        throw aggregatorError('LOAD_WAITS', `Partition ${this.#partition} waits for commit ${seq} of ${partition}.`, {
          partition,
        });
    }
  }

  async #checkHead(): Promise<void> {
    if (!(await this.#holds(this.#head.seq, this.#head.hash))) throw this.#rewound();
  }

  #rewound(): Error {
    return aggregatorError('LOAD_REWOUND', `Partition ${this.#partition}, commit ${this.#head.seq}.`, {
      partition: this.#partition,
    });
  }

  async #load(chunk: Chunk): Promise<void> {
    const { store, events } = this.#ports;
    const startedAtMs = performance.now();
    if (chunk.hasRows) {
      let record = this.#intentFor(chunk);
      await this.#record(record);
      if (chunk.takeover !== undefined) {
        const voided = await applyTakeover(store, chunk.takeover, record.token, chunk.base.seq < this.#doubtSeqMax);
        events.takeoverApplied(this.#partition, chunk.incarnation, voided);
      } else if (chunk.base.seq < this.#doubtSeqMax) await removeDisplaced(store, chunk);
      for (const rows of chunk.tables()) {
        if (chunk.base.seq < this.#doubtSeqMax) {
          const found = await inspect(store, chunk, rows, this.#doubtSeqMax);
          events.recovered(this.#partition, rows.table.name, found);
          if (found !== 'new' && found !== 'overlapping') continue;
          if (found === 'overlapping') {
            record = { ...record, token: newToken(this.#partition, chunk.base, chunk.end) };
            await this.#record(record);
            await removeRows(store, chunk, rows);
          }
        }
        await insertRows(store, rows, record.token);
      }
      this.#storedSeq = chunk.end.seq;
      await this.#record({ ...record, state: 'done' });
    } else {
      await this.#record({ ...this.#intentFor(chunk), state: 'done' });
    }
    this.#head = chunk.end;
    this.#restoring = undefined;
    this.#isBusy = chunk.isLarge;
    this.#flushedAtMs = performance.now();
    this.#recovered();
    events.loaded(
      this.#partition,
      chunk.end,
      chunk.end.samplesRated - chunk.base.samplesRated,
      performance.now() - startedAtMs,
    );
  }

  #atMost(pauseMs: number): number {
    return Math.min(pauseMs, this.#ports.pauseMsMax ?? pauseMs);
  }

  #recovered(): void {
    this.#failures = 0;
    this.#failure = undefined;
  }

  #intentFor({ base, end, takeover }: Chunk): Omit<LoadRecord, 'storedSeq'> {
    const found = this.#restoring;
    const isSame = found !== undefined && found.end.hash === end.hash && found.base.hash === base.hash;
    // Beyond its base a take-over voids loads, too.
    this.#storedSeq = Math.min(this.#storedSeq, takeover?.header.base?.outSeq ?? this.#storedSeq);
    const token = isSame ? found.token : newToken(this.#partition, base, end);
    return { v: 1, state: 'intent', base, end, token };
  }

  async #record(record: Omit<LoadRecord, 'storedSeq'>): Promise<void> {
    const whole = { ...record, storedSeq: this.#storedSeq };
    this.#revision = await this.#ports.intents.write(this.#partition, whole, this.#revision);
  }
}

/** The promise's value, or undefined when it takes longer. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

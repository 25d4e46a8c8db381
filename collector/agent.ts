/** The agent's loop: each source in its turn is read, measured, sealed and spooled; the publisher does the rest. */
import type { BatchBody } from '#core/metering/batch.ts';
import type { Clock } from '#platform/clock.ts';
import { sleep } from '#platform/lifecycle.ts';
import { emptyContent, encodeBatches } from './batches/encode.ts';
import { sealAll, type Producer } from './batches/seal.ts';
import { measure, type MeterNote, type Moment } from './counters/measure.ts';
import type { CollectorEvents } from './events.ts';
import { limits } from './limits.ts';
import type { Reading, Source } from './sources/index.ts';
import type { Spool } from './spool/spool.ts';

export interface AgentOptions {
  readonly producer: Producer;
  readonly sources: readonly Source[];
  readonly spool: Spool;
  readonly clock: Clock;
  readonly boot: { readonly id: string; readonly ms: number };
  readonly intervalMs: number;
  readonly events: CollectorEvents;
  readonly newTrace: () => string;
  /** Something was spooled. */
  readonly onSpooled: () => void;
}

export class Agent {
  readonly #options: AgentOptions;
  /** Monotonic ms of the last batch. */
  #spooledAtMs: number;
  #refusedSinceMs: number | undefined;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#spooledAtMs = this.#nowMs();
  }

  /** Reads every source once an interval, evenly staggered, until the signal aborts; then every one a last time. */
  async run(signal: AbortSignal): Promise<void> {
    const { sources, intervalMs, events } = this.#options;
    const startMs = this.#nowMs();
    const turns = sources.map((source, index) => ({ source, dueMs: startMs + (index * intervalMs) / sources.length }));
    while (!signal.aborted) {
      const turn = turns.reduce((first, other) => (other.dueMs < first.dueMs ? other : first));
      const waitMs = Math.max(0, turn.dueMs - this.#nowMs());
      await sleep(Math.min(waitMs, limits.heartbeatMs), signal);
      if (signal.aborted) break;
      if (this.#nowMs() < turn.dueMs - 1) {
        this.#heartbeatIfIdle();
        continue;
      }
      this.read(turn.source);
      const missed = Math.max(0, Math.floor((this.#nowMs() - turn.dueMs) / intervalMs));
      if (missed > 0) events.skipped(missed);
      turn.dueMs += intervalMs * (missed + 1);
      this.#heartbeatIfIdle();
    }
    for (const source of sources) this.read(source);
  }

  /** One source: what it used since its last reading goes to the spool. */
  read(source: Source): void {
    const { clock, boot, spool, events, intervalMs } = this.#options;
    const now: Moment = { wallMs: clock.wallMs(), monotonicUs: clock.monotonicUs(), boot: boot.id, bootMs: boot.ms };
    let readings: readonly Reading[];
    try {
      readings = source.read();
    } catch (error) {
      events.sourceState(source.name, (error as Error).message);
      return;
    }
    events.sourceState(source.name, source.fault?.());
    const holdMs = Math.max(limits.levelHoldMsMin, intervalMs * limits.levelHoldIntervals);
    const known = spool.states.get(source.name);
    const measured = measure(source.name, known, readings, now, holdMs);
    const notes = [...this.#ownNotes(), ...measured.notes];
    const contents = encodeBatches(measured.samples, notes);
    if (contents.length === 0 && known !== undefined) return spool.remember(measured.change);
    const done = this.#spool(contents, measured.change);
    if (done) events.spooled(source.name, measured.samples.length, contents.length, notes);
  }

  #heartbeatIfIdle(): void {
    if (this.#nowMs() - this.#spooledAtMs < limits.heartbeatMs) return;
    const notes = this.#ownNotes();
    const contents = notes.length > 0 ? encodeBatches([], notes) : [emptyContent(this.#options.clock.wallMs())];
    if (this.#spool(contents, undefined)) this.#options.events.spooled('heartbeat', 0, 1, notes);
  }

  /** What happened to the agent itself since its last batch. */
  #ownNotes(): MeterNote[] {
    const notes: MeterNote[] = this.#options.spool.losses.map((detail) => ({ kind: 'lost', detail }));
    if (this.#refusedSinceMs !== undefined) {
      notes.push({
        kind: 'gap',
        detail: `the spool took no batches since ${this.#refusedSinceMs}; this slice covers that time`,
      });
    }
    return notes;
  }

  /** All or nothing: when it fails, counters stay where they were and the next slice spans longer. */
  #spool(contents: ReturnType<typeof encodeBatches>, change: Parameters<Spool['append']>[1]): boolean {
    const { spool, producer, newTrace, events, clock } = this.#options;
    const size: NonNullable<BatchBody['spool']> = spool.size();
    events.spoolSize(size);
    let fault = '';
    try {
      const sealed = sealAll(producer, spool.head, contents, newTrace(), size);
      if (!spool.append(sealed, change)) fault = `full: ${size.bytes} bytes wait for the rater`;
    } catch (error) {
      fault = (error as Error).message;
    }
    if (fault !== '') {
      this.#refusedSinceMs ??= clock.wallMs();
      events.spoolRefused(fault.replace(/\d+ bytes/, 'its limit of bytes'));
      return false;
    }
    if (contents.length > 0) {
      this.#refusedSinceMs = undefined;
      this.#spooledAtMs = this.#nowMs();
      this.#options.onSpooled();
    }
    return true;
  }

  #nowMs(): number {
    return this.#options.clock.monotonicUs() / 1000;
  }
}

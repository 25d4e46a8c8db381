/** The agent's loop: sources are read, measured, sealed and spooled in turns; the publisher does the rest. */
import type { BatchBody } from '#core/metering/batch.ts';
import type { Clock } from '#platform/clock.ts';
import { sleep } from '#platform/lifecycle.ts';
import { emptyContent, encodeBatches } from './batches/encode.ts';
import { sealAll, type Producer } from './batches/seal.ts';
import type { StateChange } from './counters/state.ts';
import { measure, type Measurement, type MeterNote, type Moment } from './counters/measure.ts';
import type { CollectorEvents } from './events.ts';
import { limits } from './limits.ts';
import type { Reading, Source } from './sources/index.ts';
import type { Held } from './spool/held.ts';
import type { Spool } from './spool/spool.ts';

export interface AgentOptions {
  readonly producer: Producer;
  readonly sources: readonly Source[];
  readonly spool: Spool;
  readonly held: Held;
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

  /**
   * Reads every source once an interval, in turns that are evenly staggered, until the signal aborts; then all a last
   * time. A turn is one signed batch and one sync of the disk.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { sources, intervalMs, events } = this.#options;
    const startMs = this.#nowMs();
    const count = Math.min(limits.turnsMax, sources.length);
    const turns = Array.from({ length: count }, (_, turn) => ({
      sources: sources.filter((__, index) => index % count === turn),
      dueMs: startMs + (turn * intervalMs) / count,
    }));
    while (!signal.aborted) {
      const turn = turns.reduce((first, other) => (other.dueMs < first.dueMs ? other : first));
      const waitMs = Math.max(0, turn.dueMs - this.#nowMs());
      await sleep(Math.min(waitMs, limits.heartbeatMs), signal);
      if (signal.aborted) break;
      if (this.#nowMs() < turn.dueMs - 1) {
        this.heartbeatIfIdle();
        continue;
      }
      this.read(turn.sources);
      const missed = Math.max(0, Math.floor((this.#nowMs() - turn.dueMs) / intervalMs));
      if (missed > 0) events.skipped(missed);
      turn.dueMs += intervalMs * (missed + 1);
      this.heartbeatIfIdle();
    }
    this.read(sources);
    this.#release(true);
  }

  /** What the sources used since their last reading goes to the spool, together. */
  read(sources: readonly Source[]): void {
    const { held, clock } = this.#options;
    const measured = sources.flatMap((source) => this.#measure(source) ?? []);
    if (held.isEmpty && this.#write(measured)) return;
    if (!held.take(measured, clock.wallMs())) this.#refusedSinceMs ??= clock.wallMs();
    this.#release();
  }

  /** False when the spool has no room for it. */
  #write(measured: readonly Measurement[]): boolean {
    const { spool, events } = this.#options;
    const samples = measured.flatMap((each) => each.samples);
    const notes = [...this.#ownNotes(), ...measured.flatMap((each) => each.notes)];
    const changes = measured.map(({ change }) => change);
    const contents = encodeBatches(samples, notes);
    if (contents.length === 0 && changes.every(({ source }) => spool.states.has(source))) {
      for (const change of changes) spool.remember(change);
      return true;
    }
    if (!this.#spool(contents, changes)) return false;
    for (const { change, samples: own } of measured) events.metered(change.source, own.length);
    events.spooled(contents.length, notes);
    return true;
  }

  /** What had no room goes into the spool as soon as it fits; until then it lies beside it. */
  #release(isLast = false): void {
    const { held, events } = this.#options;
    if (held.isEmpty) return;
    if (held.mayMove(this.#nowMs())) {
      const { samples, notes, changes } = held.contents();
      const all = [...notes, ...this.#ownNotes()];
      const contents = encodeBatches(samples, all);
      if (this.#spool(contents, changes)) {
        held.moved();
        events.spooled(contents.length, all);
      }
    }
    try {
      held.save(this.#nowMs(), isLast);
    } catch (error) {
      events.spoolRefused((error as Error).message);
    }
    events.held(held.size);
  }

  /** Undefined, and told, when the source as a whole cannot be read. */
  #measure(source: Source): Measurement | undefined {
    const { clock, boot, held, events, intervalMs } = this.#options;
    const now: Moment = { wallMs: clock.wallMs(), monotonicUs: clock.monotonicUs(), boot: boot.id, bootMs: boot.ms };
    let readings: readonly Reading[];
    try {
      readings = source.read();
    } catch (error) {
      events.sourceState(source.name, (error as Error).message);
      return undefined;
    }
    events.sourceState(source.name, source.fault?.());
    const holdMs = Math.max(limits.levelHoldMsMin, intervalMs * limits.levelHoldIntervals);
    return measure(source.name, held.stateOf(source.name), readings, now, holdMs);
  }

  /** Nothing was sent for a while: a batch without samples says that the agent lives, and how far it is complete. */
  heartbeatIfIdle(): void {
    if (!this.#options.held.isEmpty || this.#nowMs() - this.#spooledAtMs < limits.heartbeatMs) return;
    const notes = this.#ownNotes();
    const [content = emptyContent(this.#options.clock.wallMs())] = encodeBatches([], notes);
    const { completeUntilMs, changes } = this.#complete();
    const said = completeUntilMs === undefined ? content : { ...content, completeUntilMs };
    if (this.#spool([said], changes)) this.#options.events.spooled(1, notes);
  }

  /**
   * Up to where nothing more will come: the oldest of the sources' newest readings, for the next slice of each begins there. It
   * is written with the counters as of then, so that a crash does not begin a slice before what was said.
   */
  #complete(): { readonly completeUntilMs: number | undefined; readonly changes: readonly StateChange[] } {
    const { sources, held } = this.#options;
    const changes = sources.flatMap(({ name: source }): StateChange[] => {
      const state = held.stateOf(source);
      return state === undefined ? [] : [{ source, ...state, set: state.series }];
    });
    const oldestMs = Math.min(...changes.map(({ wallMs }) => wallMs));
    return { completeUntilMs: changes.length === 0 ? undefined : oldestMs, changes };
  }

  /** What happened to the agent itself since its last batch. */
  #ownNotes(): MeterNote[] {
    const notes: MeterNote[] = this.#options.spool.losses.map((detail) => ({ kind: 'lost', detail }));
    if (this.#refusedSinceMs !== undefined) {
      notes.push({
        kind: 'gap',
        detail: `nothing could be taken since ${this.#refusedSinceMs}; the next slices of counters cover that time`,
      });
    }
    return notes;
  }

  /** All or nothing. */
  #spool(contents: ReturnType<typeof encodeBatches>, changes: Parameters<Spool['append']>[1]): boolean {
    const { spool, producer, newTrace, events } = this.#options;
    const size: NonNullable<BatchBody['spool']> = spool.size();
    events.spoolSize(size);
    let fault = '';
    try {
      const sealed = sealAll(producer, spool.head, contents, newTrace(), size);
      if (!spool.append(sealed, changes)) fault = `full: ${size.bytes} bytes wait for the rater`;
    } catch (error) {
      fault = (error as Error).message;
    }
    if (fault !== '') {
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

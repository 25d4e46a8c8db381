/** What the agent remembers of a source between two readings. It is spooled in one record with the batches it explains. */
import { limits } from '../limits.ts';

export interface SeriesState {
  /** The counter at the last reading; null for a level. */
  readonly value: bigint | null;
  /** End of the last slice, UTC ms: where the next one starts. */
  readonly endMs: number;
  readonly monotonicUs: number;
  readonly identity: string;
}

export interface SourceState {
  readonly boot: string;
  /** Wall and monotonic clock of the last reading. */
  readonly wallMs: number;
  readonly monotonicUs: number;
  readonly series: ReadonlyMap<string, SeriesState>;
}

/** What one reading changes. Takes effect only when the batches that it comes with are on disk. */
export interface StateChange {
  readonly source: string;
  readonly boot: string;
  readonly wallMs: number;
  readonly monotonicUs: number;
  readonly set: ReadonlyMap<string, SeriesState>;
}

/** The state after a change. A new boot forgets what the reading did not name; so does time. */
export function applyChange(state: SourceState | undefined, change: StateChange): SourceState {
  const keep = state !== undefined && state.boot === change.boot;
  const series = keep ? (state.series as Map<string, SeriesState>) : new Map<string, SeriesState>();
  for (const [key, value] of change.set) series.set(key, value);
  if (series.size > change.set.size) {
    for (const [key, { monotonicUs }] of series) {
      if (change.monotonicUs - monotonicUs > limits.seriesForgetMs * 1000) series.delete(key);
    }
  }
  return { boot: change.boot, wallMs: change.wallMs, monotonicUs: change.monotonicUs, series };
}

/** A change as JSON. */
export interface StateText {
  readonly source: string;
  readonly boot: string;
  readonly wallMs: number;
  readonly us: number;
  /** [key, counter or null, end ms, monotonic µs, identity] */
  readonly set: readonly (readonly [string, string | null, number, number, string])[];
}

export function changeToText(change: StateChange): StateText {
  return {
    source: change.source,
    boot: change.boot,
    wallMs: change.wallMs,
    us: change.monotonicUs,
    set: [...change.set].map(([key, s]) => [
      key,
      s.value === null ? null : String(s.value),
      s.endMs,
      s.monotonicUs,
      s.identity,
    ]),
  };
}

/** The whole state of a source as a change that makes it from nothing. */
export function stateToText(source: string, state: SourceState): StateText {
  return changeToText({
    source,
    boot: state.boot,
    wallMs: state.wallMs,
    monotonicUs: state.monotonicUs,
    set: state.series,
  });
}

export function changeFromText(text: StateText): StateChange {
  const set = new Map(
    text.set.map(([key, value, endMs, monotonicUs, identity]) => [
      key,
      { value: value === null ? null : BigInt(value), endMs, monotonicUs, identity },
    ]),
  );
  return { source: text.source, boot: text.boot, wallMs: text.wallMs, monotonicUs: text.us, set };
}

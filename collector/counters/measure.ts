/** Readings of one source → samples, notes and the state to remember. Pure: time comes in with the readings. */
import { batchLimits, type BatchNote, type Coalescing } from '#core/metering/batch.ts';
import { limits } from '../limits.ts';
import type { Reading, Series } from '../sources/source.ts';
import { deltaOf } from './delta.ts';
import type { SeriesState, SourceState, StateChange } from './state.ts';

/** When a source was read, and on which boot of the machine. */
export interface Moment {
  readonly wallMs: number;
  readonly monotonicUs: number;
  readonly boot: string;
  readonly bootMs: number;
}

export interface Sample {
  readonly series: Series;
  readonly startMs: number;
  readonly durationMs: number;
  /** 0 when unknown. */
  readonly monotonicUs: number;
  readonly quantity: bigint;
  readonly raw: bigint | null;
}

export interface MeterNote {
  readonly kind: BatchNote['kind'];
  readonly series?: Series;
  readonly detail: string;
  readonly coalesced?: Coalescing;
}

export interface Measurement {
  readonly samples: readonly Sample[];
  readonly notes: readonly MeterNote[];
  readonly change: StateChange;
}

/** `levelHoldMs`: how long before its reading a level is taken to have been true. */
export function measure(
  source: string,
  state: SourceState | undefined,
  readings: readonly Reading[],
  now: Moment,
  levelHoldMs: number,
): Measurement {
  const samples: Sample[] = [];
  const set = new Map<string, SeriesState>();
  const notes: MeterNote[] = clockNotes(state, now);
  const rebooted = state !== undefined && state.boot !== now.boot;
  if (rebooted) notes.push({ kind: 'reset', detail: `${source}: the host was restarted; counters began at zero` });
  let gapFromMs = Infinity;

  for (const reading of readings.slice(0, limits.seriesMax)) {
    const { series } = reading;
    const before = state?.series.get(series.key);
    // The clock had been wrong by more than can be waited for: measure from the present on.
    const lost = before !== undefined && before.endMs - now.wallMs > limits.clockAheadMsMax;
    const endMs = lost || before === undefined ? now.wallMs : Math.max(before.endMs, now.wallMs);
    const monotonicUs = before === undefined || rebooted ? 0 : Math.max(0, now.monotonicUs - before.monotonicUs);

    if (series.metric.kind === 'level') {
      if (before !== undefined && !lost && now.wallMs > before.endMs) {
        const startMs = Math.max(before.endMs, now.wallMs - levelHoldMs, rebooted ? now.bootMs : 0);
        if (startMs > before.endMs) gapFromMs = Math.min(gapFromMs, before.endMs);
        const held = startMs > before.endMs ? 0 : monotonicUs;
        samples.push({
          series,
          startMs,
          durationMs: endMs - startMs,
          monotonicUs: held,
          quantity: reading.value,
          raw: null,
        });
      }
      set.set(series.key, { value: null, endMs, monotonicUs: now.monotonicUs, identity: '' });
      continue;
    }

    const identity = reading.identity ?? '';
    const delta = deltaOf({
      counter: series.counter,
      value: reading.value,
      before: lost ? undefined : (before?.value ?? undefined),
      rebooted,
      anew: !lost && (before === undefined || (!rebooted && before.identity !== identity)),
      bornSince:
        state !== undefined && reading.bornMs !== undefined && reading.bornMs >= state.wallMs - limits.bornSlackMs,
    });
    if (delta.reset !== undefined && !rebooted) notes.push({ kind: 'reset', series, detail: delta.reset });
    if (delta.kind === 'counted' && (delta.quantity > 0n || reading.value > 0n)) {
      const sinceMs = before?.endMs ?? state?.wallMs ?? now.wallMs;
      const atEarliestMs = rebooted ? (reading.bornMs ?? now.bootMs) : before === undefined ? (reading.bornMs ?? 0) : 0;
      const startMs = Math.min(endMs, Math.max(sinceMs, atEarliestMs));
      addDelta(samples, {
        series,
        startMs,
        durationMs: endMs - startMs,
        monotonicUs,
        quantity: delta.quantity,
        raw: reading.value,
      });
    }
    set.set(series.key, { value: delta.base, endMs, monotonicUs: now.monotonicUs, identity });
  }

  if (gapFromMs < Infinity) {
    notes.push({
      kind: 'gap',
      detail: `${source}: levels not observed from ${gapFromMs} to ${now.wallMs - levelHoldMs}`,
    });
  }
  if (readings.length > limits.seriesMax) {
    notes.push({
      kind: 'gap',
      detail: `${source}: ${readings.length - limits.seriesMax} series beyond ${limits.seriesMax} not metered`,
    });
  }
  return { samples, notes, change: { source, boot: now.boot, wallMs: now.wallMs, monotonicUs: now.monotonicUs, set } };
}

/** A slice longer than a batch may carry is cut into even ones; their quantities add up to the whole. */
function addDelta(samples: Sample[], whole: Sample): void {
  const pieces = Math.ceil(whole.durationMs / batchLimits.durationMsMax);
  if (pieces <= 1) return void samples.push(whole);
  const share = (piece: number) => (whole.quantity * BigInt(piece)) / BigInt(pieces);
  const at = (piece: number) => Math.floor((whole.durationMs * piece) / pieces);
  for (let piece = 0; piece < pieces; piece++) {
    samples.push({
      series: whole.series,
      startMs: whole.startMs + at(piece),
      durationMs: at(piece + 1) - at(piece),
      monotonicUs: 0,
      quantity: share(piece + 1) - share(piece),
      raw: piece === pieces - 1 ? whole.raw : null,
    });
  }
}

/** Says when the wall clock was set or the machine slept: wall time and monotonic time passed differently. */
function clockNotes(state: SourceState | undefined, now: Moment): MeterNote[] {
  if (state === undefined || state.boot !== now.boot) return [];
  const wallMs = now.wallMs - state.wallMs;
  const aheadMs = Math.round(wallMs - (now.monotonicUs - state.monotonicUs) / 1000);
  if (Math.abs(aheadMs) <= limits.clockDriftMs) return [];
  const what = aheadMs > 0 ? 'ahead of' : 'behind';
  return [
    {
      kind: 'clock',
      detail: `wall clock moved ${Math.abs(aheadMs)} ms ${what} the monotonic clock (suspended or set)`,
    },
  ];
}

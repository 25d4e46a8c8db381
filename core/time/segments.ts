import { dateAt, startOfDayMs } from './dates.ts';
import type { Period } from './period.ts';

/** From an instant on, a state holds; `null` is paused, cancelled or not begun: nothing is owed. */
export interface DatedState<State> {
  readonly fromMs: number;
  readonly state: State | null;
}

export interface Segment<State> extends Period {
  readonly state: State | null;
}

/**
 * The states inside a period, one after another, without gap or overlap: the segments fill the period, and before the
 * first state there is none. Of states from the same instant the last in the list holds. By `day`, the changes are moved to the
 * beginnings of days so that a day is billed once and both ends count: the day of an upgrade, of a start or of a resumption
 * belongs to the new state, the day of a pause or cancellation to the old one.
 */
export function segmentsOf<State>(
  states: readonly DatedState<State>[],
  period: Period,
  by: 'second' | 'day',
  timeZone: string,
): Segment<State>[] {
  const ordered = states
    .map((dated, index) => ({ ...dated, index }))
    .sort((a, b) => a.fromMs - b.fromMs || a.index - b.index);
  const segments: Segment<State>[] = [];
  let state: State | null = null;
  let startMs = period.startMs;
  const close = (endMs: number) => {
    if (endMs <= startMs) return;
    const last = segments.at(-1);
    if (last !== undefined && last.state === state) segments[segments.length - 1] = { ...last, endMs };
    else segments.push({ startMs, endMs, state });
    startMs = endMs;
  };
  // A pause takes effect a day later than it is said; what is said for the same day after it comes first and undoes it.
  const moved = ordered.map((dated) => ({
    ...dated,
    effectiveMs: by === 'second' ? dated.fromMs : dayOfChange(dated.fromMs, dated.state === null, timeZone),
  }));
  moved.sort((a, b) => a.effectiveMs - b.effectiveMs || a.fromMs - b.fromMs || a.index - b.index);
  let saidMs = Number.NEGATIVE_INFINITY;
  for (const change of moved) {
    // Overtaken: something said later already holds from an earlier day on.
    if (change.fromMs < saidMs) continue;
    saidMs = change.fromMs;
    if (change.effectiveMs >= period.endMs) break;
    close(Math.min(Math.max(change.effectiveMs, period.startMs), period.endMs));
    state = change.state;
  }
  close(period.endMs);
  return segments;
}

function dayOfChange(instantMs: number, stops: boolean, timeZone: string): number {
  const day = dateAt(instantMs, timeZone);
  const startMs = startOfDayMs(day, timeZone);
  return stops && instantMs > startMs ? startOfDayMs(day.add({ days: 1 }), timeZone) : startMs;
}

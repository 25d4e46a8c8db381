/** Which of the alerts that wait for a target could go now. */
import type { Alert } from '#core/messages/alert.ts';

export interface PendingDelivery {
  readonly alert: Alert;
  /** When the commit was acknowledged, on the monotonic clock; may lie before this process began. */
  readonly committedAtMonotonicMs: number;
  /** Attempts made so far. */
  attempt: number;
  firstAttemptAtMs: number | null;
  /** Not before this; 0 for at once. */
  dueAtMs: number;
  /** Retry-After of the last answer; a new alert of the lane does not shorten it. */
  notBeforeMs: number;
  steppedAside: boolean;
  /** A grouped request with it was rejected: it goes by itself. */
  alone: boolean;
  /** How often it was asked for again. */
  replay: number;
  /** Which one it is of those that came to the queue. */
  place: number;
  /** That the target cannot be used has been recorded. */
  waitsForTarget: boolean;
}

/** The alerts of one source, in order. */
export interface Lane {
  readonly source: string;
  readonly waiting: PendingDelivery[];
  /** One of them is under way. */
  busy: boolean;
}

export interface Chosen {
  readonly lane: Lane;
  readonly pending: PendingDelivery;
}

interface Due {
  /** Of each lane a run from its head on. */
  readonly due: readonly Chosen[];
  /** One of them asks its receiver to act. */
  readonly acts: boolean;
  /** When the next one may go; Infinity for none. */
  readonly nextMs: number;
}

/** Lanes go side by side. */
export function dueOf(lanes: Iterable<Lane>, nowMs: number, pausedUntilMs: number): Due {
  const due: Chosen[] = [];
  let nextMs = Infinity;
  for (const lane of lanes) {
    if (lane.busy) continue;
    const run = runOf(
      lane.waiting.map((pending) => ({ lane, pending })),
      nowMs,
      pausedUntilMs,
    );
    due.push(...run.due);
    nextMs = Math.min(nextMs, run.nextMs);
  }
  return { due, acts: due.some(acts), nextMs };
}

/** All lanes as if they were one: what came first goes first. */
export function dueInOrder(lanes: Iterable<Lane>, nowMs: number, pausedUntilMs: number): Due {
  const all = [...lanes].flatMap((lane) => lane.waiting.map((pending) => ({ lane, pending })));
  all.sort((a, b) => a.pending.place - b.pending.place);
  const run = runOf(all, nowMs, pausedUntilMs);
  return { ...run, acts: run.due.some(acts) };
}

const acts = ({ pending }: Chosen): boolean => pending.alert.action !== 'notify';

/** From the head on, up to the first that has to wait; what has stepped aside holds up nothing. */
function runOf(all: readonly Chosen[], nowMs: number, pausedUntilMs: number): Omit<Due, 'acts'> {
  const due: Chosen[] = [];
  let nextMs = Infinity;
  for (const chosen of all) {
    const { dueAtMs, notBeforeMs, steppedAside, alone } = chosen.pending;
    const atMs = Math.max(dueAtMs, notBeforeMs, pausedUntilMs);
    if (atMs <= nowMs) {
      due.push(chosen);
      // What the receiver rejected goes by itself, so that it costs others no attempt.
      if (alone || steppedAside) break;
      continue;
    }
    nextMs = Math.min(nextMs, atMs);
    if (!steppedAside || due.length > 0) break;
  }
  return { due, nextMs };
}

/** So many of what is due, in order; what goes by itself is none of a group's. */
export function choose(due: readonly Chosen[], max: number): readonly Chosen[] {
  const together = max > 1 ? due.filter(({ pending }) => !pending.alone && !pending.steppedAside).slice(0, max) : [];
  return together.length > 0 ? together : due.slice(0, 1);
}

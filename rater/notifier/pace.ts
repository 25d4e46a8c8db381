/** When a target may be sent its next request, and whether that is one alert or many: its rate, and alert storms. */
import { targetDefaults, type TargetKind, type TargetLimits } from '#core/messages/delivery.ts';
import { notifierLimits } from './limits.ts';

export interface Pace {
  readonly concurrency: number;
  /** Least time between two requests. */
  readonly gapMs: number;
  /** One after the other over all sources. */
  readonly inOrder: boolean;
  readonly groupAfter: number;
  /** From an alert's first attempt until it is given up. */
  readonly retryForMs: number;
}

export function paceOf(kind: TargetKind, limits: TargetLimits = {}): Pace {
  const { concurrency, perMinute, order, groupAfter, retryHours } = { ...targetDefaults(kind), ...limits };
  const inOrder = order === 'target';
  return {
    concurrency: inOrder ? 1 : concurrency,
    gapMs: perMinute === undefined ? 0 : 60_000 / perMinute,
    inOrder,
    groupAfter,
    retryForMs: retryHours * 3_600_000,
  };
}

/** Requests to one target that were begun. */
export class Begun {
  private readonly atMs: number[] = [];

  add(nowMs: number): void {
    this.atMs.push(nowMs);
  }

  /**
   * With `due` alerts that could go now, of which one asks its receiver to act or none does: whether they go grouped,
   * and from when on.
   */
  next(nowMs: number, pace: Pace, due: number, acts: boolean): { readonly fromMs: number; readonly grouped: boolean } {
    while (this.atMs.length > 0 && this.atMs[0]! <= nowMs - notifierLimits.groupWindowMs) this.atMs.shift();
    const last = this.atMs.at(-1) ?? -Infinity;
    const grouped = this.atMs.length + due > pace.groupAfter;
    const { groupActPauseMs, groupTellPauseMs } = notifierLimits;
    // Behind the first requests of a storm nothing has been gathered yet; a pause there would be for nothing.
    const pauseMs = this.atMs.length < pace.groupAfter ? 0 : acts ? groupActPauseMs : groupTellPauseMs;
    return { fromMs: last + Math.max(pace.gapMs, pauseMs), grouped };
  }
}

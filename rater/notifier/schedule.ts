/** What follows from one attempt: delivered, tried again and when, or given up. */
import type { Delivery, DeliveryEnd } from '#core/messages/api.ts';
import { notifierLimits } from './limits.ts';

/** What came of one request. */
export interface AttemptOutcome {
  /** `answered`: the receiver spoke; `silent`: no connection, no answer in time; `refused`: we did not call it. */
  readonly kind: 'answered' | 'silent' | 'refused';
  /** 0 unless answered. */
  readonly httpStatus: number;
  readonly detail: string;
  /** From the answer's Retry-After; null without one. */
  readonly retryAfterMs: number | null;
  /** Said where the status is not HTTP's: whether it is this alert that the receiver does not want. */
  readonly rejects?: boolean;
}

export interface Verdict {
  readonly status: Delivery['status'];
  readonly reason?: DeliveryEnd;
  /** Null: final, or waiting until the target is changed. */
  readonly nextAttemptAtMs: number | null;
  /** 410 Gone: the receiver wants no more of them. */
  readonly disablesTarget: boolean;
  /** 429 and 503: the whole target is left alone until then. */
  readonly pausesTargetUntilMs: number;
}

/** `attempt` counts from 1; `deadlineMs` is when the alert is given up; `random` lies in [0, 1). */
export function judge(
  outcome: AttemptOutcome,
  attempt: number,
  nowMs: number,
  deadlineMs: number,
  random: number,
): Verdict {
  const verdict = { nextAttemptAtMs: null, disablesTarget: false, pausesTargetUntilMs: 0 };
  const { httpStatus } = outcome;
  if (httpStatus >= 200 && httpStatus < 300) return { ...verdict, status: 'delivered' };
  if (httpStatus === 410) return { ...verdict, status: 'refused', reason: 'disabled', disablesTarget: true };
  const pauseMs = Math.max(retryPauseMs(attempt, random), outcome.retryAfterMs ?? 0);
  const nextAttemptAtMs = nowMs + pauseMs;
  if (nextAttemptAtMs > deadlineMs) return { ...verdict, status: 'given_up', reason: 'expired' };
  const pauses = outcome.retryAfterMs !== null && (httpStatus === 429 || httpStatus === 503);
  return {
    ...(outcome.kind === 'refused' ? { status: 'refused', reason: 'unusable' } : { status: 'failed' }),
    nextAttemptAtMs,
    disablesTarget: false,
    pausesTargetUntilMs: pauses ? nowMs + outcome.retryAfterMs! : 0,
  };
}

/** Doubles from `retryFirstMs` to `retryPauseMsMax`, give or take the jitter; whole milliseconds. */
export function retryPauseMs(attempt: number, random: number): number {
  const { retryFirstMs, retryPauseMsMax, retryJitter } = notifierLimits;
  const pause = Math.min(retryFirstMs * 2 ** (attempt - 1), retryPauseMsMax);
  return Math.round(pause * (1 + retryJitter * (2 * random - 1)));
}

/** Of the three forms of a date of HTTP, those that say their zone; asctime's is of GMT without saying so. */
const httpDate =
  /^(?:[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4}|[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2}) \d{2}:\d{2}:\d{2} GMT$/;
const asctime = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;

/** Milliseconds that a Retry-After header asks for, at most `retryAfterMsMax`: seconds or a date of HTTP; null when it is neither. */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | null {
  if (value === undefined) return null;
  const text = value.trim();
  const isDate = httpDate.test(text) || asctime.test(text);
  const atMs = isDate ? Date.parse(asctime.test(text) ? `${text} GMT` : text) : Number.NaN;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : atMs - nowMs;
  return Number.isNaN(ms) ? null : Math.min(Math.max(0, ms), notifierLimits.retryAfterMsMax);
}

/** A 4xx that will hardly change by itself: this alert may be overtaken by later ones of its budget. */
export const rejectsThisAlert = (httpStatus: number): boolean =>
  httpStatus >= 400 && httpStatus < 500 && ![408, 425, 429].includes(httpStatus);

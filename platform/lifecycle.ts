import type { Logger } from './telemetry.ts';

/** What a role is given to live by: it runs until the signal aborts, then drains and returns. */
export interface Life {
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Timers beyond this (24.8 days) would fire at once. */
const timerMsMax = 2 ** 31 - 1;

/** Resolves after `ms`, or at once when the signal aborts; never rejects. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  let restMs = ms;
  do await nap(Math.min(restMs, timerMsMax), signal);
  while ((restMs -= timerMsMax) > 0 && signal?.aborted !== true);
}

function nap(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

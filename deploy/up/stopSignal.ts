import type { Logger } from '#platform/telemetry.ts';
import { isSameProcess, startedTicksOf } from '../instance/processes.ts';
import { upLimits } from './limits.ts';

export interface StopSignal {
  readonly signal: AbortSignal;
  stop(reason: string): void;
  /** Signals are the process's own again. */
  release(): void;
}

/**
 * The first SIGINT, SIGTERM or SIGHUP, or the launcher's death, asks for an ordered drain. A later one, not of the
 * same burst, runs `onImpatience`.
 */
export function listenForStop(logger: Logger, onImpatience: () => void): StopSignal {
  const controller = new AbortController();
  let stoppedAtMs = 0;
  const stop = (reason: string) => {
    if (controller.signal.aborted) return;
    stoppedAtMs = performance.now();
    logger.info({ reason }, 'draining: agent, rater, office, broker');
    controller.abort();
  };
  const onSignal = (name: NodeJS.Signals) => {
    if (!controller.signal.aborted) return stop(name);
    if (performance.now() - stoppedAtMs < upLimits.signalBurstMs) return;
    logger.warn({ reason: name }, 'asked again: killing what still drains; nothing committed is lost');
    onImpatience();
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, onSignal);
  const watch = watchLaunchers(() => stop('the launcher is gone'));
  return {
    signal: controller.signal,
    stop,
    release() {
      clearInterval(watch);
      for (const name of names) process.off(name, onSignal);
    },
  };
}

/** A launcher that was killed cannot pass signals on; without it nobody could stop this process by its usual name. */
function watchLaunchers(onGone: () => void): NodeJS.Timeout | undefined {
  const pids = (process.env['METERLINE_LAUNCHERS'] ?? '').split(',').filter((pid) => pid !== '');
  const launchers = pids.map((pid) => ({ pid: Number(pid), startedTicks: startedTicksOf(Number(pid)) }));
  if (launchers.length === 0) return undefined;
  return setInterval(() => {
    if (!launchers.every(isSameProcess)) onGone();
  }, upLimits.launcherCheckMs);
}

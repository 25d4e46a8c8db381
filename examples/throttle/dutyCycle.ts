/** Limits a process without any privilege but being its owner: it is stopped for most of each period. */
import type { Limiter } from './throttle.ts';

const periodMs = 100;

export function dutyCycle(): Limiter {
  let timer: NodeJS.Timeout | undefined;
  let stopped = 0;
  const signal = (pid: number, name: 'SIGSTOP' | 'SIGCONT') => {
    try {
      process.kill(pid, name);
      stopped = name === 'SIGSTOP' ? pid : 0;
    } catch {
      // The service has ended; the next pid file names its successor.
    }
  };
  const leaveRunning = () => {
    if (stopped !== 0) signal(stopped, 'SIGCONT');
  };
  // Whatever ends this process, the service must not stay stopped.
  process.on('exit', leaveRunning);
  return {
    method: 'duty-cycle',
    limit(pid, percent) {
      clearInterval(timer);
      const runMs = (periodMs * percent) / 100;
      const turn = () => {
        signal(pid, 'SIGCONT');
        setTimeout(() => {
          if (timer !== undefined) signal(pid, 'SIGSTOP');
        }, runMs);
      };
      timer = setInterval(turn, periodMs);
      turn();
    },
    free(pid) {
      clearInterval(timer);
      timer = undefined;
      if (pid !== undefined) signal(pid, 'SIGCONT');
    },
  };
}

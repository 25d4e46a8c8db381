/** How far the audit is: a bar on a terminal, a line now and then elsewhere; both on standard error. */
import { SingleBar } from 'cli-progress';
import { verifyLimits } from './limits.ts';

export interface Progress extends Disposable {
  /** More to do than was known. */
  extend(commits: number): void;
  commitDone(): void;
}

export function showProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  let total = 0;
  let done = 0;
  if (stream.isTTY) {
    const bar = new SingleBar({
      format: '{bar} {percentage} % | {value} of {total} commits | {eta_formatted} left',
      stream,
      hideCursor: true,
    });
    bar.start(0, 0);
    return {
      extend: (commits) => bar.setTotal((total += commits)),
      commitDone: () => bar.update((done += 1)),
      [Symbol.dispose]: () => bar.stop(),
    };
  }
  let lineMs = performance.now();
  return {
    extend: (commits) => void (total += commits),
    commitDone() {
      done += 1;
      if (performance.now() - lineMs < verifyLimits.progressLineMs) return;
      lineMs = performance.now();
      stream.write(`verified ${done} of ${total} commits\n`);
    },
    [Symbol.dispose]: () => undefined,
  };
}

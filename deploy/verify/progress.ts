/** How far a reader of the log is: a bar on a terminal, a line now and then elsewhere; both on standard error. */
import { SingleBar } from 'cli-progress';
import { verifyLimits } from './limits.ts';

export interface Progress extends Disposable {
  /** More to do than was known. */
  extend(commits: number): void;
  commitDone(): void;
}

/** `done`: what has happened to a commit that is done, as in "verified". */
export function showProgress(done = 'verified', stream: NodeJS.WriteStream = process.stderr): Progress {
  let total = 0;
  let count = 0;
  if (stream.isTTY) {
    const bar = new SingleBar({
      format: '{bar} {percentage} % | {value} of {total} commits | {eta_formatted} left',
      stream,
      hideCursor: true,
    });
    bar.start(0, 0);
    return {
      extend: (commits) => bar.setTotal((total += commits)),
      commitDone: () => bar.update((count += 1)),
      [Symbol.dispose]: () => bar.stop(),
    };
  }
  let lineMs = performance.now();
  return {
    extend: (commits) => void (total += commits),
    commitDone() {
      count += 1;
      if (performance.now() - lineMs < verifyLimits.progressLineMs) return;
      lineMs = performance.now();
      stream.write(`${done} ${count} of ${total} commits\n`);
    },
    [Symbol.dispose]: () => undefined,
  };
}

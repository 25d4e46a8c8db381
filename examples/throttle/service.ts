/** A service that keeps a core busy: it renders frames that nobody looks at. See README.md. */
import { createHash, randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const sliceMs = 20;

const { values } = parseArgs({
  options: { 'pid-file': { type: 'string' }, 'busy-percent': { type: 'string', default: '100' } },
});
const pidFile = values['pid-file'];
const busyPercent = Number(values['busy-percent']);
if (pidFile === undefined || !(busyPercent > 0 && busyPercent <= 100)) {
  console.error('usage: service.ts --pid-file PATH [--busy-percent 1…100]');
  process.exitCode = 1;
} else {
  await serve(pidFile, busyPercent);
}

async function serve(path: string, percent: number): Promise<void> {
  const ending = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ending.abort());
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${process.pid}\n`);
  renameSync(draft, path);
  const frame = randomBytes(256 * 1024);
  const restMs = (sliceMs * (100 - percent)) / percent;
  while (!ending.signal.aborted) {
    const until = performance.now() + sliceMs;
    while (performance.now() < until) createHash('sha256').update(frame).digest();
    await (restMs > 0 ? sleep(restMs) : breathe());
  }
  rmSync(path, { force: true });
}

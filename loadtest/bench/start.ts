/** START: `meterline up` to readiness, twice on one data directory; the second time counts. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Figure } from './figure.ts';

const run = promisify(execFile);
const program = join(import.meta.dirname, '../../bin/meterline.mjs');

export async function benchStart(): Promise<Figure> {
  const dir = mkdtempSync(join(tmpdir(), 'meterline-start-'));
  try {
    const first = await startSeconds(dir);
    const second = await startSeconds(dir);
    const startedMs = performance.now();
    await run(process.execPath, ['-e', '0']);
    const limit = (performance.now() - startedMs) / 1000;
    return {
      id: 'START', value: second, unit: 's', goal: 6, better: 'lower', runs: [second],
      limit: { what: 'starting and ending one empty Node process', value: limit, unit: 's' },
      ratioToLimit: second / limit,
      settings: { firstStartSeconds: first, demo: false, until: 'broker, rater, office and agent are ready', dataDir: 'empty at the first start' },
    }; // prettier-ignore
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function startSeconds(dir: string): Promise<number> {
  const args = [program, 'up', '--for', '1', '--json', '--no-demo', '--port', '0', '--data', dir];
  const { stdout } = await run(process.execPath, args, { maxBuffer: 16 * 1024 * 1024 }).catch(
    (error: { stdout?: string }) => {
      // An instance that rated nothing within its second ends with another code, and still says how long it took.
      if (error.stdout === undefined || error.stdout === '') throw error;
      return { stdout: error.stdout };
    },
  );
  return (JSON.parse(stdout) as { startMs: number }).startMs / 1000;
}

/** START: `meterline up` to readiness, on an empty data directory and then three times on the same one; those count. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { median, type Figure } from './figure.ts';

const run = promisify(execFile);
const organisation = join(import.meta.dirname, '../../examples/northwind.yaml');
const program = join(import.meta.dirname, '../../bin/meterline.mjs');

export async function benchStart(): Promise<Figure> {
  const dir = mkdtempSync(join(tmpdir(), 'meterline-start-'));
  try {
    const first = await startSeconds(dir);
    const runs: number[] = [];
    for (let i = 0; i < 3; i++) runs.push(await startSeconds(dir));
    const value = median(runs);
    const limits: number[] = [];
    for (let i = 0; i < 3; i++) limits.push(await emptySeconds());
    const limit = median(limits);
    return {
      id: 'START', value, unit: 's', goal: 6, better: 'lower', runs,
      limit: { what: 'starting and ending one empty Node process', value: limit, unit: 's' },
      ratioToLimit: value / limit,
      settings: { firstStartSeconds: first, demo: false, organisation: 'examples/northwind.yaml', until: 'broker, rater, office and agent are ready', dataDir: 'empty at the first start' },
    }; // prettier-ignore
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function emptySeconds(): Promise<number> {
  const startedMs = performance.now();
  await run(process.execPath, ['-e', '0']);
  return (performance.now() - startedMs) / 1000;
}

async function startSeconds(dir: string): Promise<number> {
  const args = [
    'up',
    '--for',
    '1',
    '--json',
    '--no-demo',
    '--organisation',
    organisation,
    '--port',
    '0',
    '--data',
    dir,
  ];
  // An instance that rated nothing within its second ends with another code, and still says how long it took.
  const { stdout } = await run(process.execPath, [program, ...args]).catch((error: { stdout?: string }) => ({
    stdout: error.stdout ?? '',
  }));
  const { startMs } = JSON.parse(stdout) as { startMs?: number };
  if (startMs === undefined) throw new Error(`the instance did not start: ${stdout}`);
  return startMs / 1000;
}

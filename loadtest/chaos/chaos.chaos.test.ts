/** The command itself, in short: what an outside script gets, on an instance that is broken while it is used. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ChaosReport } from './run.ts';

const command = join(import.meta.dirname, '..', '..', 'deploy', 'cli.ts');

async function chaos(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [command, 'dev', 'chaos', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

test('a rater that wakes up as a zombie, then kill -9 of everything at once: each sample once, each alert once', async () => {
  const { code, output } = await chaos('--seconds', '6', '--seed', '2116', '--faults', 'pauseRater,killAll', '--json');
  const report = JSON.parse(output) as ChaosReport;
  expect(report.problems).toEqual([]);
  expect(report).toMatchObject({ ok: true, seed: 2116, lost: 0, twice: 0, stale: 0, refused: 0, rated: report.sent });
  expect(report.sent).toBeGreaterThan(5000);
  expect(report.alertsExpected).toBeGreaterThan(100);
  expect(report.alertsFired).toBe(report.alertsExpected);
  expect(report.holds.granted).toBeGreaterThan(5);
  expect(report.holds.refused).toBeGreaterThan(0);
  expect(report.holds.repeated).toBeGreaterThan(0);
  expect(report.faults.pauseRater).toBe(1);
  expect(code).toBe(0);
}, 300_000);

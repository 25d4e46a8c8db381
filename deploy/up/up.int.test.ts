import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isInstanceRunning } from '../instance/lock.ts';
import { readProcesses, type ProcessRecord } from '../instance/processes.ts';
import type { Summary } from './summary.ts';

const command = join(import.meta.dirname, '..', 'cli.ts');
const organisation = join(import.meta.dirname, 'testdata', 'small.yaml');
const small = () => readFileSync(organisation, 'utf8');
const patience = { timeout: 90_000, interval: 100 };

let dir: string;
let data: string;
const started: ChildProcess[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'meterline-up-'));
  data = join(dir, 'data');
});
afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  rmSync(dir, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly lines: string[];
  /** Exit code and the one JSON document on standard output. */
  readonly end: Promise<{ readonly code: number | null; readonly json: unknown }>;
}

function meterline(...args: string[]): Run {
  const child = spawn(process.execPath, [command, ...args, '--data', data, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  const lines: string[] = [];
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => lines.push(...chunk.split('\n').filter(Boolean)));
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const end = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    json: output === '' ? undefined : (JSON.parse(output) as unknown),
  }));
  return { child, lines, end };
}

const start = (...args: string[]): Run =>
  meterline('up', '--port', '0', '--no-demo', '--organisation', organisation, ...args);

const ready = ({ lines }: Run) =>
  vi.waitFor(() => expect(lines.some((line) => line.includes('"msg":"ready"'))).toBe(true), patience);

const processNamed = (name: string): ProcessRecord | undefined =>
  readProcesses(data).find((record) => record.name === name);

test('an instance meters this machine, survives kill -9 of each process, and sums up to the last sample', async () => {
  const run = start('--for', '20', '--interval', '200');
  await ready(run);
  const status = await meterline('status').end;
  expect(status).toMatchObject({ code: 0, json: { ok: true, running: true } });
  expect(await meterline('up', '--port', '0').end).toMatchObject({
    code: 1,
    json: { ok: false, error: { code: 'INSTANCE_IN_USE', details: { pid: run.child.pid } } },
  });
  for (const name of ['rater', 'collector', 'nats-server']) {
    const before = processNamed(name);
    process.kill(before?.pid ?? 0, 'SIGKILL');
    await vi.waitFor(() => expect(processNamed(name)?.restarts).toBe(1), patience);
  }
  const { code, json } = await run.end;
  const summary = json as Summary;
  expect(summary).toMatchObject({ ok: true, seconds: 20, refused: 0, accounts: 3 });
  expect(summary.samples).toBeGreaterThan(0);
  // A batch whose receipt died with the broker comes twice, and counts once.
  expect(summary.rated + summary.duplicates).toBe(summary.samples);
  expect(summary.rowsInClickHouse).toBe(summary.rated);
  expect(code).toBe(0);
  expect(readProcesses(data)).toEqual([]);
});

test('a supervisor that is killed takes its children along, and the next start goes on', async () => {
  const first = start();
  await ready(first);
  const children = readProcesses(data);
  expect(children.map(({ name }) => name).toSorted()).toEqual([
    'collector',
    'nats-server',
    'office',
    'rater',
    'supervisor',
  ]);
  first.child.kill('SIGKILL');
  await first.end;
  const second = start('--for', '2');
  await ready(second);
  const now = readProcesses(data).map(({ pid }) => pid);
  expect(children.filter(({ pid }) => now.includes(pid))).toEqual([]);
  expect(await second.end).toMatchObject({ code: 0, json: { ok: true } });
  expect(isInstanceRunning(data)).toBe(false);
});

test('a broker whose disk refused a write is started again as soon as the disk takes writes, and nothing is lost', async () => {
  const run = start('--for', '12', '--interval', '200');
  await ready(run);
  // Its next write to any stream fails as on a full disk; the limit goes with the process.
  execFileSync('prlimit', ['--pid', String(processNamed('nats-server')?.pid), '--fsize=4096:4096']);
  await vi.waitFor(() => expect(processNamed('nats-server')?.restarts).toBe(1), patience);
  const { code, json } = await run.end;
  expect(json).toMatchObject({ ok: true, refused: 0 });
  expect(code).toBe(0);
  expect(run.lines.some((line) => line.includes('STORE_UNWRITABLE'))).toBe(true);
  expect(await meterline('verify').end).toMatchObject({ code: 0, json: { ok: true } });
});

test('SIGTERM drains and ends with 0; a producer that was enrolled meanwhile was let in', async () => {
  const run = start();
  await ready(run);
  const { code, json } = await meterline('enrol', 'edge-1', '--type', 'gateway').end;
  expect(json).toMatchObject({ producer: 'edge-1' });
  expect(code).toBe(0);
  run.child.kill('SIGTERM');
  expect(await run.end).toMatchObject({ code: 0 });
  expect(readProcesses(data)).toEqual([]);
});

test.each([
  ['a currency that is none', small().replace('EUR', 'XXL'), 'CURRENCY_UNKNOWN'],
  ['a bracket that does not close', small().replace('Berlin }', 'Berlin'), 'FILE_SYNTAX'],
  ['a price with too many decimals', small().replace('1.5', '0.1234567890123'), 'DECIMALS_TOO_MANY'],
])(
  'an organisation file with %s ends the start with code, line and column, and makes nothing',
  async (_, text, fault) => {
    const wrong = join(dir, 'wrong.yaml');
    writeFileSync(wrong, text);
    const { code, json } = await meterline('up', '--port', '0', '--no-demo', '--organisation', wrong).end;
    expect(json).toMatchObject({ ok: false, error: { code: 'APPLY_INVALID' } });
    expect((json as { error: { message: string } }).error.message).toMatch(
      new RegExp(`wrong\\.yaml:\\d+:\\d+: .*${fault}`),
    );
    expect(code).toBe(2);
    expect(readdirSync(data)).toEqual(['run']);
  },
);

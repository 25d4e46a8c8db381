import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keepRunning, type ChildSpec } from './child.ts';

const logger = pino({ level: 'silent' });
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'meterline-child-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Runs a shell script that notes its starts in a file. */
const script = (body: string, over: Partial<ChildSpec> = {}): ChildSpec => ({
  name: 'child',
  command: '/bin/sh',
  args: ['-c', `echo started >> ${join(dir, 'starts')}; ${body}`],
  ready: () => Promise.resolve(starts() > 0),
  ...over,
});

const starts = (): number => {
  try {
    return readFileSync(join(dir, 'starts'), 'utf8').split('\n').length - 1;
  } catch {
    return 0;
  }
};

test('a killed child is started again until it is stopped, and the record follows', async () => {
  let changes = 0;
  const child = keepRunning(script('exec sleep 60'), logger, () => void (changes += 1));
  await child.firstReady;
  const first = child.record();
  expect(first).toMatchObject({ name: 'child', restarts: 0 });
  child.signal('SIGKILL');
  await vi.waitFor(() => expect(child.record()).toMatchObject({ restarts: 1 }), 10_000);
  expect(child.record()?.pid).not.toBe(first?.pid);
  await vi.waitFor(() => expect(starts()).toBe(2), 10_000);
  await child.stop();
  expect(child.record()).toBe(undefined);
  expect(starts()).toBe(2);
  expect(changes).toBeGreaterThanOrEqual(3);
});

test('one that gives up before it ever worked is not started again', async () => {
  const child = keepRunning(script('exit 3', { ready: () => Promise.resolve(false) }), logger, () => undefined);
  await expect(child.firstReady).rejects.toMatchObject({ code: 'CHILD_NOT_READY' });
  await child.stop();
  expect(starts()).toBe(1);
});

test('a child sees the end of its standard input when its supervisor is killed', async () => {
  const spec = script('cat; echo ended > ' + join(dir, 'ended'));
  const supervisor = `import { keepRunning } from ${JSON.stringify(join(import.meta.dirname, 'child.ts'))};
    import { pino } from 'pino';
    const spec = JSON.parse(process.argv[1]);
    await keepRunning({ ...spec, ready: () => Promise.resolve(true) }, pino({ level: 'silent' }), () => {}).firstReady;
    process.kill(process.pid, 'SIGKILL');`;
  const { spawn } = await import('node:child_process');
  spawn(process.execPath, ['--input-type=module', '-e', supervisor, JSON.stringify(spec)], { stdio: 'inherit' });
  await vi.waitFor(() => expect(readFileSync(join(dir, 'ended'), 'utf8')).toBe('ended\n'), 15_000);
});

test('log lines of a child arrive whole, whatever the pipe cuts', async () => {
  const lines: string[] = [];
  const child = keepRunning(
    script('printf \'{"a":\' >&2; sleep 0.05; printf \'1}\\n{"b":2}\\n\' >&2; exec sleep 60', {
      onLogLine: (line) => void lines.push(line),
    }),
    logger,
    () => undefined,
  );
  await vi.waitFor(() => expect(lines).toEqual(['{"a":1}', '{"b":2}']), 10_000);
  await child.stop();
});

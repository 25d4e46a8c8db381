import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dataPaths, readConfig } from '#platform/config.ts';
import { listen } from '#platform/health.ts';
import { diskLimits, planStore } from './disk.ts';
import { openInstance } from './instanceFile.ts';
import { ensureSigningKey, recordedAgents, recordAgent } from './keys.ts';
import { isInstanceRunning, lockInstance, readHolder } from './lock.ts';
import { takePorts } from './ports.ts';
import { prepareInstance, storeBytesOf, type PrepareOptions } from './prepare.ts';
import { endOrphans, readProcesses, startedTicksOf, writeProcesses } from './processes.ts';
import { programVersion } from './version.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'meterline-instance-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const options = (over: Partial<PrepareOptions> = {}): PrepareOptions => ({
  dataDir: dir,
  port: 0,
  agent: { tenant: 'northwind', producer: 'this-host' },
  organisation: '',
  allowLoopbackWebhooks: false,
  logLevel: 'info',
  ...over,
});

test('a held directory is refused with its holder named, and a killed holder leaves no lock behind', async () => {
  const script = `import { lockInstance } from ${JSON.stringify(join(import.meta.dirname, 'lock.ts'))};
    lockInstance(process.argv[1]).describe({ url: 'http://held' }); console.log('held'); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  expect(() => lockInstance(dir)).toThrow(expect.objectContaining({ code: 'INSTANCE_IN_USE' }));
  expect(() => lockInstance(dir)).toThrow(`process ${holder.pid}, at http://held`);
  expect(isInstanceRunning(dir)).toBe(true);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect(isInstanceRunning(dir)).toBe(false);
  using lock = lockInstance(dir);
  lock.describe({ url: 'http://mine' });
  expect(readHolder(dir)).toEqual({ pid: process.pid, url: 'http://mine' });
});

test('a directory that cannot be made or is no directory is DATA_DIR_UNUSABLE', () => {
  const file = join(dir, 'file');
  writeFileSync(file, '');
  // Node's recursive mkdir would never come back from /proc.
  for (const folder of [join(file, 'below'), '/proc/none'])
    expect(() => lockInstance(folder)).toThrow(expect.objectContaining({ code: 'DATA_DIR_UNUSABLE' }));
  lockInstance(join(dir, 'a', 'b'))[Symbol.dispose]();
  expect(statSync(join(dir, 'a', 'b')).mode & 0o777).toBe(0o700);
});

test('partitions are fixed at creation; strangers and unknown layouts are refused and left alone', () => {
  const record = openInstance(dir, 8);
  expect(openInstance(dir, 2)).toEqual(record);
  expect(record).toMatchObject({ partitions: 8, version: programVersion });
  const path = join(dir, 'instance.json');
  for (const [text, code, detail] of [
    [JSON.stringify({ ...record, layout: 3 }), 'INSTANCE_FOREIGN', 'layout 3'],
    [JSON.stringify({ ...record, version: '9.0.0' }), 'INSTANCE_FOREIGN', '9.0.0'],
    [JSON.stringify({ ...record, partitions: 0 }), 'INSTANCE_DAMAGED', path],
    ['{"layout":4', 'INSTANCE_DAMAGED', path],
    ['null', 'INSTANCE_DAMAGED', path],
  ] as const) {
    writeFileSync(path, text);
    expect(() => openInstance(dir)).toThrow(expect.objectContaining({ code }));
    expect(() => openInstance(dir)).toThrow(detail);
  }
  rmSync(path);
  writeFileSync(join(dir, 'thesis.tex'), 'mine');
  expect(() => openInstance(dir)).toThrow('thesis.tex');
  expect(existsSync(join(dir, 'instance.json'))).toBe(false);
});

test('preparing twice keeps secrets and record, gives valid configuration, and secrets are for the owner alone', async () => {
  using _lock = lockInstance(dir);
  const first = await prepareInstance(options({ partitions: 2 }));
  const paths = dataPaths(dir);
  const secrets = [paths.adminKey, paths.sealingKey, join(paths.credentials, 'agent-this-host.nk'), paths.config];
  const before = secrets.slice(0, 3).map((path) => readFileSync(path, 'utf8'));
  const second = await prepareInstance(options({ partitions: 7, agent: undefined }));
  expect(secrets.slice(0, 3).map((path) => readFileSync(path, 'utf8'))).toEqual(before);
  expect(secrets.map((path) => (statSync(path).mode & 0o777).toString(8))).toEqual(['600', '600', '600', '600']);
  expect(before[0]).toMatch(/^mtl_[\w-]{43}\n$/);
  expect(second.instance).toEqual(first.instance);
  expect(readConfig(paths.config)).toEqual(second.config);
  expect(second.config.collector.producer).toBe('');
  const { config } = first;
  const ports = [config.office.port, config.rater.port, config.collector.port];
  expect(new Set([...ports, Number(new URL(config.nats.url).port)]).size).toBe(4);
  expect(readFileSync(first.natsConfigPath, 'utf8')).toContain('usage.*.northwind.this-host');
  expect(storeBytesOf(dir)).toBe(second.plan.storeBytesMax);
});

test('a busy web port is PORT_BUSY before anything is written', async () => {
  const server = createServer();
  await listen(server, '127.0.0.1', 0);
  const { port } = server.address() as { port: number };
  await expect(takePorts('127.0.0.1', [port])).rejects.toMatchObject({ code: 'PORT_BUSY' });
  await expect(prepareInstance(options({ port }))).rejects.toThrow(String(port));
  expect(existsSync(join(dir, 'instance.json'))).toBe(false);
  server.close();
});

test('stream limits and the reserve always fit the disk; a full disk is refused', () => {
  const gibibyte = 1024 ** 3;
  const roomy = planStore(1000 * gibibyte, 0, 4);
  expect(roomy.streams.ratedBytesMax).toBe(6 * gibibyte);
  const tight = planStore(5 * gibibyte, 0, 4);
  expect(tight.storeBytesMax).toBeLessThanOrEqual((5 * gibibyte * (100 - diskLimits.reservedPercent)) / 100);
  expect(tight.streams.ratedBytesMax).toBeLessThan(gibibyte);
  expect(() => planStore(diskLimits.freeBytesMin - 1, 0, 4)).toThrow(
    expect.objectContaining({ code: 'DISK_TOO_FULL' }),
  );
});

test.each([
  ['keys/nats/rater.nk', 'NATS_CREDENTIALS_UNUSABLE'],
  ['collector/this-host/signing.key', 'AGENT_KEY_INVALID'],
  ['collector/this-host/agent.json', 'INSTANCE_DAMAGED'],
])('a damaged %s is %s, names the file and leaves it as it is', async (name, code) => {
  using _lock = lockInstance(dir);
  await prepareInstance(options());
  ensureSigningKey(dir, 'this-host');
  const path = join(dir, name);
  writeFileSync(path, 'garbage');
  const start = async () => {
    ensureSigningKey(dir, 'this-host');
    await prepareInstance(options({ agent: undefined }));
  };
  await expect(start()).rejects.toMatchObject({ code, message: expect.stringContaining(path) as string });
  expect(readFileSync(path, 'utf8')).toBe('garbage');
});

test('agents are known to the broker by what was recorded', () => {
  recordAgent(dir, { tenant: 'northwind', producer: 'web-2' });
  recordAgent(dir, { tenant: 'northwind', producer: 'web-1' });
  expect(recordedAgents(dir).map(({ producer }) => producer)).toEqual(['web-1', 'web-2']);
});

test('orphans of a killed supervisor end; a process that merely got an old number is left alone', async () => {
  const orphan = spawn('sleep', ['60'], { stdio: 'ignore' });
  const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
  const record = (child: typeof orphan, ticks: number) => ({
    name: 'rater',
    pid: child.pid ?? 0,
    startedTicks: ticks,
    restarts: 0,
  });
  const { run } = dataPaths(dir);
  using _lock = lockInstance(dir);
  expect(existsSync(run)).toBe(true);
  writeProcesses(dir, [record(orphan, startedTicksOf(orphan.pid ?? 0)), record(stranger, 1)]);
  expect(readProcesses(dir).map(({ pid }) => pid)).toEqual([orphan.pid]);
  const ended = once(orphan, 'exit');
  await endOrphans(dir, () => undefined);
  expect((await ended)[1]).toBe('SIGTERM');
  expect(stranger.exitCode).toBe(null);
  stranger.kill();
});

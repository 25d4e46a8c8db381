import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { sleep } from '#platform/lifecycle.ts';
import { freePort, startTestServer } from '#platform/nats/testServer.ts';
import { main } from './main.ts';
import { agent, setReceived, testAgent } from './testing/agentKit.ts';
import { FakeRater } from './testing/fakeRater.ts';
import { HostTree } from './testing/hostTree.ts';

const patience = { timeout: 60_000, interval: 50 };
const silent = pino({ level: 'silent' });

/** Seqs are gapless per epoch, chained, and of one epoch. */
function expectSequence(rater: FakeRater): void {
  expect(rater.taken.map(({ seq }) => seq)).toEqual(rater.taken.map((_, index) => index + 1));
  expect(new Set(rater.taken.map(({ epoch }) => epoch.nonce)).size).toBe(1);
}

test('usage arrives exactly once through a broker that dies and a rater that falls silent', async () => {
  await using server = await startTestServer({ partitions: 1, agents: [agent] });
  using tree = new HostTree('debian-v2');
  let received = 1000n;
  setReceived(tree, received);
  const { config, publicKey } = await testAgent(server, tree);
  await using rater = await FakeRater.start(server, { [agent.producer]: publicKey });
  const stop = new AbortController();
  const running = main(config, { signal: stop.signal, logger: silent });
  const use = async (times: number) => {
    for (let i = 0; i < times; i++) {
      setReceived(tree, (received += 977n));
      await sleep(20);
    }
  };
  await vi.waitFor(() => expect(rater.taken.length).toBeGreaterThan(20), patience);
  await use(30);
  await server.restart();
  await use(30);
  rater.silent = true;
  await use(30);
  rater.silent = false;
  await vi.waitFor(() => expect(rater.total('host.network.io').get(agent.producer)).toBe(received - 1000n), patience);
  const metrics = await (await fetch(`http://127.0.0.1:${config.collector.port}/metrics`)).text();
  expect(metrics).toMatch(/meterline_collector_source_up\{source="network"\} 1/);
  expect((await fetch(`http://127.0.0.1:${config.collector.port}/readyz`)).status).toBe(200);
  setReceived(tree, (received += 5n));
  stop.abort();
  await running;
  expect(rater.total('host.network.io').get(agent.producer)).toBe(received - 1000n);
  expect(rater.refused.filter(({ reason }) => reason !== 'ahead')).toEqual([]);
  expectSequence(rater);
});

test('ONCE: an agent that is killed again and again loses nothing and sends nothing twice', async () => {
  await using server = await startTestServer({ partitions: 1, agents: [agent] });
  using tree = new HostTree('debian-v2');
  let received = 50n;
  setReceived(tree, received);
  const { configFile, publicKey } = await testAgent(server, tree);
  await using rater = await FakeRater.start(server, { [agent.producer]: publicKey });
  const start = () =>
    spawn(process.execPath, [join(import.meta.dirname, 'testing', 'agentProcess.ts'), configFile], { stdio: 'ignore' });
  const network = () => rater.taken.some(({ metrics }) => metrics.some(({ name }) => name === 'host.network.io'));
  let child = start();
  await vi.waitFor(() => expect(network()).toBe(true), patience);
  for (let round = 0; round < 6; round++) {
    const before = rater.taken.length;
    await vi.waitFor(() => {
      setReceived(tree, (received += 1009n));
      expect(rater.taken.length).toBeGreaterThan(before + round);
    }, patience);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    setReceived(tree, (received += 31n));
    child = start();
  }
  await vi.waitFor(() => expect(rater.total('host.network.io').get(agent.producer)).toBe(received - 50n), patience);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
  expect(rater.refused.filter(({ reason }) => reason !== 'ahead')).toEqual([]);
  expectSequence(rater);
});

test('a spool that was lost, or restored from an old copy, is a new epoch and a loss that shows', async () => {
  await using server = await startTestServer({ partitions: 1, agents: [agent] });
  using tree = new HostTree('debian-v2');
  const { config, publicKey } = await testAgent(server, tree);
  await using rater = await FakeRater.start(server, { [agent.producer]: publicKey });
  const run = async (batches: number) => {
    const stop = new AbortController();
    const before = rater.taken.length;
    const running = main(config, { signal: stop.signal, logger: silent });
    await vi.waitFor(() => expect(rater.taken.length).toBeGreaterThan(before + batches), patience);
    stop.abort();
    await running;
  };
  const spool = join(config.dataDir, 'collector', agent.producer, 'spool');
  await run(10);
  cpSync(spool, join(server.dir, 'old'), { recursive: true });
  await run(10);
  rmSync(spool, { recursive: true });
  cpSync(join(server.dir, 'old'), spool, { recursive: true });
  await run(10);
  rmSync(spool, { recursive: true });
  await run(10);
  const epochs = [...new Map(rater.taken.map((body) => [body.epoch.nonce, body])).values()];
  expect(epochs).toHaveLength(3);
  for (const { seq, notes } of epochs.slice(1)) {
    expect(seq).toBeGreaterThan(0);
    expect(notes ?? []).toEqual(expect.any(Array));
  }
  const losses = rater.taken.flatMap(({ notes }) => notes ?? []).filter(({ kind }) => kind === 'lost');
  expect(losses.map(({ detail }) => detail)).toEqual([
    expect.stringMatching('old copy'),
    expect.stringMatching('the spool of that time is gone'),
  ]);
  expect(rater.refused.filter(({ reason }) => reason !== 'ahead')).toEqual([]);
});

test('a cloned disk: of two agents with one name one leaves off and says so, and goes on when it is started again', async () => {
  await using server = await startTestServer({ partitions: 1, agents: [agent] });
  using tree = new HostTree('debian-v2');
  const { config, publicKey } = await testAgent(server, tree);
  await using rater = await FakeRater.start(server, { [agent.producer]: publicKey });
  const start = (of: typeof config) => {
    const stop = new AbortController();
    const running = main(of, { signal: stop.signal, logger: silent });
    const ready = async () => (await fetch(`http://127.0.0.1:${of.collector.port}/readyz`)).status === 200;
    const metrics = async () => (await fetch(`http://127.0.0.1:${of.collector.port}/metrics`)).text();
    return { ready, metrics, stop: () => (stop.abort(), running) };
  };
  const grown = async (by: number) => {
    const before = rater.taken.length;
    await vi.waitFor(() => expect(rater.taken.length).toBeGreaterThan(before + by), patience);
  };
  const first = start(config);
  await grown(10);
  await first.stop();
  const cloned = {
    ...config,
    dataDir: join(server.dir, 'clone'),
    collector: { ...config.collector, port: await freePort() },
  };
  cpSync(join(config.dataDir, 'collector'), join(cloned.dataDir, 'collector'), { recursive: true });
  // Both go on from the very same place: each number comes twice until one of them has begun anew.
  const pair = [start(config), start(cloned)];
  const duplicated = async () =>
    Promise.all(pair.map(async ({ metrics }) => /^meterline_collector_duplicated 1$/m.test(await metrics())));
  await vi.waitFor(async () => expect((await duplicated()).filter(Boolean)).toHaveLength(1), patience);
  const loser = (await duplicated()).indexOf(true);
  const epochs = () => new Set(rater.taken.slice(-5).map(({ epoch }) => epoch.nonce)).size;
  await grown(10);
  expect(epochs()).toBe(1);
  expect([await pair[loser]!.ready(), await pair[1 - loser]!.ready()]).toEqual([false, true]);
  // Whoever is started again takes over, and the other one leaves off.
  await pair[loser]!.stop();
  pair[loser] = start(loser === 0 ? config : cloned);
  await vi.waitFor(async () => expect((await duplicated())[1 - loser]).toBe(true), patience);
  await grown(10);
  expect(epochs()).toBe(1);
  expect(await pair[loser]!.ready()).toBe(true);
  await Promise.all(pair.map(({ stop }) => stop()));
  const losses = rater.taken.flatMap(({ notes }) => notes ?? []).filter(({ kind }) => kind === 'lost');
  expect(losses.length).toBeGreaterThanOrEqual(2);
});

test('metering begins without a broker, and what was used meanwhile arrives when there is one', async () => {
  await using server = await startTestServer({ partitions: 1, agents: [agent] });
  using tree = new HostTree('debian-v2');
  setReceived(tree, 10n);
  const { config, publicKey } = await testAgent(server, tree);
  const nowhere = { ...config, nats: { ...config.nats, url: `nats://127.0.0.1:${await freePort()}` } };
  const offline = new AbortController();
  const metering = main(nowhere, { signal: offline.signal, logger: silent });
  await vi.waitFor(async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${config.collector.port}/metrics`)).text();
    expect(metrics).toMatch('meterline_collector_samples_total{source="network"}');
  }, patience);
  setReceived(tree, 500n);
  offline.abort();
  await metering;
  setReceived(tree, 777n);
  await using rater = await FakeRater.start(server, { [agent.producer]: publicKey });
  const stop = new AbortController();
  const running = main(config, { signal: stop.signal, logger: silent });
  await vi.waitFor(() => expect(rater.total('host.network.io').get(agent.producer)).toBe(767n), patience);
  stop.abort();
  await running;
  expectSequence(rater);
});

test('bad input is an error with a way out, and nothing half done', async () => {
  await using server = await startTestServer({ partitions: 1, agents: [agent] });
  using tree = new HostTree('debian-v2');
  const { config } = await testAgent(server, tree);
  const life = { signal: AbortSignal.abort(), logger: silent };
  const withProducer = (producer: string) => ({ ...config, collector: { ...config.collector, producer } });
  const fails = (code: string, changed = config) => expect(main(changed, life)).rejects.toMatchObject({ code });
  await fails('AGENT_NOT_ENROLLED', withProducer('web-2'));
  await fails('AGENT_ID_INVALID', withProducer('Web 2'));
  const folder = join(config.dataDir, 'collector', agent.producer);
  const other = spawn('sleep', ['60'], { stdio: 'ignore' });
  const startTicks = readFileSync(`/proc/${other.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[19];
  mkdirSync(join(folder, 'spool'));
  writeFileSync(join(folder, 'spool', 'owner'), `${other.pid} ${startTicks}`);
  await fails('SPOOL_IN_USE');
  other.kill();
  rmSync(join(folder, 'spool'), { recursive: true });
  writeFileSync(join(folder, 'spool'), 'not a directory');
  await fails('SPOOL_UNUSABLE');
  writeFileSync(join(folder, 'signing.key'), 'not a seed');
  await fails('AGENT_KEY_INVALID');
});

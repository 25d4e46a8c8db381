import { jetstreamManager } from '@nats-io/jetstream';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { sleep } from '#platform/lifecycle.ts';
import { connectNats } from '#platform/nats/index.ts';
import { startTestServer } from '#platform/nats/testServer.ts';
import { main } from './main.ts';
import { agent, setReceived, testAgent } from './testing/agentKit.ts';
import { FakeRater } from './testing/fakeRater.ts';
import { HostTree } from './testing/hostTree.ts';

const patience = { timeout: 60_000, interval: 50 };

test('USAGE full: the agent is refused, spools, and goes on where it was refused; nothing is lost or sent twice', async () => {
  await using server = await startTestServer({ partitions: 1, agents: [agent], streams: { usageBytesMax: 60_000 } });
  using tree = new HostTree('debian-v2');
  let received = 1000n;
  setReceived(tree, received);
  const { config, publicKey } = await testAgent(server, tree);
  await using rater = await FakeRater.start(server, { [agent.producer]: publicKey });
  const stop = new AbortController();
  const running = main(config, { signal: stop.signal, logger: pino({ level: 'silent' }) });
  const metric = async (name: string) => {
    const text = await (await fetch(`http://127.0.0.1:${config.collector.port}/metrics`)).text();
    return Number(new RegExp(`^meterline_collector_${name} (.*)$`, 'm').exec(text)?.[1] ?? 0);
  };
  await vi.waitFor(async () => expect(await metric('append_failures_total{kind="full"}')).toBeGreaterThan(1), patience);
  const taken = rater.taken.length;
  await vi.waitFor(async () => {
    setReceived(tree, (received += 977n));
    expect(await metric('spool_batches')).toBeGreaterThan(20);
  }, patience);
  expect(rater.taken).toHaveLength(taken);

  const admin = await connectNats({ ...server, role: 'admin' });
  const manager = await jetstreamManager(admin);
  await manager.streams.update('USAGE_0', { max_bytes: 10_000_000 });
  await sleep(500);
  setReceived(tree, (received += 5n));
  await vi.waitFor(() => expect(rater.total('host.network.io').get(agent.producer)).toBe(received - 1000n), patience);
  stop.abort();
  await running;
  await admin.close();
  expect(rater.duplicates).toBe(0);
  expect(rater.refused.filter(({ reason }) => reason !== 'ahead')).toEqual([]);
  expect(rater.taken.map(({ seq }) => seq)).toEqual(rater.taken.map((_, index) => index + 1));
}, 90_000);

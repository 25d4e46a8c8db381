import { createServer } from 'node:http';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import type { BatchBody } from '#core/metering/batch.ts';
import { dataPaths } from '#platform/config.ts';
import { keyIdOf } from '#platform/crypto.ts';
import { startTestServer } from '#platform/nats/testServer.ts';
import { testAgent } from '../testing/agentKit.ts';
import { FakeRater } from '../testing/fakeRater.ts';
import { HostTree } from '../testing/hostTree.ts';
import { fleetHost } from './generate.ts';
import { runFleet } from './main.ts';

const patience = { timeout: 60_000, interval: 20 };
const hosts = 4;
/** More batches than may wait for the rater, so that a silent one stops the history in its middle. */
const historyDays = 120;

/** The two routes of the office that enrolment uses. */
async function fakeOffice(publicKeys: Record<string, string>, adminKey: string) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.headers.authorization !== `Bearer ${adminKey}`) return void response.writeHead(401).end('{}');
      if (request.method === 'POST') {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as {
          id: string;
          publicKey: string;
          simulated: boolean;
        };
        if (publicKeys[body.id] !== undefined || !body.simulated) return void response.writeHead(409).end('{}');
        publicKeys[body.id] = body.publicKey;
      }
      const producers = Object.entries(publicKeys).map(([producer, key]) => ({
        producer,
        keyIds: [keyIdOf(Buffer.from(key, 'base64url'))],
      }));
      response.end(JSON.stringify({ producers }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as { port: number }).port, close: () => server.close() };
}

test('a fleet that stops in the middle of its history goes on where it was: every hour once, then live', async () => {
  await using server = await startTestServer({ partitions: 1 });
  using tree = new HostTree();
  const { config: base } = await testAgent(server, tree);
  const publicKeys: Record<string, string> = {};
  const office = await fakeOffice(publicKeys, 'mtl_test');
  const config = { ...base, office: { ...base.office, port: office.port } };
  const adminKeyPath = dataPaths(config.dataDir).adminKey;
  mkdirSync(dirname(adminKeyPath), { recursive: true });
  writeFileSync(adminKeyPath, 'mtl_test\n');
  await using rater = await FakeRater.start(server, publicKeys);
  const run = async (enough: () => boolean) => {
    const stop = new AbortController();
    const running = runFleet(
      { config, hosts, historyDays, adminKeyPath },
      { signal: stop.signal, logger: pino({ level: 'silent' }) },
    );
    await vi.waitFor(() => expect(enough()).toBe(true), patience);
    stop.abort();
    await running;
  };
  await run(() => (rater.silent = rater.taken.length > 2));
  expect(rater.taken.length).toBeLessThan(hosts * historyDays);
  rater.silent = false;
  const live = (body: BatchBody) => body.s.length === 11;
  await run(() => new Set(rater.taken.filter(live).map(({ producer }) => producer)).size === hosts);
  office.close();

  expect(rater.refused.filter(({ reason }) => reason !== 'ahead')).toEqual([]);
  for (let index = 1; index <= hosts; index++) {
    const { id, cores, resource } = fleetHost(20261123, index);
    const own = rater.taken.filter(({ producer }) => producer === id);
    const history = own.filter((body) => !live(body));
    expect(history.map(({ seq }) => seq)).toEqual(Array.from({ length: historyDays }, (_, day) => day + 1));
    expect(own.every(({ simulated, resources }) => simulated === true && resources[0] === resource)).toBe(true);
    const cpu = history.flatMap((body) =>
      body.q.filter((_, at) => body.metrics[body.series[body.s[at]!]![1]]!.name === 'host.cpu.time'),
    );
    expect(cpu.reduce<number>((sum, value) => sum + Number(value), 0)).toBe(
      cores * historyDays * 24 * 3600 * 1_000_000,
    );
    const slices = own.flatMap((body) =>
      body.ticks.map(([start, duration]) => [body.baseMs + start, body.baseMs + start + duration] as const),
    );
    slices.reduce((before, [start, end]) => (expect(start).toBe(before), end), slices[0]![0]);
  }
});

/** Several raters on one broker: partitions spread over them, handed over, taken over; nothing lost, nothing twice. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MarkMessage } from '#core/messages/mark.ts';
import { subjects } from '#core/messages/names.ts';
import { parseRaterAlive, type RaterAlive } from '#core/messages/raterAlive.ts';
import { configPath } from '#platform/config.ts';
import type { Log } from '#platform/log.ts';
import { connectNats, jetstreamLog, type NatsConnection } from '#platform/nats/index.ts';
import { TestBilling, TestProducer, testOrganisation } from '#platform/nats/testProducer.ts';
import { startTestServer, type TestServer } from '#platform/nats/testServer.ts';
import { readRated, until } from './testing.ts';

const partitions = 8;
const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const alive = new Map<string, RaterAlive>();
const ended = new Set<string>();
const children: ChildProcess[] = [];
let server: TestServer;
let admin: NatsConnection;
let log: Log;

beforeAll(async () => {
  server = await startTestServer({ partitions });
  admin = await connectNats({ ...server, role: 'admin' });
  log = await jetstreamLog(admin);
  admin.subscribe(subjects.raterAlive, {
    callback(_, message) {
      const word = parseRaterAlive(message.string())!;
      if (!ended.has(word.rater)) alive.set(word.rater, word);
    },
  });
  mkdirSync(dirname(configPath(server.dir)), { recursive: true });
  const config = {
    dataDir: server.dir, partitions, nats: { url: server.url, credentials: server.credentials },
    clickhouse: { url: 'embedded:none' }, postgres: { url: 'embedded:none' },
    office: { port: 0 }, rater: { port: 0 }, collector: { port: 0 }, webhooks: {}, log: { level: 'warn' },
  }; // prettier-ignore
  writeFileSync(configPath(server.dir), JSON.stringify(config));
}, 30_000);
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await admin.close();
  await server[Symbol.asyncDispose]();
});

interface Rater {
  readonly child: ChildProcess;
  readonly id: string;
}

async function startRater(): Promise<Rater> {
  const known = new Set(alive.keys());
  const args = ['--import', file('./spread/hurry.testing.ts'), file('../deploy/cli.ts'), 'rater'];
  const stdio = ['ignore', 'ignore', 'inherit'] as const;
  const child = spawn(process.execPath, [...args, '--config', configPath(server.dir)], { stdio: [...stdio] });
  children.push(child);
  return { child, id: await until(async () => [...alive.keys()].find((id) => !known.has(id))) };
}

async function end({ child, id }: Rater, signal: NodeJS.Signals): Promise<void> {
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  await exit;
  ended.add(id);
  alive.delete(id);
}

/** Every partition has one owner, and the owners' counts are these. */
const spreadIs = (...counts: readonly number[]) =>
  until(async () => {
    const words = [...alive.values()];
    const owned = new Set(words.flatMap(({ owns }) => owns.map(({ partition }) => partition)));
    const found = words.map(({ owns }) => owns.length).sort((a, b) => a - b);
    return owned.size === partitions && found.join() === counts.join() ? true : undefined;
  });

/** Each partition is followed by one who does not own it. */
const standbysAreLevel = () =>
  until(async () => {
    const words = [...alive.values()];
    const level = words.flatMap(({ follows }) => follows).filter(({ outSeq }) => outSeq > 0);
    return new Set(level.map(({ partition }) => partition)).size === partitions ? true : undefined;
  });

/** Take-overs by a rater, of those that started from a standby and of those that loaded a snapshot. */
async function takeovers({ id }: Rater, start: 'warm' | 'cold'): Promise<number> {
  const page = await (await fetch(`${alive.get(id)!.url}/metrics`)).text();
  const lines = page.split('\n').filter((line) => line.startsWith('meterline_rater_takeovers_total{'));
  return lines
    .filter((line) => line.includes(`start="${start}"`))
    .reduce((sum, line) => sum + Number(line.split(' ')[1]), 0);
}

test('ONCE: raters join, are killed and stopped under load; partitions stay owned and spread within one', async () => {
  const producers = Array.from({ length: partitions }, (_, p) => new TestProducer(`t${p}`, 'p1', Date.now() - 3_600_000)); // prettier-ignore
  for (const [p, producer] of producers.entries())
    await new TestBilling(admin, p).publish(producer.tenant, testOrganisation(producer.tenant, [producer]));
  let isLoading = true;
  const loading = producers.map(async (producer, p) => {
    while (isLoading) {
      await producer.publish(admin, producer.next(10_000), p);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  try {
    const first = await startRater();
    await spreadIs(8);
    const second = await startRater();
    const third = await startRater();
    await spreadIs(2, 3, 3);
    await standbysAreLevel();
    await end(first, 'SIGKILL');
    await spreadIs(4, 4);
    // A machine that is too busy may leave a partition lying until somebody takes it without a standby.
    for (const rater of [second, third])
      expect(await takeovers(rater, 'warm')).toBeGreaterThan(await takeovers(rater, 'cold'));
    await startRater();
    await spreadIs(2, 3, 3);
    await standbysAreLevel();
    await end(second, 'SIGTERM');
    await spreadIs(4, 4);
    await end(third, 'SIGTERM');
    await spreadIs(8);
  } finally {
    isLoading = false;
  }
  await Promise.all(loading);
  for (const [p, producer] of producers.entries()) {
    await until(async () => {
      const asked = await admin.request(subjects.markGet(p, producer.tenant, producer.id), '', { timeout: 500 });
      return asked.json<MarkMessage>().mark === producer.seq ? true : undefined;
    });
    const { rows, headers } = await readRated(log, p);
    expect(rows).toEqual(Array.from({ length: producer.seq }, (_, i) => `p1 ${i + 1} 0`));
    expect(headers.at(-1)!.totals.samples).toMatchObject({ rated: producer.seq, duplicates: 0, refused: 0 });
  }
}, 120_000);

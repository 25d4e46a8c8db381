import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BalanceReply } from '#core/messages/balances.ts';
import { configPath, parseConfig } from '#platform/config.ts';
import type { Log } from '#platform/log.ts';
import { connectNats, jetstreamLog, type NatsConnection } from '#platform/nats/index.ts';
import { TestBilling, TestProducer, testOrganisation } from '#platform/nats/testProducer.ts';
import { startTestServer, type TestServer } from '#platform/nats/testServer.ts';
import { createLogger } from '#platform/telemetry.ts';
import { Fenced } from './committer.ts';
import { raterEvents } from './events.ts';
import { openIncarnations } from './incarnations.ts';
import { own, type OwnerDeps } from './owner.ts';
import { drawSnapshot } from './snapshotDraw.ts';
import { openSnapshots } from './snapshots.ts';
import { readRated, until } from './testing.ts';

const baseMs = Date.now() - 3_600_000;
let server: TestServer;
let admin: NatsConnection;
let log: Log;

beforeAll(async () => {
  server = await startTestServer({ partitions: 3 });
  admin = await connectNats({ ...server, role: 'admin' });
  log = await jetstreamLog(admin);
}, 30_000);
afterAll(async () => {
  await admin.close();
  await server[Symbol.asyncDispose]();
});

/** Waits until the rater has committed everything that the producer has sent. */
const balanceAt = (partition: number, producer: TestProducer): Promise<BalanceReply> =>
  until(async () => {
    const reply = (
      await admin.request(`balance.get.${partition}`, JSON.stringify({ tenant: producer.tenant }), { timeout: 500 })
    ).json<BalanceReply>();
    return reply.producers.find(({ producer: id }) => id === producer.id)?.mark === producer.seq ? reply : undefined;
  });

const totalOf = (reply: BalanceReply): string => reply.balances.find(({ account }) => account === 1)!.total;

describe('two owners of one partition', () => {
  test('FENCE: the older one drops what it had not committed, and nothing is rated twice or never', async () => {
    const events = raterEvents(new Registry(), createLogger('test', 'silent'), () => 0);
    const snapshots = await openSnapshots(admin, log, 1);
    const marks: number[] = [];
    let owners = 0;
    const deps: OwnerDeps = {
      log, snapshots, events, drawSnapshot: (partition) => drawSnapshot(partition, log, snapshots),
      incarnations: await openIncarnations(admin, 1),
      nowMs: () => Date.now(),
      owned: () => (owners += 1), tellMark: (mark) => marks.push(mark.mark), offerAlerts: () => undefined, committed: () => undefined,
    }; // prettier-ignore
    const producer = new TestProducer('t0', 'p1', baseMs);
    await new TestBilling(admin, 0).publish('t0', testOrganisation('t0', [producer]));

    const stop = new AbortController();
    let zombie = own(0, deps, stop.signal).catch((error: unknown) => error);
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 20; i++) await producer.publish(admin, producer.next(10_000, ['h1', 'h2']), 0);
      const successor = own(0, deps, stop.signal).catch((error: unknown) => error);
      for (let i = 0; i < 20; i++) await producer.publish(admin, producer.next(10_000, ['h1', 'h2']), 0);
      await until(async () => (owners === round + 2 ? true : undefined));
      for (let i = 0; i < 20; i++) await producer.publish(admin, producer.next(10_000, ['h1', 'h2']), 0);
      expect(await zombie).toBeInstanceOf(Fenced);
      zombie = successor;
    }
    await until(async () => (marks.includes(180) ? true : undefined));
    stop.abort();
    await zombie;

    const { headers, rows } = await readRated(log, 0);
    expect(rows).toEqual(Array.from({ length: 180 }, (_, i) => [`p1 ${i + 1} 0`, `p1 ${i + 1} 1`]).flat());
    expect(headers.filter(({ kind }) => kind === 'takeover').map(({ incarnation }) => incarnation)).toEqual([
      1, 2, 3, 4,
    ]);
    expect(headers.at(-1)!.totals.samples).toEqual({ received: 360, rated: 360, duplicates: 0, refused: 0 });
  }, 60_000);
});

describe('the rater as a process', () => {
  let child: ChildProcess;
  const cli = fileURLToPath(new URL('../deploy/cli.ts', import.meta.url));

  function start(partitions: number): void {
    const text = {
      dataDir: server.dir, partitions, nats: { url: server.url, credentials: server.credentials },
      clickhouse: { url: 'embedded:none' }, postgres: { url: 'embedded:none' }, office: { port: 0 }, rater: { port: 0 }, collector: { port: 0 },
      webhooks: {}, log: { level: 'warn' },
    }; // prettier-ignore
    parseConfig(text, 'test');
    const path = configPath(server.dir);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(text));
    child = spawn(process.execPath, [cli, 'rater', '--config', path], { stdio: ['ignore', 'ignore', 'inherit'] });
  }

  async function kill(signal: NodeJS.Signals): Promise<void> {
    const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    await exit;
  }

  test('ONCE: killed and started again in mid-flow, with the broker killed too, it loses and doubles nothing', async () => {
    const producer = new TestProducer('t1', 'p1', baseMs);
    await new TestBilling(admin, 1).publish('t1', testOrganisation('t1', [producer]));
    start(2);
    for (let round = 0; round < 4; round++) {
      const sending = (async () => {
        for (let i = 0; i < 50; i++) await producer.publish(admin, producer.next(10_000, ['h1', 'h2']), 1);
      })();
      await until(async () => ((await log.info('RATED_1')).lastSeq > round * 2 ? true : undefined));
      await kill('SIGKILL');
      if (round === 2) await server.restart();
      await sending;
      start(2);
    }
    const reply = await balanceAt(1, producer);
    expect(totalOf(reply)).toBe('0.04'); // 200 batches × 2 resources × 0.01 s × €0.01
    await kill('SIGTERM');
    start(2);
    expect(totalOf(await balanceAt(1, producer))).toBe('0.04');
    await kill('SIGTERM');
    const { rows } = await readRated(log, 1);
    expect(new Set(rows).size).toBe(400);
    expect(rows.length).toBe(400);
  }, 90_000);

  test('what is duplicated, reordered, replayed, tampered with, oversized or wrongly signed is refused by name and charges nothing', async () => {
    const good = new TestProducer('t2', 'p1', baseMs);
    const other = new TestProducer('t2', 'p2', baseMs);
    await new TestBilling(admin, 2).publish('t2', testOrganisation('t2', [good, other]));
    start(3);
    const first = good.next(1_000_000);
    const second = good.next(1_000_000);
    const third = good.next(1_000_000);
    await good.publish(admin, second, 2); // reordered: ahead of its mark
    await good.publish(admin, first, 2);
    await good.publish(admin, first, 2); // duplicate
    await good.publish(admin, second, 2);
    const tampered = Uint8Array.from(third);
    tampered[tampered.length - 20]! ^= 1;
    await good.publish(admin, tampered, 2);
    await good.publish(admin, third, 2);
    await good.publish(admin, first, 2); // replayed later
    await good.publish(admin, other.next(5_000_000), 2); // p2's signature under p1's subject
    await good.publish(admin, new Uint8Array(600_000), 2);
    const many = good.next(
      1,
      Array.from({ length: 4001 }, (_, i) => `r${i}`),
    );
    await good.publish(admin, many, 2);
    const reply = await balanceAt(2, good);
    expect(totalOf(reply)).toBe('0.03');
    await kill('SIGTERM');
    const refusals = (await readRated(log, 2)).headers.flatMap((header) => header.refusals.map(({ reason }) => reason));
    expect(refusals).toEqual(['ahead', 'unauthentic', 'unauthentic', 'oversized', 'oversized']);
    expect(reply.producers.find(({ producer }) => producer === 'p1')!.batches).toEqual({
      received: 10,
      rated: 3,
      duplicates: 2,
      refused: 5,
    });
  }, 60_000);
});

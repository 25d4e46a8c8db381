/** A broker whose data directory was restored from yesterday's copy, while the agents and ClickHouse are of today. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aggregatorEvents } from '#aggregator/events.ts';
import { natsIntents } from '#aggregator/loader/intent.ts';
import { clickhouseLoadStore } from '#aggregator/loader/loadStore.ts';
import { PartitionLoader } from '#aggregator/loader/partition.ts';
import { testStore } from '#aggregator/testing/harness.ts';
import { connectNats, jetstreamLog } from '#platform/nats/index.ts';
import { TestBilling, TestProducer, testOrganisation } from '#platform/nats/testProducer.ts';
import { startTestServer, type TestServer } from '#platform/nats/testServer.ts';
import { createLogger } from '#platform/telemetry.ts';
import { openSnapshots } from '#rater/snapshots.ts';
import { readRated, startOwner } from '#rater/testing.ts';

let server: TestServer;
let store: Awaited<ReturnType<typeof testStore>>;
beforeAll(async () => {
  server = await startTestServer({ partitions: 1 });
  store = await testStore();
}, 60_000);
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

test('ONCE: what the copy lacks is sent and rated again, ClickHouse drops what was rated of it and says so', async () => {
  const broker = join(server.dir, 'store');
  const copy = join(server.dir, 'yesterday');
  const producer = new TestProducer('t0', 'p1', Date.now() - 3_600_000);
  const batches: Uint8Array[] = [];
  const told: (readonly [number, number, number])[] = [];

  /** Rates and loads all that the producer has sent; `resend` is what an agent does whose mark went back. */
  async function work(more: number, resend: readonly Uint8Array[] = []): Promise<void> {
    const admin = await connectNats({ ...server, role: 'admin' });
    const log = await jetstreamLog(admin);
    const stop = new AbortController();
    let restored = false;
    const events = {
      ...aggregatorEvents(createLogger('test', 'silent')),
      restored: () => void (restored = true),
      beyondLog: (...what: [number, number, number]) => void told.push(what),
    };
    const ports = {
      log,
      store: clickhouseLoadStore(store),
      intents: await natsIntents(admin, 1),
      events,
      pauseMsMax: 0,
    };
    const loader = new PartitionLoader(ports, 0);
    const running = loader.run(stop.signal);
    await expect.poll(() => restored).toBe(true);
    const owner = startOwner(0, { log, snapshots: await openSnapshots(admin, log, 1) });
    for (const batch of resend) await producer.publish(admin, batch);
    for (let i = 0; i < more; i++) {
      batches.push(producer.next(10_000, ['h1', 'h2']));
      await producer.publish(admin, batches.at(-1)!);
    }
    await owner.reached(producer);
    await expect
      .poll(async () => loader.head.seq === (await log.info('RATED_0')).lastSeq, { timeout: 20_000 })
      .toBe(true);
    stop.abort();
    await running;
    await owner.stop();
    const { headers, rows } = await readRated(log, 0);
    expect(rows).toEqual(batches.flatMap((_, i) => [`p1 ${i + 1} 0`, `p1 ${i + 1} 1`]));
    expect(headers.at(-1)!.totals.samples).toMatchObject({ rated: 2 * batches.length, refused: 0 });
    const loaded = await store.query<{ rows: string; twice: string; last: string }>(
      'SELECT sum(samples) AS rows, count() - uniqExact(seq, account) AS twice, max(seq) AS last FROM valid_blocks',
    );
    expect(loaded).toEqual([{ rows: String(2 * batches.length), twice: '0', last: String(batches.length) }]);
    await admin.close();
  }

  const admin = await connectNats({ ...server, role: 'admin' });
  await new TestBilling(admin).publish('t0', testOrganisation('t0', [producer]));
  await admin.close();
  await work(4);
  await server.restart(() => cpSync(broker, copy, { recursive: true }));
  for (let i = 0; i < 3; i++) await work(2);
  const { lastSeq } = await lastRated();
  await server.restart(() => {
    rmSync(broker, { recursive: true });
    cpSync(copy, broker, { recursive: true });
  });
  expect((await lastRated()).lastSeq).toBeLessThan(lastSeq);
  // The agent kept what lies beyond the mark of yesterday.
  await work(1, batches.slice(4));
  expect(told).toHaveLength(1);
  await work(2);
}, 120_000);

async function lastRated() {
  const admin = await connectNats({ ...server, role: 'admin' });
  const info = await (await jetstreamLog(admin)).info('RATED_0');
  await admin.close();
  return info;
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { Registry } from 'prom-client';
import { expect, test, vi } from 'vitest';
import { aggregatorEvents } from '#aggregator/events.ts';
import { clickhouseLoadStore, type LoadStore } from '#aggregator/loader/loadStore.ts';
import { natsIntents } from '#aggregator/loader/intent.ts';
import { PartitionLoader } from '#aggregator/loader/partition.ts';
import { migrate } from '#aggregator/schema/migrate.ts';
import type { StageId } from '#core/messages/pressure.ts';
import { openStore } from '#platform/clickhouse/index.ts';
import { parseConfig } from '#platform/config.ts';
import { connectNats, jetstreamLog } from '#platform/nats/index.ts';
import { ensureStreams, defaultStreamLimits } from '#platform/nats/streams.ts';
import { TestBilling, TestProducer, testOrganisation } from '#platform/nats/testProducer.ts';
import { startTestServer } from '#platform/nats/testServer.ts';
import { createLogger } from '#platform/telemetry.ts';
import { answerRequests } from '#rater/answers.ts';
import type { CommittedView } from '#rater/committedView.ts';
import { raterEvents } from '#rater/events.ts';
import { openIncarnations } from '#rater/incarnations.ts';
import { own } from '#rater/owner.ts';
import { drawSnapshot } from '#rater/snapshotDraw.ts';
import { openSnapshots } from '#rater/snapshots.ts';
import { officeEvents } from './events.ts';
import { PressureWatch } from './pressure.ts';

const patience = { timeout: 30_000, interval: 20 };
const logger = createLogger('test', 'silent');
const hour = 3_600_000;

test('ClickHouse refuses for hours: rating goes on, the stage says how far it is behind, and then every row is there once', async () => {
  await using server = await startTestServer({ partitions: 1 });
  const dir = mkdtempSync(join(tmpdir(), 'meterline-pressure-'));
  const store = await openStore(`embedded:${dir}`);
  await migrate(store);
  const connection = await connectNats({ ...server, role: 'admin' });
  const log = await jetstreamLog(connection);
  const stop = new AbortController();
  const intents = await natsIntents(connection, 1);
  let isDown = true;
  const real = clickhouseLoadStore(store);
  // Whatever is asked of it fails, as of a server that is gone; its parts are called with the store as `this`.
  const refusing = new Proxy(real, {
    get: (target, name) => (isDown ? () => Promise.reject(new Error('ECONNREFUSED')) : Reflect.get(target, name)),
  }) satisfies LoadStore;
  const loader = new PartitionLoader(
    { log, store: refusing, intents, events: aggregatorEvents(logger), pauseMsMax: 50 },
    0,
  );
  const loading = loader.run(stop.signal);
  const snapshots = await openSnapshots(connection, log, 1);
  let view: CommittedView | undefined;
  let commits = 0;
  const owning = own(
    0,
    {
      log, snapshots, incarnations: await openIncarnations(connection, 1), drawSnapshot: (of) => drawSnapshot(of, log, snapshots),
      events: raterEvents(new Registry(), logger, () => 1), nowMs: () => Date.now(),
      owned: (owned) => (view = owned), tellMark: () => undefined, offerAlerts: () => void (commits += 1), committed: () => undefined,
    },
    stop.signal,
  ); // prettier-ignore
  answerRequests(connection, () => view, { firstPartition: 0, partitions: 1 });
  const config = parseConfig(
    {
      dataDir: dir, partitions: 1, nats: { url: server.url, credentials: server.credentials }, clickhouse: { url: `embedded:${dir}` },
      postgres: { url: 'embedded:x' }, office: { port: 0 }, rater: { port: 0 }, collector: { port: 0 }, webhooks: {},
    },
    'test',
  ); // prettier-ignore
  const aggregator = {
    position: () => ({ outSeq: loader.head.seq }),
    failure: () =>
      loader.failure === undefined ? null : { code: 'DOWN', detail: '', solve: 'Start it.', attempts: loader.failures },
  };
  const registry = new Registry();
  const watch = new PressureWatch({ config, connection, log, aggregator }, officeEvents(logger, registry));
  const look = async (id: StageId, inMs = 0) =>
    (await watch.look(Date.now() + inMs)).stages.find((stage) => stage.id === id)!;

  const producer = new TestProducer('t', 'p', Date.now() - hour);
  await new TestBilling(connection, 0).publish('t', testOrganisation('t', [producer]));
  const batches = 100;
  for (let i = 0; i < batches; i++) await producer.publish(connection, producer.next(10_000, ['h1', 'h2']), 0);
  await vi.waitFor(() => expect(view?.mark('t', 'p').mark).toBe(batches), patience);
  expect(commits).toBeGreaterThan(0);
  expect(await look('rating')).toMatchObject({ state: 'ok' });
  const load = await look('load', 3 * hour);
  expect(load).toMatchObject({ state: 'full', solve: 'DOWN: Start it.', where: 'partition 0' });
  expect(load.detail).toMatch(/loading is 3\.0 h behind/);
  expect(await registry.metrics()).toMatch('meterline_office_stage_state{stage="load"} 2');

  isDown = false;
  await vi.waitFor(() => expect(loader.head.seq).toBe(view?.outSeq), patience);
  expect(await look('load', 3 * hour)).toMatchObject({ state: 'ok', sinceMs: null });
  const [found] = await store.query<{ rows: string; distinct: string }>(
    'SELECT sum(samples) AS rows, uniqExact(out_seq, block) AS distinct FROM valid_blocks',
  );
  expect(Number(found!.rows)).toBe(2 * batches);

  // No rater: what it has not taken grows old. A stream nearly full: said before it refuses.
  stop.abort();
  await Promise.allSettled([owning, loading]);
  for (let i = 0; i < 5; i++) await producer.publish(connection, producer.next(10_000, ['h1', 'h2']), 0);
  expect(await look('rating', hour)).toMatchObject({
    state: 'warn',
    detail: 'Usage of the last 60 min is not rated yet.',
  });
  const manager = await jetstreamManager(connection);
  const { state } = await manager.streams.info('USAGE_0');
  await manager.streams.update('USAGE_0', { max_bytes: Math.ceil(state.bytes * 1.1) });
  expect(await look('usage')).toMatchObject({ state: 'warn', where: 'USAGE_0' });

  // At the next start limits are what the disk can hold: raised again, or refused before anything is served.
  await ensureStreams(connection, 1, 1, { ...defaultStreamLimits, usageBytesMax: 10 * state.bytes }, Infinity);
  expect((await manager.streams.info('USAGE_0')).config.max_bytes).toBe(10 * state.bytes);
  const small = { usageBytesMax: 1, controlBytesMax: 1, ratedBytesMax: 1, alertsBytesMax: 1 };
  await expect(ensureStreams(connection, 1, 1, small, state.bytes)).rejects.toMatchObject({ code: 'STORE_TOO_SMALL' });
  await connection.close();
  await store[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
}, 60_000);

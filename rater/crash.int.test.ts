/** The owner against crashes around each step, lost tails, strange snapshots and floods (architecture §3). */
import { Objm } from '@nats-io/obj';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buckets } from '#core/messages/names.ts';
import { emptyState } from '#core/rating/state.ts';
import { sha256 } from '#platform/crypto.ts';
import type { Log } from '#platform/log.ts';
import { connectNats, jetstreamLog, type NatsConnection } from '#platform/nats/index.ts';
import { TestBilling, TestProducer, testOrganisation } from '#platform/nats/testProducer.ts';
import { startTestServer, type TestServer } from '#platform/nats/testServer.ts';
import { createLogger } from '#platform/telemetry.ts';
import { raterEvents } from './events.ts';
import { raterLimits } from './limits.ts';
import type { OwnerDeps } from './owner.ts';
import { drawSnapshot } from './snapshotDraw.ts';
import { drawApart } from './snapshotProcess.ts';
import { openSnapshots, type Snapshots } from './snapshots.ts';
import { readRated, rewindStream, startOwner, until } from './testing.ts';

const partitions = 6;
const baseMs = Date.now() - 3_600_000;
let server: TestServer;
let admin: NatsConnection;
let log: Log;
let snapshots: Snapshots;

beforeAll(async () => {
  server = await startTestServer({ partitions });
  admin = await connectNats({ ...server, role: 'admin' });
  log = await jetstreamLog(admin);
  snapshots = await openSnapshots(admin, log, 1);
}, 30_000);
afterAll(async () => {
  await admin.close();
  await server[Symbol.asyncDispose]();
});

const start = (partition: number, change: Partial<OwnerDeps> = {}) =>
  startOwner(partition, { log, snapshots, ...change });

async function organisation(partition: number): Promise<TestProducer> {
  const producer = new TestProducer(`t${partition}`, 'p1', baseMs);
  await new TestBilling(admin, partition).publish(producer.tenant, testOrganisation(producer.tenant, [producer]));
  return producer;
}

const send = async (producer: TestProducer, partition: number, batches: number) => {
  for (let i = 0; i < batches; i++) await producer.publish(admin, producer.next(10_000, ['h1', 'h2']), partition);
};
const everyRow = (batches: number) =>
  Array.from({ length: batches }, (_, i) => [`p1 ${i + 1} 0`, `p1 ${i + 1} 1`]).flat();

describe('a crash around an append', () => {
  test('ONCE: before it, after it, with its answer lost, at the take-over and at each commit', async () => {
    const producer = await organisation(0);
    const crash = new Error('killed');
    for (const how of ['before', 'after', 'silent'] as const) {
      for (const at of [0, 1, 2, 4]) {
        await send(producer, 0, 2);
        let appends = 0;
        const dying: Log = {
          ...log,
          async append(...args) {
            if (appends++ !== at) return log.append(...args);
            if (how === 'before') throw crash;
            await log.append(...args);
            if (how === 'after') throw crash;
            return { kind: 'unknown' };
          },
        };
        const owner = start(0, { log: dying });
        const dribble = (async () => {
          while (appends <= at) {
            await send(producer, 0, 1);
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
        })();
        if (how === 'silent') {
          await dribble;
          await owner.reached(producer);
          await owner.stop();
        } else {
          expect(await owner.ended).toBe(crash);
          await dribble;
        }
      }
    }
    const last = start(0);
    const view = await last.reached(producer);
    expect(view.totals.samples).toEqual({
      received: 2 * producer.seq,
      rated: 2 * producer.seq,
      duplicates: 0,
      refused: 0,
    });
    await last.stop();
    expect((await readRated(log, 0)).rows).toEqual(everyRow(producer.seq));
  }, 60_000);
});

describe('lost tails', () => {
  const rewind = (name: string, lastSeq: number) => rewindStream(admin, partitions, name, lastSeq);

  test('of RATED: what was lost is rated again from the inputs, a snapshot from beyond is passed over and kept', async () => {
    const producer = await organisation(1);
    const first = start(1);
    for (let round = 0; round < 5; round++) {
      await send(producer, 1, 1);
      await first.reached(producer);
    }
    await first.stop();
    await drawSnapshot(1, log, snapshots);
    const lastSeq = (await log.info('RATED_1')).lastSeq;
    await rewind('RATED_1', lastSeq - 3);
    const passedOver: string[] = [];
    await snapshots.newest(1, (_name, why) => passedOver.push(why));
    expect(passedOver).toEqual(['unconfirmed']);
    const second = start(1);
    await second.reached(producer);
    expect((await log.info('RATED_1')).lastSeq).toBeGreaterThan(lastSeq - 3);
    await second.stop();
    const { rows, headers } = await readRated(log, 1);
    expect(rows).toEqual(everyRow(5));
    expect(headers.at(-1)!.totals.samples.duplicates).toBe(0);
  }, 60_000);

  test('of USAGE and of RATED under a running owner: it ends, the next one goes on, nothing is charged twice', async () => {
    const producer = await organisation(2);
    const first = start(2);
    await send(producer, 2, 4);
    await first.reached(producer);
    const resent = await Promise.all([1, 2, 3, 4].map(async (seq) => (await log.get('USAGE_2', seq))!.data));
    await rewind('USAGE_2', 2);
    await rewind('RATED_2', 1);
    // The control log still has what the first owner reads next; its commit meets a log that ends before it.
    await new TestBilling(admin, 2).publish('other', []);
    expect(await first.ended).toMatchObject({ name: 'Rewound' });
    const second = start(2);
    for (const data of resent) await producer.publish(admin, data, 2); // as an agent does whose mark went back
    await second.reached(producer);
    await second.stop();
    const { rows, headers } = await readRated(log, 2);
    expect(rows).toEqual(everyRow(4));
    expect(headers.at(-1)!.totals.samples).toMatchObject({ rated: 8, refused: 0 });
  }, 60_000);

  test('of USAGE alone under a running owner: it notices that what it read last is gone, the next one reads all of it', async () => {
    const producer = await organisation(5);
    const first = start(5);
    await send(producer, 5, 4);
    await first.reached(producer);
    const resent = await Promise.all([3, 4].map(async (seq) => (await log.get('USAGE_5', seq))!.data));
    await rewind('USAGE_5', 2);
    // What is sent now comes to lie where the lost batches were, and they come behind it.
    const next = producer.next(10_000, ['h1', 'h2']);
    for (const data of [next, ...resent, next]) await producer.publish(admin, data, 5);
    expect(await first.ended).toMatchObject({ name: 'StreamRewound' });
    const registry = new Registry();
    const events = raterEvents(registry, createLogger('test', 'silent'), () => 0);
    const second = start(5, { events });
    await second.reached(producer);
    expect(await registry.metrics()).toMatch('meterline_rater_rewound_inputs_total{stream="usage"} 1');
    await second.stop();
    expect((await readRated(log, 5)).rows).toEqual(everyRow(5));
  }, 60_000);
});

describe('snapshots', () => {
  const at = (outSeq: number) => Object.assign(emptyState(3), { outSeq, outHash: `hash of ${outSeq}` });

  test('damaged, foreign and newer ones are passed over; newer ones do not push out good ones', async () => {
    const producer = await organisation(3);
    for (const beyond of [1000, 1001]) await snapshots.save(at(beyond));
    let newest = 0;
    for (let round = 0; round < 3; round++) {
      const owner = start(3);
      await send(producer, 3, 2);
      await owner.reached(producer);
      await owner.stop();
      expect((await drawSnapshot(3, log, snapshots)).outSeq).toBeGreaterThan(newest);
      newest = (await log.info('RATED_3')).lastSeq;
      expect((await snapshots.newest(3))?.outSeq).toBe(newest);
      expect(await snapshots.newestSeq(3, newest)).toBe(newest);
    }
    const blobs = await new Objm(admin).open(buckets.snapshots);
    const names = async () =>
      (await blobs.list())
        .map(({ name }) => name)
        .filter((name) => name.startsWith('3/'))
        .sort();
    const [older, newer] = (await names()).slice(0, 2);
    expect(await names()).toHaveLength(4);
    const bytes = (await blobs.getBlob(newer!))!;
    const foreign = Buffer.from('{"v":1}');
    for (const damaged of [
      bytes.subarray(0, -1),
      bytes.with(-1, bytes.at(-1)! ^ 1),
      foreign,
      Buffer.from(`${sha256(foreign)}\n{"v":1}`),
    ]) {
      // prettier-ignore
      await blobs.putBlob({ name: newer! }, damaged);
      expect((await snapshots.newest(3))?.outSeq).toBe(Number(older!.slice(2)));
    }
    await blobs.delete(older!);
    // In a process of its own, from the first commit: nothing that could be read is left.
    const stop = new AbortController();
    const drawn = drawApart({ url: server.url, credentials: server.credentials, replicas: 1 }, stop.signal);
    expect((await drawn(3))?.outSeq).toBe(newest);
    expect((await snapshots.newest(3))?.outSeq).toBe(newest);
    const given = drawn(3);
    stop.abort();
    expect(await given).toBeUndefined();
  }, 60_000);

  test('a store that refuses them stops nothing; commits that are only replayed count until the next', async () => {
    const producer = await organisation(4);
    const drawn: number[] = [];
    const full = () => Promise.reject(new Error('the disk is full'));
    const good = async () => {
      const { lastSeq } = await log.info('RATED_4');
      drawn.push(lastSeq);
      return { outSeq: lastSeq, bytes: 0 };
    };
    const limits = raterLimits as { snapshotCommits: number };
    const before = limits.snapshotCommits;
    limits.snapshotCommits = 4;
    try {
      for (const draw of [full, good]) {
        const owner = start(4, { drawSnapshot: draw });
        for (let i = 0; i < 3; i++) {
          await send(producer, 4, 1);
          await owner.reached(producer);
        }
        if (draw === good) await until(async () => drawn[0]);
        expect(await owner.stop()).toBeUndefined();
      }
    } finally {
      limits.snapshotCommits = before;
    }
    // The second owner replayed 4 commits: one of its own was due one.
    expect(drawn[0]).toBeLessThanOrEqual(8);
    expect((await readRated(log, 4)).rows).toEqual(everyRow(6));
  }, 60_000);
});

test('a flood of refusals fills several commits and stops nobody', async () => {
  const producer = new TestProducer('t5', 'p1', baseMs);
  const other = new TestProducer('t5', 'p2', baseMs);
  await using own = await startTestServer({ partitions: 1 });
  const connection = await connectNats({ ...own, role: 'admin' });
  const flooded = await jetstreamLog(connection);
  await new TestBilling(connection, 0).publish('t5', testOrganisation('t5', [producer, other]));
  const names = Array.from({ length: 4000 }, (_, i) => `r${i}`);
  const ahead = Date.now() + 1000 * 24 * 3_600_000;
  for (let i = 0; i < 16; i++) await producer.publish(connection, producer.next(1, names, { baseMs: ahead }), 0);
  const wide = { dims: [{ mode: 'x'.repeat(100_000) }], series: names.map((_, i) => [i, 0, 0] as const) };
  await producer.publish(connection, producer.next(1, names, wide), 0);
  await other.publish(connection, other.next(1_000_000), 0);
  const owner = start(0, { log: flooded, snapshots: await openSnapshots(connection, flooded, 1) });
  const view = await owner.reached(other);
  await owner.reached(producer);
  expect(view.totals.samples).toEqual({ received: 68_001, rated: 1, duplicates: 0, refused: 68_000 });
  await owner.stop();
  await connection.close();
}, 60_000);

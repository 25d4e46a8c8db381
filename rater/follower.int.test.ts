/** A standby against what befalls the log that it follows (architecture §3.2). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeState } from '#core/rating/snapshot.ts';
import { sha256 } from '#platform/crypto.ts';
import type { Log } from '#platform/log.ts';
import { connectNats, jetstreamLog, type NatsConnection } from '#platform/nats/index.ts';
import { TestBilling, TestProducer, testOrganisation } from '#platform/nats/testProducer.ts';
import { startTestServer, type TestServer } from '#platform/nats/testServer.ts';
import { Follower } from './follower.ts';
import { catchUp, restore } from './restore.ts';
import { drawSnapshot } from './snapshotDraw.ts';
import { openSnapshots, type Snapshots } from './snapshots.ts';
import { rewindStream, startOwner, until } from './testing.ts';

let server: TestServer;
let admin: NatsConnection;
let log: Log;
let snapshots: Snapshots;
let producer: TestProducer;
let failures = 0;

beforeAll(async () => {
  server = await startTestServer({ partitions: 1 });
  admin = await connectNats({ ...server, role: 'admin' });
  log = await jetstreamLog(admin);
  snapshots = await openSnapshots(admin, log, 1);
  producer = new TestProducer('t0', 'p1', Date.now() - 3_600_000);
  await new TestBilling(admin, 0).publish(producer.tenant, testOrganisation(producer.tenant, [producer]));
}, 30_000);
afterAll(async () => {
  await admin.close();
  await server[Symbol.asyncDispose]();
});

const follow = () =>
  new Follower(0, {
    log,
    snapshots,
    events: { followFailed: () => (failures += 1), snapshotPassedOver: () => undefined },
  });

/** The follower stands at the commit that is the stream's last message. */
const level = (follower: Follower) =>
  until(async () => (follower.upTo.hash === sha256((await log.last('RATED_0'))!.data) ? true : undefined));

/** What a start without a standby finds. */
async function cold(): Promise<string> {
  const state = await restore(0, snapshots);
  await catchUp(state, log, () => undefined);
  return encodeState(state);
}

/** An owner that commits each of so many batches, and ends in order. */
async function work(batches: number, owner = startOwner(0, { log, snapshots })): Promise<void> {
  for (let i = 0; i < batches; i++) {
    await producer.publish(admin, producer.next(10_000, ['h1', 'h2']), 0);
    await owner.reached(producer);
  }
  expect(await owner.stop()).toBeUndefined();
}

test('it follows to the state that a cold start finds, byte for byte, and a take-over from it loads no snapshot', async () => {
  const early = follow();
  await work(3);
  await drawSnapshot(0, log, snapshots);
  const late = follow();
  await work(3);
  await Promise.all([level(early), level(late)]);
  // A former owner, let in where a tail was lost: it counts for nobody.
  await log.append('RATED_0', 'rated.0', (await log.get('RATED_0', 2))!.data);
  const states = await Promise.all([early.stop(), late.stop()]);
  expect(states.map((state) => encodeState(state!))).toEqual([await cold(), await cold()]);
  const noSnapshot: Snapshots = { ...snapshots, newest: () => Promise.reject(new Error('asked for a snapshot')) };
  await work(2, startOwner(0, { log, snapshots: noSnapshot }, states[0]));
  expect(failures).toBe(0);
}, 60_000);

test('whose commit was lost with the tail is not believed, and one that runs begins anew', async () => {
  const running = follow();
  const stopped = follow();
  await Promise.all([level(running), level(stopped)]);
  const state = (await stopped.stop())!;
  await rewindStream(admin, 1, 'RATED_0', state.outSeq - 2);
  await work(6, startOwner(0, { log, snapshots }, state));
  await level(running);
  expect(failures).toBeGreaterThan(0);
  expect(encodeState((await running.stop())!)).toBe(await cold());
}, 60_000);

test('one that is stopped while it begins, at whatever moment, ends', async () => {
  for (let ms = 0; ms < 20; ms++) {
    const follower = follow();
    await new Promise((resolve) => setTimeout(resolve, ms));
    await follower.stop();
  }
}, 60_000);

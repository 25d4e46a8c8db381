/** What an agent's own credential can send: the broker stores it, and the rater has to get past it. */
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ControlChange } from '#core/messages/control.ts';
import type { Log } from '#platform/log.ts';
import { append, connectNats, jetstreamLog, type NatsConnection } from '#platform/nats/index.ts';
import { agentRole, maxPayloadBytes } from '#platform/nats/serverConfig.ts';
import { TestBilling, TestProducer, testOrganisation } from '#platform/nats/testProducer.ts';
import { startTestServer, type TestServer } from '#platform/nats/testServer.ts';
import { openSnapshots } from './snapshots.ts';
import { readRated, startOwner, until } from './testing.ts';

const subject = 'usage.0.acme.mine';
let server: TestServer;
let admin: NatsConnection;
let thief: NatsConnection;
let log: Log;

beforeAll(async () => {
  server = await startTestServer({ partitions: 2, agents: [{ tenant: 'acme', producer: 'mine' }] });
  admin = await connectNats({ ...server, role: 'admin' });
  thief = await connectNats({ ...server, role: agentRole('mine') });
  log = await jetstreamLog(admin);
}, 30_000);
afterAll(async () => {
  await thief.close();
  await admin.close();
  await server[Symbol.asyncDispose]();
});

/** Headers as bytes of the sender's choice: what a client of its own would write. */
const rawHeaders = (text: string): MsgHdrs => Object.assign(headers(), { encode: () => Buffer.from(text) });

test('the largest messages, garbage and hostile headers are refused by name, and what stands behind them is rated', async () => {
  const mine = new TestProducer('acme', 'mine', Date.now() - 3_600_000);
  const other = new TestProducer('acme', 'other', Date.now() - 3_600_000);
  await new TestBilling(admin).publish('acme', testOrganisation('acme', [mine, other]));
  // As large as the broker takes, to the byte, and around the size that a follower might ask for.
  for (const less of [0, 1, 100, 1000]) await append(thief, subject, Buffer.alloc(maxPayloadBytes - less, 120));
  for (const body of [Buffer.alloc(0), Buffer.from('{'), Buffer.alloc(90, 10)]) await append(thief, subject, body);

  // Expectations are the sender's own: the broker refuses its message, and nobody else's.
  const expectations = [
    ['Nats-Expected-Stream', 'RATED_0'],
    ['Nats-Expected-Last-Sequence', '1'],
    ['Nats-Expected-Last-Subject-Sequence', '999'],
    ['Nats-Expected-Last-Msg-Id', 'x'],
    ['Nats-Rollup', 'all'],
    ['Nats-Schedule', '@every 1s'],
    ['Nats-TTL', '1s'],
    ['X-Huge', 'x'.repeat(100_000)],
  ] as const;
  for (const [name, value] of expectations) {
    const head = headers();
    head.set(name, value);
    const reply = await thief.request(subject, 'x', { headers: head, timeout: 2000 });
    expect(reply.json<{ error?: object }>().error, name).toBeDefined();
  }
  // What the broker would say to a reader itself, what it would trace, move or forget, and what is no header at all.
  const stored = [
    'NATS/1.0 503\r\n\r\n',
    'NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 1\r\n\r\n',
    'NATS/1.0 409 Consumer Deleted\r\n\r\n',
    'NATS/1.0 404 No Messages\r\n\r\n',
    'NATS/1.0\r\nNats-Pending-Messages: 0\r\nNats-Pending-Bytes: 0\r\n\r\n',
    'NATS/1.0\r\nNats-Sequence: 1\r\nNats-Subject: rated.0\r\nNats-Stream: RATED_0\r\n\r\n',
    'NATS/1.0\r\nNats-Trace-Dest: rated.0\r\n\r\n',
    'NATS/1.0\r\nno colon at all\r\n\r\n',
    'NATS/1.0\r\nA: \u0000\u0001\r\n: empty\r\n\r\n',
    'NATS/1.0\r\nX: ' + 'y'.repeat(60_000) + '\r\n\r\n',
  ];
  for (const text of stored) thief.publish(subject, 'x', { headers: rawHeaders(text) });

  await append(thief, subject, mine.next(10_000));
  await other.publish(admin, other.next(10_000));
  const { lastSeq } = await log.info('USAGE_0');
  expect((await log.info('CONTROL_0')).lastSeq).toBe(1);
  expect((await log.info('RATED_0')).lastSeq).toBe(0);

  const owner = startOwner(0, { log, snapshots: await openSnapshots(admin, log, 1) });
  await owner.reached(other);
  await owner.stop();
  const { headers: commits, rows } = await readRated(log, 0);
  expect(commits.at(-1)!.totals.batches).toEqual({ received: lastSeq, rated: 2, duplicates: 0, refused: lastSeq - 2 });
  expect(rows).toEqual(['mine 1 0', 'other 1 0']);
  const reasons = commits.flatMap((header) => header.refusals.map(({ reason }) => reason));
  expect(reasons.slice(0, 4)).toEqual(['oversized', 'oversized', 'oversized', 'oversized']);
  expect(reasons.slice(4)).toEqual(Array.from({ length: lastSeq - 6 }, () => 'malformed'));
}, 60_000);

test('who is unknown, revoked or disabled, signs with another key or for another tenant is refused by name; the rest goes on', async () => {
  const [kept, gone, off] = ['kept', 'gone', 'off'].map((id) => new TestProducer('acme', id, Date.now() - 3_600_000));
  const billing = new TestBilling(admin, 1);
  await billing.publish('acme', testOrganisation('acme', [kept!, gone!, off!]));
  const owner = startOwner(1, { log, snapshots: await openSnapshots(admin, log, 1) });
  const all = [kept!, gone!, off!];
  for (const producer of all) await producer.publish(admin, producer.next(10_000), 1);
  for (const producer of all) await owner.reached(producer);
  await billing.publish('acme', [
    { ...gone!.enrolment(), keys: [] } as ControlChange,
    { ...off!.enrolment(), enabled: false } as ControlChange,
  ]);
  await until(async () => ((await readRated(log, 1)).headers.at(-1)!.inputs.controlMark === 2 ? true : undefined));
  const unknown = new TestProducer('acme', 'unknown', 0);
  const rival = new TestProducer('rival', 'kept', 0);
  for (const producer of [gone!, off!, unknown, rival]) await producer.publish(admin, producer.next(10_000), 1);
  // Signed by one, sent in the place of another.
  await kept!.publish(admin, unknown.next(10_000), 1);
  await kept!.publish(admin, kept!.next(10_000), 1);
  await owner.reached(kept!);
  await owner.stop();
  const { headers: commits, rows } = await readRated(log, 1);
  expect(rows).toEqual(['kept 1 0', 'gone 1 0', 'off 1 0', 'kept 2 0']);
  const refusals = commits.flatMap((header) => header.refusals);
  expect(refusals.map(({ producer, reason }) => `${producer} ${reason}`)).toEqual([
    'gone unauthentic', 'off unauthentic', 'unknown unauthentic', 'kept misplaced', 'kept unauthentic',
  ]); // prettier-ignore
}, 60_000);

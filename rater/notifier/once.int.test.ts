/** CAP's second half: an alert is recorded once and delivered at least once, under one id, whatever crashes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { connectNats, ensureStreams } from '#platform/nats/index.ts';
import { streams, subjects } from '#core/messages/names.ts';
import { openLeases } from '../lease.ts';
import { FakeRater, alertOf, secret, startReceiver, startWorld, until } from './testHarness.ts';

const ids = (all: readonly { readonly id: string }[]) => all.map(({ id }) => id);

test('an alert is copied with its origin and delivered signed, traced and recorded, by either path', async () => {
  await using world = await startWorld(2);
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url);
  const rater = new FakeRater(world.log, 1);
  await rater.takeover();
  const followed = alertOf('acme:render-month:2026-11:87.5:0');
  const outSeq = await rater.commit([followed]);
  await world.log.append('', subjects.deliveries('acme', 'ops'), Buffer.from('no record'));
  await world.log.append('', subjects.alerts('acme'), Buffer.from('null'));
  const { notifier, stop } = await world.start();
  const first = await until(() => receiver.received[0]);
  expect(first.headers).toMatchObject({
    'webhook-id': 'acme:render-month:2026-11:87_5:0',
    'content-type': 'application/json',
  });
  expect(new Webhook(secret).verify(first.text, first.headers)).toEqual(first.body);
  const { targets: _targets, trace, ...data } = followed;
  expect(first.body).toEqual({ type: followed.type, timestamp: '2026-11-01T00:00:00.000Z', data });
  expect(first.headers['traceparent']).toMatch(new RegExp(`^00-${trace.slice(3, 35)}-[0-9a-f]{16}-01$`));
  expect(first.headers['traceparent']).not.toBe(trace);

  const offered = alertOf('acme:render-month:2026-11:100:0');
  notifier.offer(1, await rater.commit([offered]), [offered]);
  await until(() => notifier.counts().delivered === 2 && notifier.counts().alerts === 2);
  expect(notifier.counts()).toEqual({ alerts: 2, delivered: 2, failed: 0, givenUp: 0, pending: 0 });
  expect(notifier.latency().p50).toBeGreaterThan(0);
  await stop();

  const records = (await world.alerts()).filter(Boolean);
  expect(records).toEqual([
    { ...followed, partition: 1, outSeq, committedAtMs: expect.any(Number) },
    { ...offered, partition: 1, outSeq: outSeq + 1, committedAtMs: expect.any(Number) },
  ]);
  const deliveries = (await world.deliveries()).filter(Boolean);
  expect(deliveries).toHaveLength(2);
  expect(deliveries[0]).toMatchObject({
    alertId: followed.id,
    tenant: 'acme',
    target: 'ops',
    attempt: 1,
    status: 'delivered',
    httpStatus: 204,
  });

  const again = await world.start();
  const last = alertOf('acme:render-month:2026-11:released:1', { type: 'budget.released', action: 'release' });
  await rater.commit([last]);
  await until(() => again.notifier.counts().delivered === 3);
  expect(ids(receiver.received)).toEqual([followed.id, offered.id, last.id]);
});

test('kill -9 before and after every write: each id once in ALERTS, each delivered, in order', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url);
  const rater = new FakeRater(world.log);
  await rater.takeover();
  const expected: string[] = [];
  let crashes = 0;
  // Two alerts make four writes with a step before and after each; the last run has more of them to catch up on.
  for (let crashAt = 1; crashAt <= 10; crashAt++) {
    expected.push(`a${crashAt}`, `b${crashAt}`);
    await rater.commit([alertOf(`a${crashAt}`), alertOf(`b${crashAt}`)]);
    const env = {
      NOTIFIER_CONFIG: JSON.stringify(world.config),
      NOTIFIER_CRASH_AT: String(crashAt),
      NOTIFIER_ALERTS: String(expected.length),
    };
    const child = spawn(process.execPath, [join(import.meta.dirname, 'crashChild.ts')], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    if (signal === 'SIGKILL') crashes++;
  }
  const { notifier } = await world.start();
  await until(() => notifier.counts().pending === 0 && notifier.counts().alerts === expected.length);
  expect(crashes).toBeGreaterThanOrEqual(8);
  expect(ids(await world.alerts())).toEqual(expected);
  expect([...new Set(ids(receiver.received))]).toEqual(expected);
});

test('two notifiers at once, as after a take-over, still record each alert once', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url);
  const rater = new FakeRater(world.log);
  await rater.takeover();
  const runs = await Promise.all([world.start(), world.start()]);
  const expected = Array.from({ length: 300 }, (_, index) => `a${index}`);
  for (let at = 0; at < expected.length; at += 3)
    await rater.commit(expected.slice(at, at + 3).map((id) => alertOf(id, { budget: id })));
  await until(() => runs.every(({ notifier }) => notifier.counts().alerts === 300 && notifier.counts().pending === 0));
  expect(ids(await world.alerts())).toEqual(expected);
  expect(new Set(ids(receiver.received)).size).toBe(300);
});

test('of two raters with leases one delivers, each alert once, and the other takes over when it ends', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url);
  const rater = new FakeRater(world.log);
  await rater.takeover();
  const leases = await openLeases(world.connection, 1);
  const one = await world.start({ leases });
  const two = await world.start({ leases });
  await rater.commit([alertOf('a'), alertOf('b')]);
  const [holder, standby] = await until(() => {
    if (one.notifier.counts().delivered === 2) return [one, two] as const;
    return two.notifier.counts().delivered === 2 ? ([two, one] as const) : undefined;
  });
  expect(standby.notifier.counts().alerts).toBe(0);
  await holder.stop();
  await rater.commit([alertOf('c')]);
  await until(() => standby.notifier.counts().delivered === 3);
  expect(ids(receiver.received)).toEqual(['a', 'b', 'c']);
});

test('voided and raised again under the same id, an alert fires once; what does not chain is ignored', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url);
  const rater = new FakeRater(world.log);
  await rater.takeover();
  const base = { incarnation: 1, outSeq: rater.seq, hash: rater.hash };
  await rater.commit([alertOf('voided')]);
  const { notifier } = await world.start();
  await until(() => receiver.received.length === 1);

  rater.incarnation = 2;
  await rater.commit([], { kind: 'takeover', base });
  await rater.commit([alertOf('voided'), alertOf('next')]);
  const { seq, hash } = rater;
  await rater.commit([alertOf('foreign')], { prev: { seq, hash: 'another' } });
  rater.hash = hash;
  await rater.commit([alertOf('last')], { prev: { seq, hash } });
  await until(() => notifier.counts().delivered === 3);
  expect(ids(receiver.received)).toEqual(['voided', 'next', 'last']);
  await until(() => notifier.counts().alerts === 3);
});

test('a log that lost its tail is read again from its beginning, and nothing fires twice', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url);
  const rater = new FakeRater(world.log);
  await rater.takeover();
  await rater.commit([alertOf('kept')]);
  await rater.commit([alertOf('lost')]);
  const first = await world.start();
  await until(() => first.notifier.counts().alerts === 2 && first.notifier.counts().pending === 0);
  await first.stop();

  const admin = await connectNats({ url: world.server.url, credentials: world.server.credentials, role: 'admin' });
  await admin.request(`$JS.API.STREAM.DELETE.${streams.rated(0)}`, new Uint8Array());
  await ensureStreams(admin, 1, 1);
  await admin.close();
  const second = new FakeRater(world.log);
  await second.takeover();
  await second.commit([alertOf('kept')]);
  await second.commit([alertOf('fresh')]);
  const { notifier } = await world.start();
  await until(() => notifier.counts().alerts === 3 && notifier.counts().pending === 0);
  expect(ids(await world.alerts())).toEqual(['kept', 'lost', 'fresh']);
  expect(ids(receiver.received)).toEqual(['kept', 'lost', 'fresh']);
});

test('the broker is killed while alerts flow: all of them arrive, each recorded once', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url);
  const rater = new FakeRater(world.log);
  await rater.takeover();
  const { notifier } = await world.start();
  const expected: string[] = [];
  for (let index = 0; index < 30; index++) {
    if (index === 10) {
      await until(() => notifier.counts().delivered > 0);
      await world.server.restart();
    }
    expected.push(`a${index}`);
    await until(() => rater.commit([alertOf(`a${index}`)]).catch(() => undefined));
  }
  await until(() => notifier.counts().alerts === 30 && notifier.counts().pending === 0);
  expect(ids(await world.alerts())).toEqual(expected);
  expect([...new Set(ids(receiver.received))]).toEqual(expected);
});

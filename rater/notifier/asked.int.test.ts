/** What people ask for: another try at what was given up, a test of a target; and a secret that is being replaced. */
import { jetstreamManager } from '@nats-io/jetstream';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { streams, subjects } from '#core/messages/names.ts';
import { seal, loadSealingKey } from '#platform/sealing.ts';
import { dataPaths } from '#platform/config.ts';
import {
  FakeRater,
  ManualClock,
  alertOf,
  secret,
  startReceiver,
  startWorld,
  until,
  type World,
} from './testHarness.ts';

async function startRater(world: World): Promise<FakeRater> {
  const rater = new FakeRater(world.log);
  await rater.takeover();
  return rater;
}

test('a dead letter that is asked for again goes out under the same webhook-id and is recorded as a replay', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url);
  receiver.answer = (_request, response) => response.writeHead(500, { 'x-request-id': 'r-7' }).end('broken\n');
  const rater = await startRater(world);
  const clock = new ManualClock();
  let run = await world.start({ clock });
  await rater.commit([alertOf('a')]);
  await until(() => run.notifier.counts().failed === 1);
  clock.moveTo(clock.nowMs() + 72 * 3_600_000 + 1);
  await until(() => run.notifier.counts().givenUp === 1);
  const dead = (
    await until(async () => {
      const all = await world.deliveries();
      return all.at(-1)?.status === 'given_up' ? all : undefined;
    })
  ).at(-1)!;
  expect(dead).toMatchObject({ reason: 'expired', nextAttemptAtMs: null });
  const [failed] = await world.deliveries();
  expect(failed!.request).toEqual({ to: receiver.url, webhookId: 'a', bytes: receiver.received[0]!.text.length });
  expect(failed).toMatchObject({ httpStatus: 500, response: { headers: { 'x-request-id': 'r-7' }, body: 'broken' } });

  // Asked while nobody delivers: whoever takes over does it.
  await run.stop();
  receiver.answer = (_request, response) => response.writeHead(204).end();
  const again = {
    kind: 'replay' as const,
    target: 'ops',
    deliveries: [{ alertId: 'a', attempts: dead.attempt, replay: 1 }],
  };
  await world.ask(again);
  run = await world.start({ clock });
  await until(() => run.notifier.counts().delivered === 1);
  await until(async () => (await world.deliveries()).at(-1)?.status === 'delivered');
  expect((await world.deliveries()).at(-1)).toMatchObject({ attempt: dead.attempt + 1, replay: 1, httpStatus: 204 });
  const [first, last] = [receiver.received[0]!, receiver.received.at(-1)!];
  expect(last.headers['webhook-id']).toBe(first.headers['webhook-id']);
  expect(last.text).toBe(first.text);

  // What was delivered may be asked for again as well; after a restart nothing of it is done anew.
  await world.ask({ ...again, deliveries: [{ alertId: 'a', attempts: dead.attempt + 1, replay: 2 }] });
  await until(async () => (await world.deliveries()).at(-1)?.replay === 2);
  const received = receiver.received.length;
  await run.stop();
  run = await world.start({ clock });
  await rater.commit([alertOf('b')]);
  await until(() => receiver.received.at(-1)?.id === 'b');
  expect(receiver.received).toHaveLength(received + 1);
});

test('a test goes through the same queue, signed, is no committed alert, and can be asked for again', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url);
  await startRater(world);
  const run = await world.start();
  const alert = alertOf('acme:test:ops:1', { type: 'target.test' as never, action: 'notify', targets: ['ops'] });
  await until(() => run.notifier.counts().alerts === 0 && receiver.received.length === 0);
  await world.ask({ kind: 'test', target: 'ops', alert });
  const [got] = await until(() => (receiver.received.length === 1 ? receiver.received : undefined));
  expect(new Webhook(secret).verify(got!.text, got!.headers)).toMatchObject({ type: 'target.test' });
  await until(() => run.notifier.counts().delivered === 1);
  expect(await world.alerts()).toEqual([]);
  await world.ask({ kind: 'replay', target: 'ops', deliveries: [{ alertId: alert.id, attempts: 1, replay: 1 }] });
  await until(() => run.notifier.counts().delivered === 2);
  await until(async () => (await world.deliveries()).length === 2);
  expect((await world.deliveries()).map(({ attempt, replay }) => [attempt, replay])).toEqual([
    [1, undefined],
    [2, 1],
  ]);
});

test('while a secret is being replaced both sign; at the stated time the old one ends', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  const clock = new ManualClock();
  const key = loadSealingKey(dataPaths(world.config.dataDir).sealingKey);
  const newer = `whsec_${Buffer.alloc(24, 8).toString('base64')}`;
  const untilMs = clock.nowMs() + 60_000;
  await world.setTarget('acme.ops', receiver.url, {
    secret: seal(key, newer),
    previous: { secret: seal(key, secret), untilMs },
  });
  const rater = await startRater(world);
  const { notifier } = await world.start({ clock });
  await rater.commit([alertOf('a')]);
  await until(() => notifier.counts().delivered === 1);
  const verifies = (with_: string, { text, headers }: (typeof receiver.received)[number]) => {
    try {
      new Webhook(with_).verify(text, headers);
      return true;
    } catch {
      return false;
    }
  };
  const during = receiver.received[0]!;
  expect(during.headers['webhook-signature']!.split(' ')).toHaveLength(2);
  expect([secret, newer].map((each) => verifies(each, during))).toEqual([true, true]);
  clock.moveTo(untilMs);
  await rater.commit([alertOf('b')]);
  await until(() => notifier.counts().delivered === 2);
  const after = receiver.received[1]!;
  expect([secret, newer].map((each) => verifies(each, after))).toEqual([false, true]);
});

test('while DELIVERIES is full alerts go out; their records wait, and are written once it has room', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url);
  const { streams: manager } = await jetstreamManager(world.connection);
  const limit = async (bytes: number) => {
    const { config } = await manager.info(streams.deliveries);
    await manager.update(streams.deliveries, { ...config, max_bytes: bytes });
  };
  await limit(1);
  const rater = await startRater(world);
  const { notifier } = await world.start();
  await rater.commit(['a', 'b', 'c'].map((id) => alertOf(id)));
  await until(() => notifier.counts().delivered === 3);
  expect(await world.deliveries()).toEqual([]);
  const log = world.log;
  const asked = await log.append(streams.deliveries, subjects.deliveries('acme', 'ops'), Buffer.from('{}'));
  expect(asked.kind).toBe('full');
  await limit(1024 * 1024);
  await until(async () => (await world.deliveries()).length === 3);
  expect(receiver.received).toHaveLength(3);
});

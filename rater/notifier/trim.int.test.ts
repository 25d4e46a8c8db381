/** What is settled leaves the streams; what is not, or would fire again without it, stays. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { expect, test } from 'vitest';
import { buckets, notifierKeys, streams } from '#core/messages/names.ts';
import { FakeRater, ManualClock, alertOf, startReceiver, startWorld, until, type World } from './testHarness.ts';

const hour = 3_600_000;
const ids = (all: readonly { readonly id: string }[]) => all.map(({ id }) => id);
const bucketOf = (world: World) => new Kvm(world.connection).create(buckets.notifier);
/** As the office says when it has archived what there is. */
const archive = async (world: World, seq = 1e9) =>
  (await bucketOf(world)).put(notifierKeys.archived, JSON.stringify({ seq }));
const trim = { keepMs: hour, keepAtLeastMs: hour, everyMs: 20 };

test('what is settled and old goes, an alert that a target waits for stays with its attempts, and nothing fires again', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await using down = await startReceiver();
  down.answer = (_request, response) => response.writeHead(500).end();
  await world.setTarget('acme.ops', receiver.url);
  await world.setTarget('acme.down', down.url);
  const rater = new FakeRater(world.log);
  await rater.takeover();
  const clock = new ManualClock();
  let run = await world.start({ clock, trim });
  for (const [id, targets] of Object.entries({ a: ['ops'], b: ['ops', 'down'], c: ['ops'] })) {
    await rater.commit([alertOf(id, { targets, budget: id, logTimeMs: Date.now() })]);
    // Its attempts stand in the stream before those of the next.
    await until(
      async () => (await world.deliveries()).filter(({ alertId }) => alertId === id).length >= targets.length,
    );
  }
  expect(ids(await world.alerts())).toEqual(['a', 'b', 'c']);
  clock.moveTo(clock.nowMs() + 2 * hour);
  await until(async () => ids(await world.alerts()).join() === 'b,c');
  // Not archived yet, so every attempt is there.
  expect((await world.deliveries()).filter(({ alertId }) => alertId === 'a')).toHaveLength(1);
  await archive(world);
  await until(async () => (await world.deliveries())[0]?.alertId !== 'a');
  expect((await world.deliveries()).filter(({ alertId }) => alertId === 'b').length).toBeGreaterThan(1);
  await run.stop();

  run = await world.start({ clock, trim });
  await until(() => run.notifier.counts().pending === 1);
  expect(ids(receiver.received)).toEqual(['a', 'b', 'c']);
  down.answer = (_request, response) => response.writeHead(204).end();
  await world.setTarget('acme.down', down.url);
  await until(() => run.notifier.counts().pending === 0);
  clock.moveTo(clock.nowMs() + 2 * hour);
  await until(async () => (await world.alerts()).length === 0 && (await world.deliveries()).length === 0);
  await run.stop();

  // The log is read from its beginning: what has left the stream is known still, and what is new is not.
  await (await bucketOf(world)).delete('0');
  await rater.commit([alertOf('d', { logTimeMs: Date.now() + 24 * hour })]);
  run = await world.start({ clock, trim: { ...trim, keepMs: 100 * hour } });
  await until(async () => ids(await world.alerts()).join() === 'd' && run.notifier.counts().pending === 0);
  expect(ids(receiver.received)).toEqual(['a', 'b', 'c', 'd']);
  expect(ids(down.received).at(-1)).toBe('b');
});

test('streams of 100 KiB take thousands of alerts: what is settled makes room, and none is lost or sent twice', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url, { limits: { groupAfter: 20 } });
  const manager = (await jetstreamManager(world.connection)).streams;
  for (const stream of [streams.alerts, streams.deliveries]) {
    const { config } = await manager.info(stream);
    await manager.update(stream, { ...config, max_bytes: 100 * 1024 });
  }
  await archive(world);
  const rater = new FakeRater(world.log);
  await rater.takeover();
  const { notifier } = await world.start({ trim: { keepMs: hour, keepAtLeastMs: 0, everyMs: 5 } });
  const sent: string[] = [];
  for (let round = 0; round < 60; round++) {
    const fresh = Array.from({ length: 30 }, (_, at) => `${round}-${at}`);
    sent.push(...fresh);
    await rater.commit(fresh.map((id) => alertOf(id, { budget: id, logTimeMs: Date.now() })));
  }
  await until(() => notifier.counts().delivered === sent.length && notifier.counts().pending === 0);
  await until(async () => ids(await world.alerts()).at(-1) === sent.at(-1));
  expect(ids(receiver.received).toSorted()).toEqual(sent.toSorted());
  for (const stream of [streams.alerts, streams.deliveries])
    expect((await world.log.info(stream)).bytes).toBeLessThan(100 * 1024);
});

test('a stream of attempts that is full is freed though attempts wait to be written, and none of them is lost', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url, { limits: { groupAfter: 1000 } });
  const manager = (await jetstreamManager(world.connection)).streams;
  const { config } = await manager.info(streams.deliveries);
  await manager.update(streams.deliveries, { ...config, max_bytes: 20 * 1024 });
  const rater = new FakeRater(world.log);
  await rater.takeover();
  const clock = new ManualClock();
  const { notifier, stop } = await world.start({ clock, trim });
  const sent = Array.from({ length: 200 }, (_, at) => `a${at}`);
  await rater.commit(sent.map((id) => alertOf(id, { budget: id, logTimeMs: Date.now() })));
  await until(() => notifier.counts().delivered === 200 && notifier.counts().alerts === 200);
  expect((await world.deliveries()).length).toBeLessThan(100);
  await archive(world);
  clock.moveTo(clock.nowMs() + 2 * hour);
  await until(async () => (await world.alerts()).length === 0 && (await world.deliveries()).length === 0);
  expect((await world.log.info(streams.deliveries)).lastSeq).toBeGreaterThanOrEqual(200);
  await stop();
  await world.start({ clock, trim });
  expect(ids(receiver.received).toSorted()).toEqual(sent.toSorted());
});

test('kill -9 before and after every write while streams are trimmed: nothing is lost, and nothing settled is sent again', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url);
  await archive(world);
  const rater = new FakeRater(world.log);
  await rater.takeover();
  const expected: string[] = [];
  let crashes = 0;
  // Before and after by turns: steps are a copy, a record, a note of how far, a purge.
  for (let crashAt = 1; crashAt <= 15; crashAt += 2) {
    expected.push(`a${crashAt}`, `b${crashAt}`);
    await rater.commit([`a${crashAt}`, `b${crashAt}`].map((id) => alertOf(id, { logTimeMs: Date.now() })));
    const env = {
      NOTIFIER_CONFIG: JSON.stringify(world.config),
      NOTIFIER_CRASH_AT: String(crashAt),
      NOTIFIER_ALERTS: String(expected.length),
      NOTIFIER_TRIM: JSON.stringify({ keepMs: 0, keepAtLeastMs: 0, everyMs: 5 }),
    };
    const child = spawn(process.execPath, [join(import.meta.dirname, 'crashChild.ts')], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    if (signal === 'SIGKILL') crashes++;
  }
  const { notifier, stop } = await world.start({ trim: { keepMs: 0, keepAtLeastMs: 0, everyMs: 5 } });
  await until(async () => notifier.counts().pending === 0 && (await world.alerts()).length === 0);
  expect(crashes).toBeGreaterThanOrEqual(6);
  expect([...new Set(ids(receiver.received))]).toEqual(expected);
  // Each was copied once, however often what had left was read again.
  expect((await world.log.info(streams.alerts)).lastSeq).toBe(expected.length);
  await stop();

  // Read from its beginning the log brings all of them once more, and none goes out.
  await (await bucketOf(world)).delete('0');
  const { length } = receiver.received;
  await rater.commit([alertOf('last', { logTimeMs: Date.now() })]);
  await world.start();
  await until(() => receiver.received.length > length);
  expect(ids(receiver.received.slice(length))).toEqual(['last']);
});

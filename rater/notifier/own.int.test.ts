/** What the rater in this process commits is passed over; what it does not tell of is read, and each alert comes once by either way. */
import { expect, test } from 'vitest';
import type { Log } from '#platform/log.ts';
import { FakeRater, alertOf, startReceiver, startWorld, until } from './testHarness.ts';

const alertAt = (percent: number) => alertOf(`acme:render-month:2026-11:${percent}:0`);

test('own commits are not read back but for their alerts; others are, before and after', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url);
  const read: number[] = [];
  const log: Log = {
    ...world.log,
    async *follow(...of) {
      for await (const message of world.log.follow(...of)) {
        if (of[0] === 'RATED_0') read.push(message.seq);
        yield message;
      }
    },
  };
  const rater = new FakeRater(world.log);
  await rater.takeover();
  const { notifier } = await world.start({ log });
  const own = async (alerts: Parameters<FakeRater['commit']>[0] = []) => {
    const prev = { seq: rater.seq, hash: rater.hash };
    notifier.offer(0, await rater.commit(alerts), alerts, { prev, hash: rater.hash });
  };
  await until(() => read.includes(1));
  await own();
  const before = read.length;
  for (let i = 0; i < 20; i++) await own(i === 10 ? [alertAt(50)] : []);
  await until(() => notifier.counts().delivered === 1 && notifier.counts().alerts === 1);
  expect(read.length - before).toBeLessThan(5);

  const foreign = alertAt(60);
  await rater.commit([foreign]);
  await until(() => notifier.counts().alerts === 2);
  await rater.takeover();
  // One that is told does not follow from what is told before it: the log decides.
  await own([alertAt(70)]);
  await own([alertAt(80)]);
  await until(() => notifier.counts().delivered === 4 && notifier.counts().alerts === 4);
  const records = (await world.alerts()).filter(Boolean);
  expect(records.map(({ id }) => id)).toEqual([50, 60, 70, 80].map((percent) => alertAt(percent).id));
  expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(4);
  expect(receiver.received).toHaveLength(4);
});

/** Alert storms: many alerts become few requests, in order and without loss, and nothing that acts waits for it. */
import { expect, test } from 'vitest';
import type { GroupedBody } from '#core/messages/delivery.ts';
import { notifierLimits } from './limits.ts';
import { FakeRater, ManualClock, alertOf, startReceiver, startWorld, until } from './testHarness.ts';

const { groupAlertsMax, groupActPauseMs, groupTellPauseMs } = notifierLimits;

test('ten thousand budgets crossed by one sample end in some forty requests, each alert in one, the last state told', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url);
  const rater = new FakeRater(world.log);
  await rater.takeover();
  const run = await world.start();
  const crossed = Array.from({ length: 10_000 }, (_, i) => alertOf(`a${i}`, { budget: `b${i}` }));
  const released = alertOf('r7', { budget: 'b7', action: 'release', state: 'released', type: 'budget.released' });
  await rater.commit([...crossed, released]);
  await until(() => run.notifier.counts().delivered === 10_001);
  const ids = receiver.received.map(({ id }) => id);
  expect(new Set(ids).size).toBe(10_001);
  expect(ids.indexOf('a7')).toBeLessThan(ids.indexOf('r7'));
  // A sweep that finds few alerts waiting makes a smaller group: some more than 41.
  expect(receiver.requests.length).toBeLessThan(60);
  for (const body of receiver.requests as GroupedBody[]) {
    if (body.type !== 'alerts.grouped') continue;
    const { count, ids: members, sources, alerts } = body.data;
    expect([members.length, count <= groupAlertsMax, alerts.length <= notifierLimits.groupListedMax]).toEqual([
      count,
      true,
      true,
    ]);
    expect(sources.reduce((sum, source) => sum + Number(source.first !== ''), 0)).toBe(
      new Set(sources.map((s) => s.source)).size,
    );
  }
  await until(async () => (await world.deliveries()).length === 10_001);
  const records = await world.deliveries();
  expect(records.filter(({ group }) => group !== undefined && group.size > 1).length).toBeGreaterThan(9000);
  expect(records.every(({ status }) => status === 'delivered')).toBe(true);
}, 60_000);

test('in a storm what acts waits a tenth of a second at most, what only tells one; a target may set from when on', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url, { limits: { groupAfter: 3 } });
  const rater = new FakeRater(world.log);
  await rater.takeover();
  const clock = new ManualClock();
  const { notifier } = await world.start({ clock });
  let sent = 0;
  const raise = async (action: 'notify' | 'throttle') => {
    await rater.commit([alertOf(`x${sent}`, { budget: `b${sent}`, action })]);
    sent++;
  };
  const copied = () => until(() => notifier.counts().alerts === sent);
  for (let i = 0; i < 3; i++) await raise('notify');
  await until(() => receiver.received.length === 3);
  await raise('notify');
  await raise('notify');
  await copied();
  clock.moveTo(clock.nowMs() + groupActPauseMs);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(receiver.received).toHaveLength(3);
  clock.moveTo(clock.nowMs() + groupTellPauseMs - groupActPauseMs);
  await until(() => receiver.received.length === 5);
  expect(receiver.requests).toHaveLength(4);
  await raise('throttle');
  await raise('notify');
  await copied();
  clock.moveTo(clock.nowMs() + groupActPauseMs);
  await until(() => receiver.received.length === 7);
  expect(receiver.requests.at(-1)).toMatchObject({ type: 'alerts.grouped', data: { count: 2, ids: ['x5', 'x6'] } });
});

test('a receiver that rejects groups gets each alert by itself', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url, { limits: { groupAfter: 4 } });
  receiver.answer = ({ body }, response) =>
    response.writeHead((body.type as string) === 'alerts.grouped' ? 422 : 204).end();
  const rater = new FakeRater(world.log);
  await rater.takeover();
  const run = await world.start();
  await rater.commit(Array.from({ length: 12 }, (_, i) => alertOf(`a${i}`, { budget: `b${i}` })));
  await until(() => run.notifier.counts().delivered === 12);
  expect(run.notifier.counts().pending).toBe(0);
});

test('a target that wants one order gets it over all sources, one at a time', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url, { limits: { order: 'target' } });
  let underWay = 0;
  let most = 0;
  let refused = false;
  receiver.answer = ({ id }, response) => {
    most = Math.max(most, ++underWay);
    setTimeout(() => {
      underWay--;
      // The third one fails once: what comes behind it waits for it.
      const fails = id === 'a2' && !refused;
      refused ||= fails;
      response.writeHead(fails ? 500 : 204).end();
    }, 2);
  };
  const rater = new FakeRater(world.log);
  await rater.takeover();
  const run = await world.start();
  await rater.commit(Array.from({ length: 20 }, (_, i) => alertOf(`a${i}`, { budget: `b${i % 7}` })));
  await until(() => run.notifier.counts().delivered === 20);
  const order = receiver.received.map(({ id }) => id);
  expect(order.filter((id, i) => id !== order[i - 1])).toEqual(Array.from({ length: 20 }, (_, i) => `a${i}`));
  expect(most).toBe(1);
});

/** How targets are treated: order, failures, pauses, long schedules, targets that are missing, gone, or hang. */
import { expect, test } from 'vitest';
import type { Delivery } from '#core/messages/api.ts';
import { targetDefaults } from '#core/messages/delivery.ts';
import {
  FakeRater,
  ManualClock,
  alertOf,
  startReceiver,
  startWorld,
  until,
  type Receiver,
  type World,
} from './testHarness.ts';

const hour = 3_600_000;
const ids = (receiver: Receiver) => receiver.received.map(({ id }) => id);
const outcomes = (deliveries: readonly Delivery[], alertId?: string) =>
  deliveries
    .filter((delivery) => alertId === undefined || delivery.alertId === alertId)
    .map(({ status, httpStatus }) => `${status} ${httpStatus}`);

async function startRater(world: World): Promise<FakeRater> {
  const rater = new FakeRater(world.log);
  await rater.takeover();
  return rater;
}

test.each([
  [3, 27, {}],
  [14, 71, { limits: { retryHours: 14 * 24 } }],
])(
  'an outage of %i days: attempts grow apart, a restart goes on with the schedule, then it is given up',
  async (days, most, limits) => {
    await using world = await startWorld();
    await using receiver = await startReceiver();
    await world.setTarget('acme.ops', receiver.url, limits);
    receiver.answer = (_request, response) => response.writeHead(503).end('closed\n for today');
    const rater = await startRater(world);
    await rater.commit([alertOf('a')]);
    const clock = new ManualClock();
    const began = clock.nowMs();
    let run = await world.start({ clock });
    for (let attempt = 1; ; attempt++) {
      const { failed, givenUp } = await until(() => {
        const counts = run.notifier.counts();
        return counts.failed + counts.givenUp === attempt ? counts : undefined;
      });
      expect(receiver.received).toHaveLength(attempt);
      if (givenUp > 0) break;
      expect(failed).toBe(attempt);
      if (attempt === 5) {
        await run.stop();
        run = await world.start({ clock });
        await until(() => run.notifier.counts().pending === 1);
      }
      const last = await until(async () => (await world.deliveries()).find((delivery) => delivery.attempt === attempt));
      clock.moveTo(last.nextAttemptAtMs! - 1);
      expect(receiver.received).toHaveLength(attempt);
      clock.moveTo(last.nextAttemptAtMs!);
    }
    expect(run.notifier.counts().pending).toBe(0);
    await run.stop();
    const deliveries = await world.deliveries();
    expect(deliveries.map(({ attempt }) => attempt)).toEqual(
      Array.from({ length: deliveries.length }, (_, index) => index + 1),
    );
    expect(deliveries.at(-1)).toMatchObject({
      status: 'given_up',
      detail: 'HTTP 503: closed for today',
      nextAttemptAtMs: null,
    });
    // Give or take the jitter.
    expect(Math.abs(deliveries.length - most)).toBeLessThanOrEqual(most / 20);
    expect(clock.nowMs() - began).toBeLessThanOrEqual(days * 24 * hour);
    expect(clock.nowMs() - began).toBeGreaterThan(days * 24 * hour - 8 * hour);
  },
);

test('within a budget a release never overtakes its throttle; other budgets do not wait for it', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url);
  let closed = true;
  receiver.answer = ({ body }, response) =>
    response.writeHead(closed && body.data.source === 'budget:one' ? 500 : 204).end();
  const rater = await startRater(world);
  const clock = new ManualClock();
  const { notifier } = await world.start({ clock });
  await rater.commit([
    alertOf('throttle', { budget: 'one' }),
    alertOf('release', { budget: 'one' }),
    alertOf('other', { budget: 'two' }),
  ]);
  await until(() => notifier.counts().delivered === 1 && notifier.counts().failed > 0);
  expect(ids(receiver)).not.toContain('release');
  closed = false;
  // The failure may be counted before its next attempt has a date: time goes on.
  await until(() => {
    clock.moveTo(clock.nowMs() + 1000);
    return notifier.counts().pending === 0;
  });
  expect(ids(receiver).slice(-2)).toEqual(['throttle', 'release']);
});

test('an alert that the receiver rejects holds nothing back, and is given up once it is overtaken', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url);
  receiver.answer = ({ id }, response) => response.writeHead(id === 'poison' ? 422 : 204).end();
  const rater = await startRater(world);
  const { notifier } = await world.start({ clock: new ManualClock() });
  await rater.commit([alertOf('poison')]);
  await until(() => notifier.counts().failed === 1);
  await rater.commit([alertOf('next')]);
  await until(() => notifier.counts().pending === 0);
  const deliveries = await until(async () => {
    const found = await world.deliveries();
    return found.length >= 4 ? found : undefined;
  });
  expect(outcomes(deliveries, 'poison')).toEqual(['failed 422', 'failed 422', 'given_up 0']);
  expect(outcomes(deliveries, 'next')).toEqual(['delivered 204']);
});

test('Retry-After leaves the whole target alone; another target is not concerned', async () => {
  await using world = await startWorld();
  await using busy = await startReceiver();
  await using free = await startReceiver();
  await world.setTarget('acme.busy', busy.url);
  await world.setTarget('acme.free', free.url);
  busy.answer = (_request, response) => response.writeHead(429, { 'retry-after': '7200' }).end();
  const rater = await startRater(world);
  const clock = new ManualClock();
  const began = clock.nowMs();
  const { notifier } = await world.start({ clock });
  await rater.commit([alertOf('a', { targets: ['busy', 'free'] })]);
  await until(() => notifier.counts().delivered === 1 && notifier.counts().failed === 1);
  await rater.commit([
    alertOf('b', { targets: ['busy', 'free'] }),
    alertOf('c', { targets: ['busy', 'free'], budget: 'other' }),
  ]);
  await until(() => notifier.counts().delivered === 3);
  busy.answer = (_request, response) => response.writeHead(204).end();
  clock.moveTo(began + 2 * hour - 1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(ids(busy)).toEqual(['a']);
  clock.moveTo(began + 2 * hour);
  await until(() => notifier.counts().pending === 0);
  expect(ids(busy).toSorted()).toEqual(['a', 'a', 'b', 'c']);
  expect(ids(free)).toEqual(['a', 'b', 'c']);
});

test('410 turns the target off where billing sees it; turned on again, it gets what waited', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url);
  receiver.answer = (_request, response) => response.writeHead(410).end();
  const rater = await startRater(world);
  const { notifier } = await world.start();
  await rater.commit([alertOf('a')]);
  const off = await until(async () => {
    const target = await world.target('acme.ops');
    return target?.enabled === false ? target : undefined;
  });
  expect(off).toMatchObject({ url: receiver.url, disabled: { reason: 'gone', atMs: expect.any(Number) } });
  await rater.commit([alertOf('b')]);
  await until(() => notifier.counts().failed === 2);
  expect(ids(receiver)).toEqual(['a']);
  receiver.answer = (_request, response) => response.writeHead(204).end();
  await world.setTarget('acme.ops', receiver.url);
  await until(() => notifier.counts().delivered === 2);
  expect(ids(receiver)).toEqual(['a', 'a', 'b']);
  expect(outcomes(await world.deliveries(), 'a').slice(0, 2)).toEqual(['refused 410', 'delivered 204']);
});

test('a missing target, a broken secret, a forbidden address: said once, tried when mended, given up in the end', async () => {
  await using world = await startWorld(1, true);
  await using receiver = await startReceiver();
  await world.setTarget('acme.sealed-elsewhere', receiver.url, { secret: 'AAAA' });
  await world.setTarget('acme.inside', 'https://10.0.0.1/');
  await world.setTarget('acme.off', receiver.url, { enabled: false });
  const rater = await startRater(world);
  const clock = new ManualClock();
  const { notifier } = await world.start({ clock });
  const targets = ['missing', 'sealed-elsewhere', 'inside', 'off', 'never'];
  await rater.commit([alertOf('a', { targets: [...targets, 'no.such.*', 'missing'] })]);
  await until(() => notifier.counts().failed === 5);
  const details = await until(async () => {
    const found = await world.deliveries();
    return found.length === 5 ? Object.fromEntries(found.map(({ target, detail }) => [target, detail])) : undefined;
  });
  expect(details['missing']).toContain('no webhook target of this name');
  expect(details['sealed-elsewhere']).toContain('secret cannot be opened');
  expect(details['inside']).toContain('not public');
  expect(details['off']).toContain('turned off');
  for (const target of targets.slice(0, 4)) await world.setTarget(`acme.${target}`, receiver.url);
  await until(() => notifier.counts().delivered === 4);
  clock.moveTo(clock.nowMs() + 72 * 3_600_000);
  await until(() => notifier.counts().givenUp === 1);
  expect(notifier.counts()).toEqual({ alerts: 1, delivered: 4, failed: 5, givenUp: 1, pending: 0 });
});

test('a target that hangs delays no other, and does not hold up the end', async () => {
  await using world = await startWorld();
  await using hanging = await startReceiver();
  await using quick = await startReceiver();
  await world.setTarget('acme.hanging', hanging.url);
  await world.setTarget('acme.quick', quick.url);
  hanging.answer = () => undefined;
  const rater = await startRater(world);
  const run = await world.start();
  const alerts = Array.from({ length: 50 }, (_, index) =>
    alertOf(`a${index}`, { budget: `b${index}`, targets: ['hanging', 'quick'] }),
  );
  await rater.commit(alerts);
  await until(() => run.notifier.counts().delivered === 50);
  expect(hanging.received.length).toBe(targetDefaults('webhook').concurrency);
  await run.stop();
  // What hung may have been given up for now before the end came; nothing of it was delivered.
  const seen = outcomes(await world.deliveries());
  expect(seen.filter((outcome) => outcome !== 'failed 0')).toEqual(Array.from({ length: 50 }, () => 'delivered 204'));
});

test('a target that flaps gets every alert, in order, and what it took once it is not sent again', async () => {
  await using world = await startWorld();
  await using receiver = await startReceiver();
  await world.setTarget('acme.ops', receiver.url);
  const taken: string[] = [];
  let requests = 0;
  receiver.answer = ({ id }, response) => {
    const mood = requests++ % 3;
    if (mood === 0) return void response.destroy();
    if (mood === 2) taken.push(id);
    response.writeHead(mood === 1 ? 503 : 204).end();
  };
  const rater = await startRater(world);
  const clock = new ManualClock();
  const { notifier } = await world.start({ clock });
  await rater.commit(Array.from({ length: 12 }, (_, i) => alertOf(`a${i}`, { budget: `b${i % 2}` })));
  await until(() => {
    clock.moveTo(clock.nowMs() + 1000);
    return notifier.counts().delivered === 12;
  });
  expect(new Set(taken).size).toBe(12);
  expect(taken).toHaveLength(12);
  for (const lane of [0, 1])
    expect(taken.filter((id) => Number(id.slice(1)) % 2 === lane)).toEqual(
      Array.from({ length: 6 }, (_, i) => `a${2 * i + lane}`),
    );
});

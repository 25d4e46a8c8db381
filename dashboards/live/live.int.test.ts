import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DeliveryDetail, DeliveryList, LiveState } from '#core/messages/api.ts';
import { streams, subjects } from '#core/messages/names.ts';
import type { Alert } from '#core/messages/alert.ts';
import type { BalanceEntry } from '#core/messages/rated.ts';
import { periodAt } from '#core/time/period.ts';
import { jetstreamLog } from '#platform/nats/index.ts';
import { logStartMs, Page, startTestOffice, until, type TestOffice } from '../testing/office.ts';

let office: TestOffice;
beforeAll(async () => {
  office = await startTestOffice({ bufferedBytesMax: 1000 });
});
afterAll(() => office[Symbol.asyncDispose]());

const period = periodAt(logStartMs, 'Europe/Berlin');
const balance = (tenant: string, account: number, total: string): BalanceEntry => ({
  tenant,
  account,
  periodStartMs: period.startMs,
  periodEndMs: period.endMs,
  currency: 'EUR',
  own: total,
  total,
});
let clockMs = logStartMs;
const commit = (entries: BalanceEntry[]) => office.rater.commit({ balances: entries }, (clockMs += 50));
const totalOf = (page: Page, account: number) => page.shown?.balances.find((entry) => entry.account === account)?.total;
const liveState = async (key = 'acme-viewer') =>
  (await (await office.get('/api/v1/live-state', { authorization: `Bearer ${key}` })).json()) as LiveState;

test('a page follows commit after commit, of its own tenant alone, and shows what a new page is sent', async () => {
  const page = await Page.open(office.dashboards.url);
  const other = await Page.open(office.dashboards.url, 'other-viewer');
  for (let i = 1; i <= 60; i++) await commit([balance('acme', i % 5, `${i}`), balance('other', 1, `${1000 + i}`)]);
  await until(
    () => page.shown?.outSeq === office.rater.position.seq && other.shown?.outSeq === office.rater.position.seq,
  );
  expect(totalOf(page, 0)).toBe('60');
  expect(page.shown?.balances.length).toBe(5);
  expect(totalOf(other, 1)).toBe('1060');
  expect(other.shown?.balances.length).toBe(1);
  // Sixty commits in well under six seconds are not sixty pushes.
  expect(page.deltas).toBeLessThan(60);
  const late = await Page.open(office.dashboards.url);
  await until(() => JSON.stringify(late.shown) === JSON.stringify(page.shown));
  for (const each of [page, other, late]) each.socket.close();
});

test('alerts come with their commit, deliveries with their stream, another tenant sees neither', async () => {
  const page = await Page.open(office.dashboards.url);
  const alert: Alert = {
    id: 'acme:b1:2026-11:50:0', tenant: 'acme', budget: 'b1', budgetName: 'B1', account: 1, accountSlug: 'a', type: 'budget.threshold_crossed',
    action: 'notify', state: 'warned', threshold: '50', severity: 'info', source: 'budget:b1', balance: '5', limit: '10', currency: 'EUR', periodStartMs: period.startMs,
    periodEndMs: period.endMs, logTimeMs: clockMs, targets: ['hook'], cause: null, trace: '',
  }; // prettier-ignore
  await office.rater.commit({ alerts: [alert] }, (clockMs += 50));
  await until(() => page.shown?.alerts.length === 1);
  const log = await jetstreamLog(office.admin);
  const put = (subject: string, body: object) => log.append(streams.alerts, subject, Buffer.from(JSON.stringify(body)));
  await put(subjects.alerts('acme'), { ...alert, partition: 0, outSeq: 1, committedAtMs: 1 });
  const delivery = {
    alertId: alert.id, tenant: 'acme', target: 'hook', attempt: 1, status: 'delivered', httpStatus: 204, detail: '', atMs: clockMs, latencyMs: 7, nextAttemptAtMs: null,
  }; // prettier-ignore
  // A delivery whose body claims another tenant than its subject is nobody's.
  await put(subjects.deliveries('other', 'hook'), { ...delivery, target: 'forged' });
  await put(subjects.deliveries('acme', 'hook'), delivery);
  await until(() => page.shown?.alerts[0]?.deliveries.length === 1);
  expect(page.shown?.alerts).toEqual([{ ...alert, deliveries: [delivery] }]);
  expect((await liveState('other-viewer')).alerts).toEqual([]);
  const id = `hook~${alert.id}`;
  const listed = (await (await office.get('/api/v1/deliveries?target=hook&status=delivered')).json()) as DeliveryList;
  expect(listed.deliveries).toMatchObject([{ id, status: 'delivered', dead: false, attempts: 1, replays: 0 }]);
  expect(listed.watermark).toMatchObject({ partition: 0, outSeq: office.rater.position.seq, recordSeq: 2 });
  expect(await (await office.get('/api/v1/deliveries?status=dead')).json()).toMatchObject({ deliveries: [] });
  // A storm's record tells of many, and what is asked for shows until an attempt has followed.
  const dead = {
    ...delivery,
    alertId: 'x',
    status: 'given_up',
    reason: 'expired',
    others: [{ alertId: 'y', attempt: 2 }],
  };
  await put(subjects.deliveries('acme', 'hook'), dead);
  await put(subjects.deliveries('acme', 'hook'), {
    kind: 'replay', tenant: 'acme', target: 'hook', by: 'anna', auditId: 'a', atMs: 1, deliveries: [{ alertId: 'y', attempts: 2, replay: 1 }],
  }); // prettier-ignore
  const show = async (path: string) =>
    (await (await office.get(`/api/v1/deliveries/${encodeURIComponent(path)}`)).json()) as DeliveryDetail;
  await until(async () => (await show('hook~y')).replayWaits);
  expect(await show('hook~x')).toMatchObject({ dead: true, reason: 'expired', replays: 0, alert: null });
  expect(await show('hook~y')).toMatchObject({ dead: false, attempts: 2, replays: 1, all: [{ attempt: 2 }] });
  expect(await show(id)).toMatchObject({ alert: { id: alert.id }, all: [{ httpStatus: 204 }] });
  expect((await office.get('/api/v1/deliveries/hook~z')).status).toBe(404);
  expect(office.dashboards.mirror.deliveries.latency()).toEqual({ p50: 7, p99: 7 });
  page.socket.close();
});

test('a take-over that voids commits takes their figures back, and a fenced owner’s late write changes nothing', async () => {
  await commit([balance('acme', 9, '100')]);
  const kept = office.rater.snapshot();
  const page = await Page.open(office.dashboards.url);
  await commit([balance('acme', 9, '900'), balance('acme', 10, '1')]);
  await until(() => totalOf(page, 9) === '900' && totalOf(page, 10) === '1');

  await office.rater.takeOver(kept.base, kept.state);
  await until(() => totalOf(page, 9) === '100');
  expect(totalOf(page, 10)).toBeUndefined();

  await office.rater.stray({ balances: [balance('acme', 9, '666')] });
  await commit([balance('acme', 9, '101')]);
  await until(() => totalOf(page, 9) === '101');
  expect(page.shown?.outSeq).toBe(office.rater.position.seq);
  page.socket.close();
});

test('an owner that continues the chain is followed without asking it anything', async () => {
  const page = await Page.open(office.dashboards.url);
  const asked = office.rater.asked;
  await office.rater.takeOver();
  await commit([balance('acme', 9, '102')]);
  await until(() => totalOf(page, 9) === '102');
  expect(office.rater.asked).toBe(asked);
  page.socket.close();
});

test('a killed broker is survived; the page goes on from where it was', async () => {
  const page = await Page.open(office.dashboards.url);
  await office.broker.restart();
  await until(() => commit([balance('acme', 9, '103')]).then(() => true, () => false)); // prettier-ignore
  await until(() => totalOf(page, 9) === '103');
  page.socket.close();
});

test('a page that does not read is not queued for: it drains, then gets one fresh state', async () => {
  const page = await Page.open(office.dashboards.url);
  const reading = await Page.open(office.dashboards.url);
  page.socket.pause();
  const many = Array.from({ length: 12_000 }, (_, account) => account + 100);
  let round = 0;
  // Until the kernel's buffers are full and the gateway has to skip.
  const skipped = async () =>
    Number(/live_pushes_total\{kind="skipped"\} (\d+)/.exec(await (await office.get('/metrics')).text())?.[1] ?? 0);
  while ((await skipped()) === 0) {
    round++;
    await commit(many.map((account) => balance('acme', account, `${round}`)));
    await until(() => totalOf(reading, 100) === `${round}`);
  }
  const states = page.states;
  page.socket.resume();
  await until(() => page.states > states && totalOf(page, 100) === `${round}`);
  await until(() => JSON.stringify(page.shown) === JSON.stringify(reading.shown));
  page.socket.close();
  reading.socket.close();
}, 60_000);

test('no credential, a foreign page’s cookie, a wrong path and a talking client get nowhere', async () => {
  const { url } = office.dashboards;
  const refused = async (headers: Record<string, string>) => {
    const page = new Page(url, headers);
    const status = await new Promise((resolve) =>
      page.socket.once('unexpected-response', (_request, response) => resolve(response.statusCode)),
    );
    page.socket.terminate();
    return status;
  };
  const cookie = 'mtl_session=acme-session';
  expect(await refused({})).toBe(401);
  expect(await refused({ authorization: 'Bearer nobody' })).toBe(401);
  expect(await refused({ cookie })).toBe(403);
  expect(await refused({ cookie, origin: 'https://evil.example' })).toBe(403);
  const page = new Page(url, { cookie, origin: url });
  await until(() => page.shown !== undefined);
  page.socket.send('hello');
  await until(() => page.closed !== undefined);
  expect(page.closed).toBe(1008);
});

test('a drain tells every page to come back', async () => {
  await using mine = await startTestOffice();
  const page = await Page.open(mine.dashboards.url);
  await mine.dashboards.close();
  await until(() => page.closed !== undefined);
  expect(page.closed).toBe(1001);
}, 30_000);

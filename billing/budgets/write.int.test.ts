/** Budgets by themselves: created, changed and turned off through the API by the rules of an organisation file. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { placeOf, streams } from '#core/messages/names.ts';
import { budgetEntry } from '#core/messages/budget.ts';
import type { BudgetSumsQuestion } from '#core/messages/budgetSums.ts';
import { jetstreamLog } from '#platform/nats/index.ts';
import { TestInstance } from '../testing/instance.ts';

let instance: TestInstance;
let running: Promise<void>;
const stop = new AbortController();
beforeAll(async () => {
  instance = await TestInstance.create('embedded');
  await instance.begin();
  running = instance.billing.start(stop.signal);
});
afterAll(async () => {
  stop.abort();
  await running;
  await instance.end();
  await instance.destroy();
});

const asked = {
  id: 'gpu',
  account: 'web',
  name: 'Machines',
  amount: '250.00',
  period: 'quarter',
  carryOver: { maximum: '50' },
  scope: { services: ['Hosting'] },
  thresholds: [
    { percent: '80', action: 'notify' },
    { absolute: '240', action: 'throttle', severity: 'critical' },
    { forecast: '110', action: 'notify' },
    { rate: { amount: '20', hours: 24 }, action: 'notify' },
  ],
  releaseAt: '90',
  targets: ['hook'],
};
const reason = 'agreed with finance';
const post = (budget: object, more: object = {}) => instance.call('POST', '/budgets', { budget, reason, ...more });
const put = (id: string, budget: object, more: object = {}) =>
  instance.call('PUT', `/budgets/${id}`, { budget, reason, ...more });
const lastAudit = async () => (await instance.call('GET', '/audit?limit=1')).body.rows[0];

test('is created once, audited, told to the rater; changed as a whole, turned off; the same again is nothing', async () => {
  const made = await post(asked);
  expect([made.status, made.body.status, made.body.outcome]).toEqual([200, 'added', 'pending']);
  expect(made.body.budget).toEqual({ ...asked, account: 2, currency: 'EUR', amount: '250', enabled: true });
  expect(await lastAudit()).toMatchObject({ action: 'budget.create', subject: 'budget/gpu', why: reason, before: {} });
  const log = await jetstreamLog(instance.connection);
  const partition = placeOf('northwind', { firstPartition: 0, partitions: 4 });
  const last = await vi.waitFor(async () => {
    const { changes } = JSON.parse(Buffer.from((await log.last(streams.control(partition)))!.data).toString());
    expect(changes).toHaveLength(1);
    return changes[0];
  });
  expect(last).toEqual({ kind: 'budget', ...made.body.budget });
  for (const twin of [asked, { ...asked, account: 'nowhere' }])
    expect((await post(twin)).body.code).toBe('BUDGET_EXISTS');
  expect((await put('nobody', asked)).body.code).toBe('BUDGET_UNKNOWN');
  expect((await put('gpu', asked)).body).toMatchObject({ status: 'unchanged', auditId: null });
  expect((await put('gpu', budgetEntry(made.body.budget, 'web'))).body.status).toBe('unchanged');
  const off = await put('gpu', { ...asked, amount: '300', enabled: false });
  expect(off.body).toMatchObject({ status: 'changed', budget: { amount: '300', enabled: false } });
  expect(await lastAudit()).toMatchObject({ action: 'budget.change', before: { amount: '250' }, after: { amount: '300' } }); // prettier-ignore
  // What an organisation file says of it is compared with the same record.
  const tenant = { id: 'northwind', name: 'N', currency: 'EUR', timeZone: 'Europe/Berlin' };
  const document = JSON.stringify({ version: '1', tenant, budgets: [{ ...asked, amount: '300', enabled: false }] });
  expect((await instance.call('POST', '/apply', { document })).body).toMatchObject({ changed: 0, auditId: null });
});

test('every fault is told at its place, all together, and nothing is changed', async () => {
  const wrong = { ...asked, id: 'Bad Id', account: 'nowhere', amount: '-5', colour: 'red', targets: ['none'], thresholds: [{ percent: '80' }, { percent: '1', absolute: '1', action: 'shout' }] }; // prettier-ignore
  const before = (await instance.call('GET', '/budgets')).body;
  const { status, body } = await post(wrong);
  expect([status, body.code]).toEqual([422, 'BUDGET_INVALID']);
  const paths = body.details.faults.map(({ path }: { path: string }) => path);
  for (const path of ['id', 'amount', 'colour', 'thresholds[0].action', 'thresholds[1].action'])
    expect(paths, path).toContain(path);
  expect((await post({ ...asked, id: 'b', period: 'fortnight' })).body.details.faults).toMatchObject([
    { path: 'period' },
  ]);
  const dangling = await post({ ...asked, id: 'b', account: 'nowhere', targets: ['none'] });
  expect(dangling.body.details.faults).toMatchObject([
    { path: 'account', value: 'nowhere', code: 'REFERENCE_UNKNOWN' },
    { path: 'targets[0]', value: 'none', code: 'REFERENCE_UNKNOWN' },
  ]);
  const misfit = {
    id: 'm',
    account: 'web',
    meter: 'cpu',
    amount: '0.5',
    thresholds: [{ percent: '1', action: 'block' }],
  };
  expect((await post(misfit)).body.title).toContain('0.5 has more decimals than the 0 of meter cpu');
  expect((await put('gpu', { ...asked, period: 'month', id: 'gpux' })).body.details.faults).toMatchObject([
    { code: 'BUDGET_FIXED', path: 'id' },
    { code: 'BUDGET_FIXED', value: expect.stringContaining('period') },
  ]);
  for (const odd of [
    { ...asked, amount: 0.1 },
    { ...asked, amount: 1e30 },
    { ...asked, scope: [[[[[[['deep']]]]]]] },
  ])
    expect([(await post(odd)).status, odd.amount]).toEqual([400, odd.amount]);
  expect((await post({ ...asked, id: 'x' }, { reason: '' })).status).toBe(400);
  expect((await instance.call('POST', '/budgets', { budget: asked, reason }, 'mtl_nobody')).status).toBe(401);
  expect((await instance.call('GET', '/budgets')).body).toEqual(before);
});

test('a request that comes twice under one key is done once', async () => {
  const key = { 'idempotency-key': 'k1' };
  const twice = { budget: { ...asked, id: 'twice' }, reason };
  const first = await instance.call('POST', '/budgets', twice, instance.admin, key);
  expect((await instance.call('POST', '/budgets', twice, instance.admin, key)).body).toMatchObject({ auditId: null, budget: first.body.budget, status: 'added' }); // prettier-ignore
  const other = { ...twice, reason: 'another' };
  expect((await instance.call('POST', '/budgets', other, instance.admin, key)).body.code).toBe(
    'IDEMPOTENCY_KEY_REUSED',
  );
});

test('a dry run says what it would do at once, as of the rows that there are, and does nothing', async () => {
  const questions: BudgetSumsQuestion[] = [];
  const nowMs = Date.now();
  const hour = Math.floor(nowMs / 3_600_000) * 3_600_000;
  instance.budgets = {
    states: async () => [],
    loadedLogTimeMs: async () => 77,
    async sums(_, question) {
      questions.push(question);
      return [{ atMs: hour, currency: 'EUR', sum: '245.5' }];
    },
  };
  const dry = (budget: object) => post(budget, { dryRun: true });
  const told = (await dry({ ...asked, id: 'new' })).body;
  expect(told).toMatchObject({ status: 'added', auditId: null, outlook: { asOfMs: 77, spent: '245.5', limit: '250', state: 'throttled' } }); // prettier-ignore
  // 245.5 within a day is more than 20, too; what is expected depends on the day of the quarter.
  expect(told.outlook.crossed.filter((key: string) => !key.startsWith('forecast'))).toEqual(['80', 'absolute:240', 'rate:20:24h']); // prettier-ignore
  expect(questions[0]).toMatchObject({ accounts: [2], currencies: ['EUR'], services: ['Hosting'] });
  const plain = { id: 'plain', account: 'web', amount: '245.50', thresholds: [{ percent: '100', action: 'block' }] };
  const { outlook } = (await dry(plain)).body;
  expect(outlook).toMatchObject({ spent: '245.5', crossed: ['100'], state: 'blocked' });
  expect((await dry({ ...plain, enabled: false })).body.outlook).toMatchObject({ crossed: [], state: 'within' });
  expect((await instance.call('GET', '/budgets')).body.budgets.map(({ id }: { id: string }) => id)).not.toContain(
    'new',
  );
  // Of a budget that holds back: what it would let go of.
  const state = { tenant: 'northwind', budget: 'web-month', periodStartMs: outlook.periodStartMs, periodEndMs: outlook.periodEndMs, state: 'throttled', arming: 0, crossed: ['80'], baseline: '0', sinceMs: 0, history: [] } as const; // prettier-ignore
  instance.budgets = {
    ...instance.budgets,
    states: async () => [state],
  };
  const month = { account: 'web', amount: '1000', thresholds: [{ percent: '80', action: 'throttle' }] };
  const raised = (await put('web-month', month, { dryRun: true })).body;
  expect(raised.outlook).toMatchObject({ spent: '245.5', limit: '1000', crossed: [], isReleased: true });
});

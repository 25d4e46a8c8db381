import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { json } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type {
  Explore,
  Fleet,
  LiveState,
  Me,
  PriceEstimate,
  RatedRows,
  Refusals,
  Status,
  Why,
  WhyAdjustment,
  WhySample,
} from '#core/messages/api.ts';
import type { AccountChecklist } from '#core/messages/periods.ts';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { subjects } from '#core/messages/names.ts';
import type { BatchBody } from '#core/metering/batch.ts';
import { explainRow } from '#dashboards/api/why/why.ts';
import { newSigningSeed, signingKey } from '#platform/crypto.ts';
import { configPath, dataPaths, parseConfig, type Config } from '#platform/config.ts';
import { append, connectNats, jetstreamLog, type NatsConnection } from '#platform/nats/index.ts';
import { TestProducer } from '#platform/nats/testProducer.ts';
import { freePort, startTestServer, type TestServer } from '#platform/nats/testServer.ts';
import { main as rater } from '#rater/main.ts';
import { main as office } from './office.ts';

const logger = pino({ level: process.env['LOUD'] ?? 'silent' }, pino.destination(2));
const baseMs = Date.now() - 3_600_000;
const producer = new TestProducer('acme', 'p1', baseMs);
let broker: TestServer;
let admin: NatsConnection;
let config: Config;
let stopOffice: () => Promise<void>;
let stopRater: () => Promise<void>;

/** A graduated price per account, one per resource, a level weighed by time, and a metric that nobody prices. */
const organisation = `
version: 1
tenant: { id: acme, name: Acme, currency: EUR, timeZone: Europe/Berlin }
users: [{ id: anna, name: Anna, role: admin }]
accounts:
  - slug: acme
    name: Acme
    type: organisation
    children:
      - { slug: shop, name: Shop, type: project }
      - { slug: suspense, name: Suspense, type: suspense }
ownership: [{ resource: h1, account: shop }, { resource: h1/*, account: shop }]
producers: [{ id: p1, type: agent, keys: [PUBLIC_KEY] }]
meters:
  - { id: cpu, metric: host.cpu.time, unit: us, aggregation: sum, filter: { mode: [user, system] } }
  - { id: memory, metric: host.memory.used, unit: By, aggregation: timeWeighted }
  - { id: network, metric: host.network.io, unit: By, aggregation: sum }
  - { id: calls, metric: calls, unit: "1", aggregation: sum }
  - { id: peak, metric: calls, unit: "1", aggregation: max }
  - { id: newest, metric: calls, unit: "1", aggregation: latest }
  - { id: hosts, metric: calls, unit: "1", aggregation: unique }
  - { id: modes, metric: calls, unit: "1", aggregation: unique, distinct: mode }
  - { id: busy, metric: calls, unit: "1", aggregation: percentile, slots: { lengthMs: 300000, discardPercent: 5 } }
prices:
  - key: calls
    service: api
    component: calls
    meter: calls
    per: "1"
    model:
      kind: matrix
      rules: [{ name: users, match: { mode: user }, model: { kind: perEvent, unitPrice: 0.01, fee: 0.5, maximum: 0.7 } }]
      otherwise: { kind: graduated, tiers: [{ upTo: 50, unitPrice: 0.02, flat: 0 }, { upTo: null, unitPrice: 0.01, flat: 0 }] }
  - { key: peak, service: api, component: peak, meter: peak, per: "1", model: { kind: grouped, by: [mode], groupsMax: 9, model: { kind: perUnit, unitPrice: 0.1 } } }
  - { key: newest, service: api, component: newest, meter: newest, per: "1", unitPrice: 0.1 }
  - { key: hosts, service: api, component: hosts, meter: hosts, per: "1", unitPrice: 1 }
  - { key: modes, service: api, component: modes, meter: modes, per: "1", unitPrice: 1 }
  - { key: busy, service: api, component: busy, meter: busy, per: "1", tallyScope: resource, unitPrice: 1 }
  - key: cpu
    service: compute
    component: cpu
    meter: cpu
    per: vCPU·s
    allowance: 1
    tiers: [{ upTo: 3, unitPrice: 0.01 }, { upTo: null, unitPrice: 0.003, flat: 1 }]
  - { key: memory, service: compute, component: memory, meter: memory, per: GiB·h, tallyScope: resource, unitPrice: 0.37 }
fees:
  - key: desk
    service: support
    component: desk
    account: shop
    terms: { kind: recurring, terms: advance, proration: second, onDecrease: credit, term: { from: ${new Date(baseMs).toISOString().slice(0, 7)}-01 }, amount: 0.10 }
    allocation: [{ service: support, component: people, weight: 2 }, { service: tools, component: desk, weight: 1 }]
agreements:
  - { key: loyal, service: agreed, component: discount, account: shop, from: 2026-01-01, terms: { kind: discount, order: 1, base: left, take: { kind: percent, percent: 10 }, except: { services: [api] }, duration: { kind: forever } } }
  - { key: cap, service: agreed, component: maximum, account: acme, from: 2026-01-01, terms: { kind: bound, scope: { kind: subtree }, maximum: 15, minimumBasis: net, prorate: { minimum: true, maximum: false } } }
budgets:
  - { id: shop-month, account: shop, name: Shop, amount: 1, thresholds: [{ percent: 80, action: notify }] }
`;

let sent = 0;

/** One second: CPU of two resources by mode, memory of both, some network traffic, and calls by mode. */
function batch(): Partial<BatchBody> {
  return {
    metrics: [
      { name: 'host.cpu.time', unit: 'us', scale: 0, kind: 'delta' },
      { name: 'host.memory.used', unit: 'By', scale: 0, kind: 'level' },
      { name: 'host.network.io', unit: 'By', scale: 0, kind: 'delta' },
      { name: 'host.odd', unit: '1', scale: 0, kind: 'delta' },
      { name: 'calls', unit: '1', scale: 0, kind: 'delta' },
    ],
    dims: [{ mode: 'user' }, { mode: 'idle' }],
    series: [[0, 0, 0], [1, 0, 0], [0, 0, 1], [0, 1, -1], [1, 1, -1], [0, 2, -1], [0, 3, -1], [0, 4, 0], [1, 4, 1]],
    s: [0, 1, 2, 3, 4, 5, 6, 7, 8],
    k: [0, 0, 0, 0, 0, 0, 0, 0, 0],
    q: [400_000, 300_001, 300_000, 2 ** 31, 2 ** 30 + 1, 1500, 7, 5 + (sent % 7), 9 - (sent++ % 4)],
    raw: ['900000', null, null, null, null, null, null, null, null],
  }; // prettier-ignore
}
const samplesPerBatch = 9;
/** Six prices charge each of the two samples of calls. */
const rowsPerBatch = 7 + 2 * 6;

beforeAll(async () => {
  broker = await startTestServer({ partitions: 1 });
  admin = await connectNats({ ...broker, role: 'admin' });
  const dataDir = mkdtempSync(join(tmpdir(), 'meterline-office-'));
  const file = join(dataDir, 'acme.yaml');
  writeFileSync(file, organisation.replace('PUBLIC_KEY', producer.key.publicKey));
  config = parseConfig(
    {
      dataDir,
      partitions: 1,
      nats: { url: broker.url, credentials: broker.credentials },
      clickhouse: { url: `embedded:${join(dataDir, 'clickhouse')}` },
      postgres: { url: `embedded:${join(dataDir, 'postgres')}` },
      office: { port: await freePort(), applyAtFirstStart: file },
      rater: { port: await freePort() },
      collector: { port: 0 },
      webhooks: {},
    },
    'test',
  );
  stopRater = run(rater);
  stopOffice = run(office);
  await ready();
});

afterAll(async () => {
  await stopOffice();
  await stopRater();
  await admin.close();
  await broker[Symbol.asyncDispose]();
  rmSync(config.dataDir, { recursive: true, force: true });
});

function run(role: typeof office): () => Promise<void> {
  const stop = new AbortController();
  const running = role(config, { signal: stop.signal, logger });
  running.catch((error: unknown) => console.error(error));
  return () => {
    stop.abort();
    return running;
  };
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo().catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 20));
}
const url = (path: string) => `http://127.0.0.1:${config.office.port}${path}`;
const ready = () => until(async () => (await fetch(url('/readyz'))).ok);
const key = () => readFileSync(dataPaths(config.dataDir).adminKey, 'utf8').trim();

async function get<Answer>(path: string): Promise<Answer> {
  const answer = await fetch(url(`/api/v1${path}`), { headers: { authorization: `Bearer ${key()}` } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Answer;
}
const send = (count: number) =>
  Array.from({ length: count }).reduce<Promise<void>>(
    (before) => before.then(() => producer.publish(admin, producer.next(0, ['h1', 'h1/svc'], batch()))),
    Promise.resolve(),
  );
const loaded = (batches: number) =>
  until(async () => (await get<Status>('/status')).rowsInClickHouse === batches * samplesPerBatch);

test('one process answers for the live figures, the drill-down and the proof of every single row', async () => {
  await send(12);
  await loaded(12);
  const status = await get<Status>('/status');
  expect(status.partitions[0]).toMatchObject({
    owner: true,
    totals: { samples: { received: 108, rated: 108, duplicates: 0, refused: 0 } },
  });
  expect(status.alerts).toBe(1);
  expect((await get<Me>('/me')).tenant).toMatchObject({
    id: 'acme',
    name: 'Acme',
    currency: 'EUR',
    timeZone: 'Europe/Berlin',
  });

  // The ranking is refreshed from the store every few seconds; its order is that of what was loaded by then.
  await until(async () => (await get<LiveState>('/live-state')).topResources.length === 2);
  const live = await get<LiveState>('/live-state');
  const explored = await get<Explore>('/explore?by=account');
  const total = live.balances.find((balance) => balance.account === 1)!.total;
  expect(parseAmount(explored.total.amount)).toBe(parseAmount(total));
  expect(live.budgets).toMatchObject([
    { id: 'shop-month', state: 'warned', thresholds: [{ percent: '80', crossed: true }] },
  ]);
  expect(live.alerts).toHaveLength(1);
  expect(live.trust).toMatchObject({ difference: '0', gaps: 0, refused: 0 });
  expect(live.topResources.map((top) => top.resource).toSorted()).toEqual(['h1', 'h1/svc']);
  // What was charged before the pages' server began is asked of the store once that has it.
  await until(async () => {
    const { minutes } = await get<LiveState>('/live-state');
    return formatAmount(minutes.reduce((sum, [, amount]) => sum + parseAmount(amount)!, 0n)) === total;
  });
  expect((await get<Fleet>('/fleet')).producers).toMatchObject([{ producer: 'p1', health: 'live', mark: 12 }]);

  const { rows } = await get<RatedRows>('/rows?limit=500');
  // Both parts of a bundle.
  const kinds = Map.groupBy(rows, ({ kind, cell }) => (kind === 'fee' || kind === 'agreement' ? cell : kind));
  expect([kinds.get('usage')!.length, kinds.get('fee')?.length]).toEqual([12 * (rowsPerBatch - 3), 2]);
  expect([...kinds.keys()]).toEqual(expect.arrayContaining(['discount', 'cap', 'unpriced', 'unmetered']));
  let sum = 0n;
  for (const row of rows) {
    const why = await get<Why>(`/why/${row.id}`);
    const failed = why.checks.filter((check) => !check.ok);
    expect([row.id, row.kind, row.meter, failed]).toEqual([row.id, row.kind, row.meter, []]);
    const steps = (list: WhySample['tally']['stepsAfter']) =>
      list.reduce((charge, step) => charge + parseAmount(step.amount)!, 0n);
    if (why.of === 'correction') throw new Error(`${row.id} is of a correction`);
    const owed = 'steps' in why ? steps(why.steps) : steps(why.tally.stepsAfter) - steps(why.tally.stepsBefore);
    expect(owed).toBe(parseAmount(row.amount));
    expect(why.path.map((node) => node.name)).toEqual(row.cell === 'cap' ? ['Acme'] : ['Acme', 'Shop']);
    sum += parseAmount(row.amount)!;
    if (row.meter === 'hosts' && row.quantity === '0')
      expect(why.checks.find(({ name }) => name === 'growth')?.detail).toContain('had counted it');
  }
  expect(formatAmount(sum)).toBe(total);
});

test('an estimate stands on the tally that the rows make, of an account or of a resource', async () => {
  const { rows } = await get<RatedRows>('/rows?limit=500');
  const charged = (isMine: (row: RatedRows['rows'][number]) => boolean): string =>
    formatAmount(rows.filter(isMine).reduce((sum, row) => sum + parseAmount(row.amount)!, 0n));
  const cpu = await get<PriceEstimate>('/prices/estimate?price=cpu&quantity=2&account=shop');
  expect(cpu).toMatchObject({
    standing: 'found',
    chargeBefore: charged((row) => row.meter === 'cpu'),
    increment: '0.006',
  });
  const memory = await get<PriceEstimate>('/prices/estimate?price=memory&quantity=1&account=shop&resource=h1/svc');
  const own = charged((row) => row.meter === 'memory' && row.resource === 'h1/svc');
  expect(memory).toMatchObject({ standing: 'found', chargeBefore: own });
  const other = await get<PriceEstimate>('/prices/estimate?price=memory&quantity=1&account=shop&resource=h9');
  expect(other).toMatchObject({ standing: 'empty', chargeBefore: '0', increment: '0.37' });
  await expect(get('/prices/estimate?price=cpu&quantity=-1')).rejects.toThrow('REQUEST_INVALID');
  await expect(get('/prices/estimate?price=gpu&quantity=1')).rejects.toThrow('ESTIMATE_INVALID');
});

test('`meterline login` prints a link that signs one browser in, once', async () => {
  mkdirSync(dirname(configPath(config.dataDir)), { recursive: true });
  writeFileSync(configPath(config.dataDir), JSON.stringify(config));
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'cli.ts'), 'login', '--data', config.dataDir, '--json'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const link = (await json(child.stdout)) as { readonly ok: boolean; readonly url: string; readonly user: string };
  expect(link).toEqual({ ok: true, url: expect.stringContaining(url('/login?token=mtk_')), user: 'anna', expiresAtMs: expect.any(Number) }); // prettier-ignore
  const login = await fetch(link.url, { redirect: 'manual' });
  expect(login.status).toBe(303);
  const cookie = login.headers.get('set-cookie')!.split(';')[0]!;
  expect((await fetch(url('/api/v1/me'), { headers: { cookie } })).status).toBe(200);
  const again = await fetch(link.url, { redirect: 'manual' });
  expect([again.status, again.headers.get('set-cookie'), await again.json()]).toEqual([401, null, expect.objectContaining({ code: 'LOGIN_LINK_INVALID' })]); // prettier-ignore
});

test('a price that arrives late charges what was unpriced; old and new rows still have their proof', async () => {
  const later = organisation.replace(
    'fees:',
    '  - { key: network, service: transfer, component: out, meter: network, per: GB, unitPrice: 0.09 }\nfees:',
  );
  const answer = await fetch(url('/api/v1/apply'), {
    method: 'POST',
    headers: { authorization: `Bearer ${key()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ document: later.replace('PUBLIC_KEY', producer.key.publicKey) }),
  });
  expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)]);
  await until(async () => (await get<RatedRows>('/rows?limit=500')).rows.some((row) => row.kind === 'adjustment'));
  await send(1);
  await loaded(13);
  const { rows } = await get<RatedRows>('/rows?meter=network&limit=500');
  const usage = rows.filter((row) => row.kind !== 'adjustment');
  expect(usage.map((row) => row.kind).sort()).toEqual([...Array.from({ length: 12 }, () => 'unpriced'), 'usage']);
  for (const row of rows) expect((await get<Why>(`/why/${row.id}`)).checks.filter((check) => !check.ok)).toEqual([]);
  const adjustments = await Promise.all(
    rows.flatMap((row) => (row.kind === 'adjustment' ? [get<WhyAdjustment>(`/why/${row.id}`)] : [])),
  );
  expect(adjustments.map(({ tally }) => [tally.before, tally.after])).toEqual([['0', '18000'], ['18000', '0']]); // prettier-ignore
  const priced = await get<WhySample>(`/why/${usage.find((row) => row.kind === 'usage')!.id}`);
  expect([priced.tally.before, priced.tally.after]).toEqual(['18000', '19500']);
});

test('what is refused is told with its reason, by producer and reason, and no page of it skips any', async () => {
  const stranger = new TestProducer('acme', 'p1', baseMs);
  for (let i = 0; i < 3; i++) await stranger.publish(admin, stranger.next(0));
  await append(admin, subjects.usage(0, 'acme', 'nobody'), Buffer.from('hello'));
  const all = () => get<Refusals>('/refusals');
  await until(async () => (await all()).refusals.length === 4);
  const { refusals, totals } = await all();
  expect(new Map(totals.map(({ producer, reason, refusals: count }) => [producer, [reason, count]]))).toEqual(
    new Map([
      ['nobody', [expect.any(String), 1]],
      ['p1', ['unauthentic', 3]],
    ]),
  );
  const few = await get<Refusals>('/refusals?producer=p1&reason=unauthentic&limit=1');
  expect(new Set(few.refusals.map(({ logTimeMs }) => logTimeMs)).size).toBe(1);
  const older = await get<Refusals>(`/refusals?producer=p1&beforeMs=${few.refusals.at(-1)!.logTimeMs}`);
  expect([...few.refusals, ...older.refusals]).toEqual(refusals.filter(({ producer: id }) => id === 'p1'));
  expect(await get<Refusals>('/refusals?reason=overlap')).toEqual({ refusals: [], totals });
});

test('usage of a period that was closed is booked in the open one, and says so in every store', async () => {
  const month = Temporal.Now.zonedDateTimeISO('Europe/Berlin').with({ day: 1 }).startOfDay();
  await until(async () => (await get<AccountChecklist>('/periods/acme/checklist')).green);
  const answer = await fetch(url('/api/v1/periods/close'), {
    method: 'POST',
    headers: { authorization: `Bearer ${key()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ account: 'acme', until: month.toPlainDate().toString(), reason: 'all bills are written' }),
  });
  const untilMs = month.epochMilliseconds;
  expect(await answer.json()).toMatchObject({ account: 'acme', atMs: untilMs, outcome: 'taken', rejected: [] });
  const late: Partial<BatchBody> = {
    baseMs: untilMs - 86_400_000,
    ticks: [[0, 1000, 1_000_000]],
    series: [[0, 1, -1]],
    s: [0],
    k: [0],
    q: [2 ** 30],
    raw: [null],
  };
  await producer.publish(admin, producer.next(0, ['h1'], { ...batch(), ...late }));
  await until(async () => (await get<RatedRows>('/rows?late=true')).rows.length === 1);
  const [row] = (await get<RatedRows>('/rows?late=true')).rows;
  const periodStartMs = month.subtract({ months: 1 }).epochMilliseconds;
  expect(row).toMatchObject({ kind: 'usage', periodStartMs, bookedStartMs: untilMs, closedUntilMs: untilMs });
  expect((await get<WhySample>(`/why/${row!.id}`)).checks.filter((check) => !check.ok)).toEqual([]);
  const booked = await get<Explore>('/explore?by=booked&late=true');
  expect(booked.groups).toEqual([
    expect.objectContaining({ key: [month.toPlainDate().toString().slice(0, 7)], amount: row!.amount }),
  ]);
  expect((await get<Explore>('/explore?late=false')).total.samples + 1).toBe(
    (await get<Status>('/status')).rowsInClickHouse,
  );
});

test('a key that was revoked still proves what it signed while it was registered', async () => {
  const { rows } = await get<RatedRows>('/rows?meter=cpu&limit=1');
  const answer = await fetch(url(`/api/v1/producers/p1/keys/${producer.key.keyId}/revoke`), {
    method: 'POST',
    headers: { authorization: `Bearer ${key()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'rotation' }),
  });
  expect(answer.status).toBe(200);
  const { checks } = await get<Why>(`/why/${rows[0]!.id}`);
  expect(checks.filter((check) => !check.ok)).toEqual([]);
  expect(checks.find((check) => check.name === 'signature')?.detail).toContain('revoked since');
});

test('a proof that does not hold says which part of it does not', async () => {
  const { rows } = await get<RatedRows>('/rows?meter=cpu&limit=500');
  const row = rows[0]!;
  const { price, meter } = await get<WhySample>(`/why/${row.id}`);
  const earlier = rows.filter(({ outSeq }) => outSeq < row.outSeq);
  const sum = (texts: readonly string[]): string => formatAmount(texts.reduce((all, text) => all + parseAmount(text)!, 0n)); // prettier-ignore
  const log = await jetstreamLog(admin);
  /** The names of the checks that fail when one piece of evidence is changed. */
  const failing = async (change: { row?: object; price?: object; publicKey?: string; before?: string }) => {
    const keys = [{ id: producer.key.keyId, publicKey: change.publicKey ?? producer.key.publicKey }];
    const why = await explainRow(
      {
        master: {
          tenants: async () => [],
          accounts: async () => [],
          fees: async () => [],
          agreements: async () => [],
          correction: async () => undefined,
          prices: async () => [],
          pricingUnits: async () => [],
          producers: async () => [{ id: 'p1', type: 'agent', simulated: false, enabled: true, keys }],
          meter: async () => meter,
          price: async () => ({ ...price, ...change.price }),
        },
        store: {
          row: async () => ({ ...row, ...change.row }),
          reversedRow: async () => undefined,
          reversingRow: async () => undefined,
          tallyRows: async () => ({
            first: { partition: row.partition, outSeq: earlier.at(-1)?.outSeq ?? 0 },
            last: { partition: row.partition, outSeq: 0 },
            quantity: change.before ?? sum(earlier.map(({ quantity }) => quantity)),
            amount: sum(earlier.map(({ amount }) => amount)),
          }),
          tallyWitness: async () => undefined,
          settlementRows: async () => ({ lines: [], agreed: [] }),
        },
      },
      log,
      'acme',
      row.id,
    );
    return why.checks.filter((check) => !check.ok).map((check) => check.name);
  };
  expect(await failing({})).toEqual([]);
  expect(await failing({ row: { amount: '0.5' } })).toEqual(['commit', 'charge']);
  expect(await failing({ row: { resource: 'h2' } })).toEqual(['sample']);
  expect(await failing({ row: { quantity: '999999' } })).toEqual(['commit', 'sample', 'charge']);
  // Another batch of the same producer: genuine, but not the one that was rated.
  expect(await failing({ row: { usageSeq: row.usageSeq - 1 } })).toEqual(expect.arrayContaining(['commit', 'hash']));
  expect(await failing({ publicKey: signingKey(newSigningSeed()).publicKey })).toEqual(['signature']);
  expect(await failing({ price: { allowance: '0' } })).toEqual(['tally', 'charge']);
  expect(await failing({ before: '0' })).toEqual(['tally']);
});

test('a restart keeps everything: same figures, minutes from the store, proofs as before', async () => {
  const before = await get<LiveState>('/live-state');
  await stopOffice();
  stopOffice = run(office);
  await ready();
  const pick = ({ balances, budgets, samples, minutes }: LiveState) => ({
    balances: balances.map(({ perHour: _, ...rest }) => rest).sort((a, b) => a.account - b.account),
    budgets,
    samples,
    // A commit over the end of a minute counts in its last one while it is live, in the minute of each input in the store.
    minutes: formatAmount(minutes.reduce((sum, [, amount]) => sum + parseAmount(amount)!, 0n)),
  });
  await until(async () => JSON.stringify(pick(await get<LiveState>('/live-state'))) === JSON.stringify(pick(before)));
});

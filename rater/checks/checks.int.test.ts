/** Checks and holds against real raters: over HTTP and NATS, whoever owns the partition, killed in the middle. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kvm, type KV } from '@nats-io/kv';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BalanceReply } from '#core/messages/balances.ts';
import type { CheckKeyRecord } from '#core/messages/checks.ts';
import type { ControlChange } from '#core/messages/control.ts';
import { buckets, placeOf, subjects } from '#core/messages/names.ts';
import { sha256 } from '#platform/crypto.ts';
import { connectNats, jetstreamLog, serviceRole, type NatsConnection } from '#platform/nats/index.ts';
import { TestBilling, TestProducer, testOrganisation } from '#platform/nats/testProducer.ts';
import { freePort, startTestServer, type TestServer } from '#platform/nats/testServer.ts';
import { readRated, until } from '../testing.ts';

const placement = { firstPartition: 0, partitions: 2 };
/** One tenant on each partition. */
const tenants = [0, 1].map((wanted) => ['a', 'b', 'c', 'd', 'e'].find((id) => placeOf(id, placement) === wanted)!);
const [tenant, other] = tenants as [string, string];

interface Rater {
  readonly port: number;
  readonly child: ChildProcess;
}

let server: TestServer;
let admin: NatsConnection;
let service: NatsConnection;
let bucket: KV;
const raters: Rater[] = [];

/** A credential of that text, known to the raters. */
const keyOf = (name: string): string => `mtl_${name.padEnd(43, 'x')}`;
const entryOf = (name: string): string => sha256(Buffer.from(keyOf(name)));
const giveKey = (name: string, record: CheckKeyRecord) => bucket.put(entryOf(name), JSON.stringify(record));

async function startRater(): Promise<Rater> {
  const port = await freePort();
  const dataDir = join(server.dir, 'data');
  mkdirSync(dataDir, { recursive: true });
  const path = join(server.dir, `rater-${port}.json`);
  const address = { host: '127.0.0.1', port: 0 };
  writeFileSync(path, JSON.stringify({
    dataDir, partitions: 2, nats: { url: server.url, credentials: server.credentials },
    clickhouse: { url: 'embedded:x' }, postgres: { url: 'embedded:y' }, office: address, rater: { ...address, port }, collector: address,
    webhooks: {}, log: { level: 'error' },
  })); // prettier-ignore
  const cli = fileURLToPath(new URL('../../deploy/cli.ts', import.meta.url));
  const child = spawn(process.execPath, [cli, 'rater', '--config', path], { stdio: ['ignore', 'ignore', 'inherit'] });
  const rater = { port, child };
  raters.push(rater);
  return rater;
}

interface Said {
  readonly status: number;
  readonly [field: string]: unknown;
}

async function http({ port }: Rater, key: string, verb: string, body?: unknown): Promise<Said> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/${verb}`, {
    ...(body === undefined ? {} : { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }),
    headers: { authorization: `Bearer ${keyOf(key)}` },
    signal: AbortSignal.timeout(8000),
  });
  return { status: response.status, ...((await response.json()) as object) };
}

const nats = async (verb: string, body: unknown): Promise<Record<string, unknown>> =>
  (await service.request(`checks.${tenant}.${verb}`, JSON.stringify(body), { timeout: 8000 })).json();

const budget = (id: string): ControlChange => ({
  kind: 'budget', id, account: 1, name: id, amount: '10', currency: 'EUR', period: 'month', targets: ['hook'], enabled: true,
  thresholds: [{ percent: '40', action: 'throttle' }, { percent: '100', action: 'block' }],
}); // prettier-ignore

beforeAll(async () => {
  server = await startTestServer({ partitions: 2, services: [{ tenant, service: 'shop' }] });
  admin = await connectNats({ ...server, role: 'admin' });
  service = await connectNats({ ...server, role: serviceRole('shop') });
  bucket = await new Kvm(admin).create(buckets.checkKeys);
  await giveKey('all', { tenant, id: 'all', account: 0 });
  await giveKey('part', { tenant, id: 'part', account: 3 });
  await giveKey('other', { tenant: other, id: 'other', account: 0 });
  await giveKey('lost', { tenant, id: 'lost', account: 0 });
  for (const [partition, id] of tenants.entries()) {
    const producer = new TestProducer(id, 'p1', Date.now() - 60_000);
    await new TestBilling(admin, partition).publish(id, [...testOrganisation(id, [producer]), budget('cap')]);
    await producer.publish(admin, producer.next(400_000_000), partition); // 400 s at a cent each
  }
  await Promise.all([startRater(), startRater()]);
  for (const rater of raters)
    for (const key of ['all', 'other'])
      await until(async () => ((await http(rater, key, 'check', { account: 1 }))['spent'] === '4' ? true : undefined));
}, 60_000);
afterAll(async () => {
  for (const { child } of raters) child.kill('SIGKILL');
  await service.close();
  await admin.close();
  await server[Symbol.asyncDispose]();
});

test('whichever rater is asked answers, over HTTP and NATS alike, from what is committed', async () => {
  const answers = await Promise.all(raters.map((rater) => http(rater, 'all', 'check', { account: 'a3', amount: '6' })));
  expect(answers[0]).toMatchObject({
    status: 200, account: 3, slug: 'a3', allowed: true, state: 'throttle', left: '6', cap: '10', spent: '4', held: '0', currency: 'EUR',
    why: [{ kind: 'budget', id: 'cap', account: 1, state: 'throttle' }], watermark: { partition: 0 },
  }); // prettier-ignore
  expect(answers[1]).toEqual(answers[0]);
  expect({ status: 200, ...(await nats('check', { account: 'a3', amount: '6.0' })) }).toEqual(answers[0]);
  expect(await nats('check', { account: 3, amount: '6.000000000001' })).toMatchObject({ allowed: false });
  expect(await nats('check', { account: 3, currency: 'USD' })).toMatchObject({ code: 'CHECK_CURRENCY_UNKNOWN' });
  expect(await nats('check', { account: 'nobody' })).toMatchObject({ code: 'CHECK_ACCOUNT_UNKNOWN' });
  expect(await nats('hold', { key: 'x' })).toMatchObject({ code: 'CHECK_REQUEST_INVALID', details: { faults: expect.arrayContaining([expect.stringContaining('account:')]) as unknown } }); // prettier-ignore
  const wanted = [{ account: 1, slug: 'a1', state: 'throttle', why: [{ kind: 'budget', id: 'cap', account: 1, state: 'throttle' }] }]; // prettier-ignore
  expect(await http(raters[0]!, 'all', 'desired-state?target=hook')).toMatchObject({ target: 'hook', state: 'throttle', accounts: wanted }); // prettier-ignore
  expect(await http(raters[1]!, 'all', 'desired-state?target=none')).toMatchObject({ state: 'none', accounts: [] });
  expect(await nats('desired-state', { account: 'a3' })).toMatchObject({ account: 3, state: 'throttle' });
});

test('a quantity is priced on the tally as it stands, over HTTP and NATS; amount and quantity at once are refused', async () => {
  const usage = { account: 'a3', meter: 'cpu', quantity: '600000000' };
  const said = await http(raters[0]!, 'all', 'check', usage);
  expect(said).toMatchObject({ status: 200, account: 3, allowed: true, amount: '6', left: '6', priced: [{ price: 'cpu', version: 1, service: 'compute', stepsAfter: [{ amount: '10' }] }], watermark: { partition: 0 } }); // prettier-ignore
  const other = await nats('check', { ...usage, quantity: '0.5', unit: 'vCPU·h' });
  expect(other).toMatchObject({ allowed: false, amount: '18', why: [{ id: 'cap' }] });
  const held = { key: 'usage', ...usage, expiresInMs: 60_000 };
  expect(await nats('hold', held)).toMatchObject({ allowed: true, amount: '6', priced: [{ amount: '6' }] });
  expect(await http(raters[1]!, 'all', 'hold', held)).toMatchObject({ allowed: true, amount: '6' });
  expect(await nats('hold', { ...held, key: 'more' })).toMatchObject({ allowed: false, left: '0', held: '6' });
  expect(await nats('hold', { ...held, amount: '1' })).toMatchObject({ code: 'CHECK_REQUEST_INVALID' });
  expect(await nats('check', { account: 3, quantity: '1' })).toMatchObject({ code: 'CHECK_REQUEST_INVALID' });
  expect(await nats('check', { ...usage, meter: 'none' })).toMatchObject({ code: 'CHECK_METER_UNKNOWN' });
  expect(await nats('release', { hold: 'usage' })).toMatchObject({ held: '0' });
});

test('ISOLATE: no credential of one tenant, or of a part of it, sees or holds anything of another', async () => {
  const [rater] = raters as [Rater];
  const hold = { key: 'mine', account: 1, amount: '1', currency: 'EUR', expiresInMs: 60_000 };
  expect(await http(rater, 'all', 'hold', hold)).toMatchObject({ status: 200, allowed: true });
  for (const key of ['other', 'part'])
    for (const verb of ['commit', 'release'])
      expect(await http(rater, key, verb, { hold: 'mine' }), `${key} ${verb}`).toMatchObject({ code: 'HOLD_UNKNOWN' });
  const told = async (partition: number, of: string) =>
    (await admin.request(subjects.balanceGet(partition), JSON.stringify({ tenant: of }))).json<BalanceReply>().held;
  expect([await told(0, tenant), await told(1, other), await told(0, other)]).toEqual([[['cap', '1']], [], []]);
  expect(await http(rater, 'other', 'check', { account: 1 })).toMatchObject({ held: '0', watermark: { partition: 1 } });
  expect(await http(rater, 'part', 'check', { account: 1 })).toMatchObject({ status: 403, code: 'CHECK_NOT_ALLOWED' });
  expect(await http(rater, 'part', 'hold', { ...hold, key: 'p', account: 2 })).toMatchObject({ code: 'CHECK_NOT_ALLOWED' }); // prettier-ignore
  expect(await http(rater, 'part', 'check', { account: 3 })).toMatchObject({ status: 200, held: '1' });
  expect(await http(rater, 'part', 'desired-state')).toMatchObject({ account: 3 });
  expect(await http(rater, 'nobody', 'check', { account: 1 })).toMatchObject({
    status: 401,
    code: 'CHECK_UNAUTHENTIC',
  });
  await expect(service.request(`checks.${other}.check`, '{"account":1}', { timeout: 500 })).rejects.toThrow();
  await expect(service.request('rater.checks.1', '{}', { timeout: 500 })).rejects.toThrow();
  await expect(service.request('balance.get.0', '{}', { timeout: 500 })).rejects.toThrow();
  expect(await http(rater, 'all', 'release', { hold: 'mine' })).toMatchObject({ status: 200, held: '0' });
  expect(await http(rater, 'all', 'check', { account: 1 })).toMatchObject({ held: '0' });
});

test('a key that is revoked opens nothing a second later', async () => {
  expect(await http(raters[0]!, 'lost', 'check', { account: 1 })).toMatchObject({ status: 200 });
  await bucket.delete(entryOf('lost'));
  await expect.poll(async () => (await http(raters[0]!, 'lost', 'check', { account: 1 })).status, { timeout: 1000, interval: 50 }).toBe(401); // prettier-ignore
});

test('whatever is sent gets an answer with a code, and stops nobody', async () => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((given) => Buffer.from(given).toString('latin1'));
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom('-1', '1e9', '٣', '9'.repeat(90), '0.0000000000001', '__proto__', 2 ** 53, -0, 1.5)); // prettier-ignore
  const fields = fc.dictionary(fc.constantFrom('key', 'hold', 'account', 'amount', 'currency', 'service', 'expiresInMs', 'keepForMs', 'meter', 'quantity', 'unit', 'dims', 'resource', 'x'), value); // prettier-ignore
  const body = fc.oneof(bytes, fields.map((given) => JSON.stringify(given)), fc.constantFrom('['.repeat(9000), '"', 'null', ' '.repeat(20_000))); // prettier-ignore
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('check', 'hold', 'commit', 'release', 'nothing'), body, async (verb, text) => {
      const overHttp = await http(raters[0]!, 'all', verb, text);
      const overNats = await service.request(`checks.${tenant}.${verb}`, text, { timeout: 8000 });
      for (const said of [overHttp, overNats.json<Record<string, unknown>>()])
        expect(said['code'] ?? 'answered').toMatch(/^(answered|(CHECK|HOLD)_[A-Z_]+)$/);
    }),
    { numRuns: 100 },
  );
  expect(await http(raters[1]!, 'all', 'check', { account: 1 })).toMatchObject({ status: 200, spent: '4' });
}, 30_000);

test('CAP of holds: the owner is killed in the middle; asked again each key has its answer, and no cap is passed', async () => {
  const hold = (i: number) => ({ key: `k${i}`, account: 3, amount: '0.1', currency: 'EUR', expiresInMs: 600_000 });
  const ask = async (i: number, which: number): Promise<Said> =>
    until(async () => {
      const said = await http(raters[which % raters.length]!, 'all', 'hold', hold(i));
      return said.status === 200 ? said : undefined;
    });
  const asking = Array.from({ length: 120 }, async (_, i) => {
    await new Promise((resolve) => setTimeout(resolve, i * 5));
    return Promise.race([ask(i, 0), ask(i, 1)]);
  });
  const owners = await Promise.all(raters.map(async ({ port }) => (await (await fetch(`http://127.0.0.1:${port}/status`)).json()) as { partitions: { partition: number }[] })); // prettier-ignore
  const owner = owners.findIndex(({ partitions }) => partitions.some(({ partition }) => partition === 0));
  await new Promise((resolve) => setTimeout(resolve, 250));
  raters[owner]!.child.kill('SIGKILL');
  const answers = await Promise.all(asking);
  expect(answers.filter(({ allowed }) => allowed === true).length).toBe(60);
  const again = await Promise.all(answers.map((_, i) => ask(i, 1 - owner)));
  expect(again).toEqual(answers);
  expect(await nats('check', { account: 1 })).toMatchObject({ allowed: true, held: '6', left: '0' });
  const { headers } = await readRated(await jetstreamLog(admin), 0);
  const recorded = headers.flatMap(({ requests = [] }) => requests.map(({ request }) => request.key));
  const ended = recorded.filter((key) => key === 'mine' || key === 'usage').length;
  expect(new Set(recorded).size).toBe(recorded.length - ended + 2);
  expect(headers.filter(({ kind }) => kind === 'takeover').length).toBeGreaterThan(1);
}, 60_000);

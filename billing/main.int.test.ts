import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { pino } from 'pino';
import { register } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ControlMessage } from '#core/messages/control.ts';
import { buckets, streams } from '#core/messages/names.ts';
import { dataPaths, parseConfig, type Config } from '#platform/config.ts';
import { newSigningSeed, signingKey } from '#platform/crypto.ts';
import { createApp, roles, type App } from '#platform/http/index.ts';
import { connectNats, jetstreamLog, type NatsConnection } from '#platform/nats/index.ts';
import { startTestServer, type TestServer } from '#platform/nats/testServer.ts';
import { startEngine, testEngines, type TestEngine } from '#platform/postgres/testDatabase.ts';
import { loadSealingKey, open } from '#platform/sealing.ts';
import { createBilling, type Billing } from './main.ts';
import type { Tables } from './schema.ts';
import { smallOrganisation } from './testing/office.ts';

const logger = pino({ level: 'silent' });

/** The API server in small: it asks billing who comes, and refuses who has less than the route's role. */
async function serve(billing: Billing): Promise<App> {
  const app = createApp();
  app.addHook('onRequest', async (request, reply) => {
    const identity = await billing.access.authenticate((request.headers.authorization ?? '').replace('Bearer ', ''));
    if (identity === undefined) return reply.status(401).send();
    const needed = request.routeOptions.config?.role ?? 'viewer';
    if (needed !== 'public' && roles.indexOf(identity.role) < roles.indexOf(needed)) return reply.status(403).send();
    request.identity = identity;
  });
  await app.register(async (scope) => billing.routes(scope as App), { prefix: '/api/v1' });
  return app;
}

describe.each(testEngines)('on the %s engine', (kind) => {
  let broker: TestServer;
  let connection: NatsConnection;
  let engine: TestEngine<Tables>;
  let dir: string;
  let config: Config;
  let billing: Billing;
  let app: App;
  let admin: string;

  beforeAll(async () => {
    broker = await startTestServer({ partitions: 4 });
    connection = await connectNats({ url: broker.url, credentials: broker.credentials, role: 'office' });
    engine = await startEngine<Tables>(kind);
  });
  afterAll(async () => {
    await connection.close();
    await engine[Symbol.asyncDispose]();
    await broker[Symbol.asyncDispose]();
  });

  const configFor = (organisation: string): Config =>
    parseConfig(
      {
        dataDir: dir,
        partitions: 4,
        nats: { url: broker.url, credentials: broker.credentials },
        clickhouse: { url: 'embedded:unused' },
        postgres: { url: engine.url },
        office: { port: 0, applyAtFirstStart: organisation },
        rater: { port: 0 },
        collector: { port: 0 },
        webhooks: {},
      },
      'test',
    );

  const call = async (
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
    credential = admin,
    headers = {},
  ) => {
    const answer = await app.inject({
      method,
      url: `/api/v1${path}`,
      headers: { authorization: `Bearer ${credential}`, host: '127.0.0.1:8080', ...headers },
      ...(body === undefined ? {} : { payload: body }),
    });
    return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json() };
  };
  const keyFor = async (role: string): Promise<string> =>
    (await call('POST', '/api-keys', { id: `k-${role}`, role })).body.key;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'meterline-billing-'));
    register.clear();
    const emptied = await engine.fresh();
    await emptied[Symbol.asyncDispose]();
    writeFileSync(join(dir, 'org.yaml'), smallOrganisation());
    // Each test's database is new, and so is its log.
    const manager = await connectNats({ url: broker.url, credentials: broker.credentials, role: 'admin' });
    const streamsManager = await jetstreamManager(manager);
    for (let p = 0; p < 4; p++) await streamsManager.streams.purge(streams.control(p));
    await manager.close();
    config = configFor(join(dir, 'org.yaml'));
    billing = await createBilling(config, connection, logger);
    app = await serve(billing);
    admin = readFileSync(dataPaths(dir).adminKey, 'utf8').trim();
  });
  afterEach(async () => {
    await app.close();
    await billing[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true });
  });

  it('applies the first organisation once, publishes it and its target, and picks up after a restart', async () => {
    const [tenant] = await billing.master.tenants();
    const log = await jetstreamLog(connection);
    const stream = streams.control(tenant!.partition);
    const stop = new AbortController();
    const running = billing.start(stop.signal);
    await expect.poll(async () => (await log.last(stream))?.subject).toBe(`control.${tenant!.partition}.northwind`);
    const bucket = await new Kvm(connection).open(buckets.targets);
    await expect
      .poll(async () => (await bucket.get('northwind.hook'))?.json())
      .toMatchObject({ url: 'https://example.org/hook', enabled: true });
    const { secret } = (await bucket.get('northwind.hook'))!.json<{ secret: string }>();
    const first = readFileSync(join(dataPaths(dir).targetSecrets, 'northwind.hook'), 'utf8').trim();
    expect(open(loadSealingKey(dataPaths(dir).sealingKey), secret)).toBe(first);
    const { secret: rotated } = (await call('POST', '/targets/hook/secret', { reason: 'leaked' })).body;
    expect(rotated).toMatch(/^whsec_/);
    await expect
      .poll(async () =>
        open(
          loadSealingKey(dataPaths(dir).sealingKey),
          (await bucket.get('northwind.hook'))!.json<{ secret: string }>().secret,
        ),
      )
      .toBe(rotated);
    stop.abort();
    await running;
    await app.close();
    await billing[Symbol.asyncDispose]();

    // The notifier turned the target off, the file changed, and the office was away: neither is undone by its start.
    await bucket.put(
      'northwind.hook',
      JSON.stringify({ ...(await bucket.get('northwind.hook'))!.json<object>(), enabled: false }),
    );
    writeFileSync(join(dir, 'org.yaml'), smallOrganisation().replace('name: Web', 'name: Else'));
    register.clear();
    billing = await createBilling(config, connection, logger);
    app = await serve(billing);
    expect((await billing.master.accounts('northwind')).map(({ name }) => name)).toContain('Web');
    expect((await bucket.get('northwind.hook'))!.json()).toMatchObject({ enabled: false });
    expect(await billing.access.authenticate(admin)).toMatchObject({ role: 'admin' });
    expect((await log.info(stream)).lastSeq).toBe((await log.last(stream))!.seq);

    // A budget raised through the API reaches the log with the trace of the request.
    const again = new AbortController();
    const second = billing.start(again.signal);
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await call('PATCH', '/budgets/web-month', { amount: '99.5', reason: 'more' }, admin, { traceparent });
    await expect
      .poll(async () => JSON.parse(Buffer.from((await log.last(stream))!.data).toString()) as ControlMessage)
      .toMatchObject({
        tenant: 'northwind',
        seq: 2,
        trace: traceparent,
        changes: [{ kind: 'budget', id: 'web-month', amount: '99.5' }],
      });
    again.abort();
    await second;
  });

  it('answers with master data and never with a secret', async () => {
    expect((await call('GET', '/me')).body).toEqual({
      actor: 'key/admin',
      role: 'admin',
      tenant: { id: 'northwind', name: 'N', currency: 'EUR', timeZone: 'Europe/Berlin' },
    });
    expect((await call('GET', '/accounts')).body.accounts).toHaveLength(3);
    expect((await call('GET', '/prices')).body.prices[0]).toMatchObject({ id: 1, key: 'cpu', approvedBy: 'system' });
    expect((await call('GET', '/meters')).body.meters[0].filter).toEqual({ mode: ['system', 'user'] });
    expect((await call('GET', '/ownership')).body.ownership).toEqual([{ resource: 'web-1/*', account: 2, fromMs: 0 }]);
    expect((await call('GET', '/targets')).body).toEqual({
      targets: [{ id: 'hook', url: 'https://example.org/hook', enabled: true }],
    });
    const audit = await call('GET', '/audit');
    expect(audit.body.rows.map(({ action }: { action: string }) => action)).toEqual(['api_key.admin', 'apply']);
    expect((await call('GET', '/audit/verify')).body).toMatchObject({ ok: true, checked: 2 });
    const everything = JSON.stringify([
      audit.body,
      (await call('GET', '/api-keys')).body,
      (await call('GET', '/targets')).body,
    ]);
    expect(everything).not.toMatch(/whsec_|secret|hash":"[^"]{0,20}"|mtl_/);
  });

  it('logs in by link, once', async () => {
    const link = (await call('POST', '/login-links', {})).body;
    expect(link.url).toBe(`http://127.0.0.1:8080/login?token=${link.token}`);
    const session = await billing.access.redeemLogin(link.token);
    expect((await call('GET', '/me', undefined, session.token)).body).toMatchObject({ actor: 'anna', role: 'admin' });
    await expect(billing.access.redeemLogin(link.token)).rejects.toMatchObject({ code: 'LOGIN_LINK_INVALID' });
    await billing.access.endSession(session.token);
    expect((await call('GET', '/me', undefined, session.token)).status).toBe(401);
  });

  it('applies, shows a dry run, and answers a faulty file with every place', async () => {
    const edited = smallOrganisation().replace('name: Web', 'name: Shop');
    const dry = await call('POST', '/apply', { document: edited, dryRun: true });
    expect(dry.body).toMatchObject({ dryRun: true, changed: 1, auditId: null });
    expect((await call('POST', '/apply', { document: edited })).body).toMatchObject({ changed: 1, messages: 1 });
    const faulty = await call('POST', '/apply', {
      document: edited.replace('1.50', '-1').replace('EUR', 'EURO'),
      file: 'my.yaml',
    });
    expect(faulty.status).toBe(422);
    expect(faulty.body).toMatchObject({ code: 'APPLY_INVALID', details: { file: 'my.yaml', faultCount: 2 } });
    expect(faulty.body.details.faults.map(({ code, line }: { code: string; line: number }) => [code, line])).toEqual([
      ['CURRENCY_UNKNOWN', 2],
      ['NEGATIVE', 10],
    ]);
    expect((await call('POST', '/apply', { document: smallOrganisation('elsewhere') })).body).toMatchObject({
      code: 'TENANT_MISMATCH',
    });
    expect((await call('POST', '/apply', { document: '', unknown: 1 })).body).toMatchObject({
      code: 'REQUEST_INVALID',
    });
  });

  it('changes a budget once per Idempotency-Key', async () => {
    const once = { 'idempotency-key': 'k1' };
    const raise = { amount: '20', reason: 'busy month' };
    const first = await call('PATCH', '/budgets/web-month', raise, admin, once);
    expect(first.body).toMatchObject({ budget: { amount: '20' }, auditId: 'northwind-3' });
    await call('PATCH', '/budgets/web-month', { amount: '5', reason: 'no' });
    expect((await call('PATCH', '/budgets/web-month', raise, admin, once)).body).toMatchObject({
      budget: { amount: '20' },
      auditId: null,
    });
    expect((await billing.master.budgets('northwind'))[0]!.amount).toBe('5');
    const reused = await call('PATCH', '/budgets/web-month', { ...raise, amount: '21' }, admin, once);
    expect(reused.body).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', status: 422 });
    const resets = await Promise.all(
      [1, 2, 3].map(() =>
        call('POST', '/budgets/web-month/reset', { reason: 'go' }, admin, { 'idempotency-key': 'k2' }),
      ),
    );
    expect(resets.map(({ body }) => body.auditId).filter((id) => id !== null)).toEqual(['northwind-5']);
    for (const amount of ['0', '-1', '1e3', '1,5', '1.005', '9'.repeat(40), ' 1', '']) {
      expect((await call('PATCH', '/budgets/web-month', { amount, reason: 'x' })).body).toMatchObject({
        code: 'AMOUNT_INVALID',
      });
    }
    expect((await call('PATCH', '/budgets/web-month', { amount: '1' })).status).toBe(400);
  });

  it('enrols producers, idempotently, adds keys, and disables and revokes', async () => {
    const key = () => signingKey(newSigningSeed());
    const one = key();
    const web = { id: 'web-2', type: 'agent', publicKey: one.publicKey };
    const enrolled = await call('POST', '/producers', web);
    expect(enrolled.body.producers).toEqual([
      {
        id: 'web-2',
        type: 'agent',
        simulated: false,
        enabled: true,
        keys: [{ id: one.keyId, publicKey: one.publicKey }],
      },
    ]);
    expect((await call('POST', '/producers', web)).body.auditId).toBeNull();
    const many = Array.from({ length: 1500 }, (_, n) => ({
      id: `sim-${n}`,
      type: 'agent',
      simulated: true,
      publicKey: one.publicKey,
    }));
    expect((await call('POST', '/producers', { producers: many })).body.producers).toHaveLength(1500);
    expect(await billing.master.producers('northwind')).toHaveLength(1502);
    expect((await call('POST', '/producers', { ...web, simulated: true })).body).toMatchObject({
      code: 'PRODUCER_CONFLICT',
    });
    expect((await call('POST', '/producers', { ...web, publicKey: 'x' })).body).toMatchObject({
      code: 'PRODUCER_KEY_INVALID',
    });
    for (let n = 0; n < 3; n++)
      expect((await call('POST', '/producers', { ...web, publicKey: key().publicKey })).status).toBe(200);
    expect((await call('POST', '/producers', { ...web, publicKey: key().publicKey })).body).toMatchObject({
      code: 'PRODUCER_KEYS_FULL',
    });
    const revoked = await call('POST', `/producers/web-2/keys/${one.keyId}/revoke`, { reason: 'old' });
    expect(revoked.body.producer.keys).toHaveLength(3);
    expect((await call('POST', '/producers/web-2/disable', { reason: 'sold' })).body.producer.enabled).toBe(false);
    expect((await call('POST', '/producers/web-3/disable', { reason: 'sold' })).body).toMatchObject({
      code: 'PRODUCER_UNKNOWN',
    });
  });

  it('lets each role do what it may and no more, and no tenant reach another', async () => {
    const keys = Object.fromEntries(
      await Promise.all(['viewer', 'auditor', 'operator'].map(async (role) => [role, await keyFor(role)])),
    );
    const least: [Parameters<typeof call>[0], string, object | undefined, string][] = [
      ['GET', '/accounts', undefined, 'viewer'],
      ['GET', '/targets', undefined, 'viewer'],
      ['GET', '/audit', undefined, 'auditor'],
      ['GET', '/audit/verify', undefined, 'auditor'],
      ['POST', '/apply', { document: smallOrganisation(), dryRun: true }, 'operator'],
      ['PATCH', '/budgets/web-month', { amount: '3', reason: 'x' }, 'operator'],
      ['POST', '/budgets/web-month/reset', { reason: 'x' }, 'operator'],
      ['PATCH', '/targets/hook', { enabled: false, reason: 'x' }, 'operator'],
      ['POST', '/targets/hook/secret', { reason: 'x' }, 'admin'],
      ['POST', '/producers', { id: 'p', type: 'agent', publicKey: 'x' }, 'admin'],
      ['POST', '/producers/web-1/disable', { reason: 'x' }, 'admin'],
      ['POST', '/producers/web-1/keys/x/revoke', { reason: 'x' }, 'admin'],
      ['POST', '/login-links', {}, 'admin'],
      ['GET', '/users', undefined, 'admin'],
      ['GET', '/api-keys', undefined, 'admin'],
      ['POST', '/api-keys', { id: 'mine', role: 'admin' }, 'admin'],
      ['DELETE', '/api-keys/none', undefined, 'admin'],
    ];
    for (const [method, path, body, needed] of least) {
      for (const role of ['viewer', 'auditor', 'operator'] as const) {
        const { status } = await call(method, path, body, keys[role]);
        expect([path, role, status === 403]).toEqual([
          path,
          role,
          roles.indexOf(role) < roles.indexOf(needed as 'viewer'),
        ]);
      }
      expect((await call(method, path, body, 'mtl_nobody')).status).toBe(401);
    }

    // A second tenant on the same instance, with names that are the same on purpose.
    await app.close();
    await billing[Symbol.asyncDispose]();
    writeFileSync(join(dir, 'other.yaml'), smallOrganisation('other').replace('amount: 10.00', 'amount: 77.00'));
    register.clear();
    billing = await createBilling(configFor(join(dir, 'other.yaml')), connection, logger);
    app = await serve(billing);
    expect((await call('GET', '/me')).body.tenant.id).toBe('northwind');
    await call('PATCH', '/budgets/web-month', { amount: '1', reason: 'x' });
    await call('POST', '/producers/web-1/disable', { reason: 'x' });
    await call('POST', '/targets/hook/secret', { reason: 'x' });
    expect((await billing.master.budgets('other'))[0]!.amount).toBe('77');
    expect((await billing.master.producers('other'))[0]!.enabled).toBe(true);
    const { rows } = (await call('GET', '/audit')).body as { rows: { tenant: string }[] };
    expect(new Set(rows.map(({ tenant }) => tenant))).toEqual(new Set(['northwind']));
    expect((await call('POST', '/apply', { document: smallOrganisation('other') })).status).toBe(403);
  });

  it('refuses an unreadable or faulty first organisation with its reason, and holds nothing afterwards', async () => {
    await billing[Symbol.asyncDispose]();
    register.clear();
    const missing = createBilling(configFor(join(dir, 'none.yaml')), connection, logger);
    await expect(missing).rejects.toMatchObject({ code: 'ORGANISATION_UNREADABLE' });
    writeFileSync(join(dir, 'bad.yaml'), smallOrganisation('third').replace('1.50', 'free'));
    register.clear();
    const faulty = createBilling(configFor(join(dir, 'bad.yaml')), connection, logger);
    await expect(faulty).rejects.toMatchObject({
      code: 'APPLY_INVALID',
      message: expect.stringContaining('bad.yaml:10:'),
    });
    register.clear();
    billing = await createBilling(config, connection, logger);
    expect((await billing.master.tenants()).map(({ id }) => id)).toEqual(['northwind']);
  });
});

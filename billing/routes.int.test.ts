import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { streams } from '#core/messages/names.ts';
import { newSigningSeed, signingKey } from '#platform/crypto.ts';
import { roles } from '#platform/http/index.ts';
import { jetstreamLog } from '#platform/nats/index.ts';
import { testEngines } from '#platform/postgres/testDatabase.ts';
import { replyAt } from './testing/closes.ts';
import { targetBucket } from './targets/targets.ts';
import { TestInstance } from './testing/instance.ts';
import { smallOrganisation } from './testing/office.ts';

describe.each(testEngines)('on the %s engine', (kind) => {
  let instance: TestInstance;
  beforeAll(async () => {
    instance = await TestInstance.create(kind);
  });
  afterAll(() => instance.destroy());
  beforeEach(() => instance.begin());
  afterEach(() => instance.end());

  it('answers with master data and never with a secret', async () => {
    expect((await instance.call('GET', '/me')).body).toEqual({
      actor: 'key/admin',
      role: 'admin',
      tenant: { id: 'northwind', name: 'N', currency: 'EUR', timeZone: 'Europe/Berlin', pricingUnits: [] },
    });
    expect((await instance.call('GET', '/accounts')).body.accounts).toHaveLength(3);
    expect((await instance.call('GET', '/prices')).body.prices[0]).toMatchObject({
      id: 1,
      key: 'cpu',
      approvedBy: 'system',
    });
    expect((await instance.call('GET', '/meters')).body.meters[0].filter).toEqual({ mode: ['system', 'user'] });
    expect((await instance.call('GET', '/ownership')).body.ownership).toEqual([
      { resource: 'web-1/*', account: 2, fromMs: 0 },
    ]);
    expect((await instance.call('GET', '/targets')).body).toEqual({
      targets: [{ id: 'hook', kind: 'webhook', url: 'https://example.org/hook', enabled: true, limits: {} }],
    });
    const audit = await instance.call('GET', '/audit');
    expect(audit.body.rows.map(({ action }: { action: string }) => action)).toEqual(['api_key.admin', 'apply']);
    expect((await instance.call('GET', '/audit/verify')).body).toMatchObject({ ok: true, checked: 2 });
    const everything = JSON.stringify([
      audit.body,
      (await instance.call('GET', '/api-keys')).body,
      (await instance.call('GET', '/targets')).body,
    ]);
    expect(everything).not.toMatch(/whsec_|secret|hash":"[^"]{0,20}"|mtl_/);
  });

  it('logs in by link, once', async () => {
    const link = (await instance.call('POST', '/login-links', {})).body;
    expect(link.url).toBe(`http://127.0.0.1:8080/login?token=${link.token}`);
    const session = await instance.billing.access.redeemLogin(link.token);
    expect((await instance.call('GET', '/me', undefined, session.token)).body).toMatchObject({
      actor: 'anna',
      role: 'admin',
    });
    await expect(instance.billing.access.redeemLogin(link.token)).rejects.toMatchObject({ code: 'LOGIN_LINK_INVALID' });
    await instance.billing.access.endSession(session.token);
    expect((await instance.call('GET', '/me', undefined, session.token)).status).toBe(401);
  });

  it('applies, shows a dry run, and answers a faulty file with every place', async () => {
    const unit =
      'pricingUnits: [{ id: TOKENS, name: Tokens, value: { points: [{ from: 2026-11-01, amount: 0.0020 }] } }]\n';
    const edited = smallOrganisation().replace('name: Web', 'name: Shop') + unit;
    const dry = await instance.call('POST', '/apply', { document: edited, dryRun: true });
    expect(dry.body).toMatchObject({ dryRun: true, added: 1, changed: 1, auditId: null });
    expect((await instance.call('POST', '/apply', { document: edited })).body).toMatchObject({
      changed: 1,
      messages: 1,
    });
    const point = { fromMs: Date.UTC(2026, 9, 31, 23), amount: '0.002' };
    const tokens = { id: 'TOKENS', name: 'Tokens', decimals: 2 };
    expect((await instance.call('GET', '/pricing-units')).body).toEqual({
      pricingUnits: [{ ...tokens, value: { currency: 'EUR', points: [point] } }],
    });
    expect((await instance.call('GET', '/me')).body.tenant.pricingUnits).toEqual([tokens]);
    const faulty = await instance.call('POST', '/apply', {
      document: edited.replace('1.50', '-1').replace('EUR', 'EURO'),
      file: 'my.yaml',
    });
    expect(faulty.status).toBe(422);
    expect(faulty.body).toMatchObject({ code: 'APPLY_INVALID', details: { file: 'my.yaml', faultCount: 2 } });
    expect(faulty.body.details.faults.map(({ code, line }: { code: string; line: number }) => [code, line])).toEqual([
      ['CURRENCY_UNKNOWN', 2],
      ['NEGATIVE', 10],
    ]);
    expect((await instance.call('POST', '/apply', { document: smallOrganisation('elsewhere') })).body).toMatchObject({
      code: 'TENANT_MISMATCH',
    });
    expect((await instance.call('POST', '/apply', { document: '', unknown: 1 })).body).toMatchObject({
      code: 'REQUEST_INVALID',
    });
  });

  it('changes a budget once per Idempotency-Key', async () => {
    const once = { 'idempotency-key': 'k1' };
    const raise = { amount: '20', reason: 'busy month' };
    const first = await instance.call('PATCH', '/budgets/web-month', raise, instance.admin, once);
    expect(first.body).toMatchObject({ budget: { amount: '20' }, auditId: 'northwind-3' });
    await instance.call('PATCH', '/budgets/web-month', { amount: '5', reason: 'no' });
    expect((await instance.call('PATCH', '/budgets/web-month', raise, instance.admin, once)).body).toMatchObject({
      budget: { amount: '20' },
      auditId: null,
    });
    expect((await instance.billing.master.budgets('northwind'))[0]!.amount).toBe('5');
    const reused = await instance.call('PATCH', '/budgets/web-month', { ...raise, amount: '21' }, instance.admin, once);
    expect(reused.body).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', status: 422 });
    const resets = await Promise.all(
      [1, 2, 3].map(() =>
        instance.call('POST', '/budgets/web-month/reset', { reason: 'go' }, instance.admin, {
          'idempotency-key': 'k2',
        }),
      ),
    );
    expect(resets.map(({ body }) => body.auditId).filter((id) => id !== null)).toEqual(['northwind-5']);
    for (const amount of ['-1', '1e3', '1,5', '1.005', '9'.repeat(40), '1000000000000000', ' 1', '']) {
      expect((await instance.call('PATCH', '/budgets/web-month', { amount, reason: 'x' })).body).toMatchObject({
        code: 'AMOUNT_INVALID',
      });
    }
    expect((await instance.call('PATCH', '/budgets/web-month', { amount: '1' })).status).toBe(400);
  });

  it('raises a quantity by the decimals of its meter: the rater would not take others', async () => {
    const budget = { id: 'reads', account: 'top', meter: 'cpu', amount: '5', thresholds: [{ percent: '50', action: 'notify' }] }; // prettier-ignore
    expect((await instance.call('POST', '/budgets', { budget, reason: 'x' })).status).toBe(200);
    const odd = await instance.call('PATCH', '/budgets/reads', { amount: '1.5', reason: 'x' });
    expect(odd.body).toMatchObject({ code: 'AMOUNT_INVALID', status: 422 });
    expect(odd.body.title).toContain('with no decimals, of meter cpu');
    expect((await instance.call('PATCH', '/budgets/reads', { amount: '7', reason: 'x' })).body.budget.amount).toBe('7');
  });

  it('names a text that no store takes, instead of breaking at it', async () => {
    for (const odd of ['a\0b', 'a\ud800']) {
      const scope = { services: ['web', odd] };
      const budget = { id: 'odd', account: 'top', amount: '5', scope, thresholds: [{ percent: '50', action: 'notify' }] }; // prettier-ignore
      const refused = await instance.call('POST', '/budgets', { budget, reason: 'x' });
      expect(refused.body).toMatchObject({
        code: 'REQUEST_INVALID',
        status: 400,
        details: { faults: ['/budget/scope/services/1: must not hold U+0000 or half of a surrogate pair'] },
      });
      const grant = { account: 'top', amount: '1', kind: 'prepaid', name: odd, reason: 'x' };
      expect((await instance.call('POST', '/credits', grant)).body).toMatchObject({ code: 'REQUEST_INVALID' });
      const opened = { account: 'top', from: '2026-01-01', reason: 'x', approvedBy: odd };
      expect((await instance.call('POST', '/periods/reopen', opened)).status).toBe(400);
    }
    const address = await instance.call('GET', '/budgets/%ED%A0%80/held');
    expect(address.body).toMatchObject({ code: 'REQUEST_INVALID', status: 400 });
  });

  it('closes periods and opens them again, once per Idempotency-Key, and says what would be right', async () => {
    const once = { 'idempotency-key': 'c1' };
    const april = { account: 'top', until: '2026-04-01', reason: 'first quarter' };
    const aprilMs = Date.UTC(2026, 2, 31, 22);
    const nowMs = Date.now();
    expect((await instance.call('POST', '/periods/close', april)).body).toMatchObject({
      status: 409,
      code: 'CLOSE_WAITS',
    });
    instance.closes.reply = replyAt(nowMs, { 'web-1': aprilMs - 1 });
    const waits = (await instance.call('POST', '/periods/close', april)).body;
    expect(waits).toMatchObject({ code: 'CLOSE_WAITS', details: { producers: [{ producer: 'web-1', behindMs: 1 }] } });
    expect(waits.details.items.map(({ name }: { name: string }) => name)).toEqual(['producers']);
    const odd = await instance.call('POST', '/periods/close', { ...april, without: ['web-9'] });
    expect(odd.body).toMatchObject({ code: 'PRODUCER_UNKNOWN', details: { producers: ['web-9'] } });
    instance.closes.reply = replyAt(nowMs, { 'web-1': aprilMs });
    expect((await instance.call('GET', '/periods/top/checklist?until=2026-04-01')).body).toMatchObject({
      account: 'top', untilMs: aprilMs, closable: true, green: true, missing: [],
    }); // prettier-ignore
    const closed = await instance.call('POST', '/periods/close', april, instance.admin, once);
    // No rater runs here.
    expect(closed.body).toMatchObject({ account: 'top', atMs: Date.UTC(2026, 2, 31, 22), outcome: 'pending' });
    const again = await instance.call('POST', '/periods/close', april, instance.admin, once);
    expect(again.body).toEqual({ account: 'top', atMs: Date.UTC(2026, 2, 31, 22), auditId: null });
    expect((await instance.call('POST', '/periods/close', april)).body.code).toBe('CLOSE_GOES_ON');
    instance.closes.reply = replyAt(nowMs, { 'web-1': nowMs }, { periods: { closed: [[1, aprilMs]] } });
    expect((await instance.call('POST', '/periods/close', april)).body.code).toBe('PERIOD_CLOSED');
    expect((await instance.call('GET', '/periods')).body.accounts[0]).toMatchObject({
      account: 'top', closedUntilMs: aprilMs, closedUntil: '2026-04-01', closeAfterDays: null,
    }); // prettier-ignore
    const reopen = { account: 'top', from: '2026-03-01', reason: 'late bill', approvedBy: 'anna' };
    expect((await instance.call('POST', '/periods/reopen', reopen)).body).toMatchObject({ outcome: 'pending' });
    const { rows } = (await instance.call('GET', '/audit')).body;
    const told = rows
      .slice(0, 2)
      .toReversed()
      .map(({ action, subject, after, why }: Record<string, unknown>) => ({ action, subject, after, why }));
    expect(told).toEqual([
      { action: 'period.close', subject: 'account/top', after: { until: '2026-04-01' }, why: 'first quarter' },
      {
        action: 'period.reopen',
        subject: 'account/top',
        after: { from: '2026-03-01', approvedBy: 'anna' },
        why: 'late bill',
      },
    ]);
    const codes = [];
    for (const body of [
      { ...april, account: 'web' }, { ...april, account: 'nobody' }, { ...april, until: '2026-04-02' }, { ...april, until: '2126-04-01' },
    ]) codes.push((await instance.call('POST', '/periods/close', body)).body.code); // prettier-ignore
    for (const approvedBy of ['nobody', 'key/admin'])
      codes.push((await instance.call('POST', '/periods/reopen', { ...reopen, approvedBy })).body.code);
    expect(codes).toEqual(['ACCOUNT_NOT_ROOT', 'ACCOUNT_UNKNOWN', 'PERIOD_INVALID', 'PERIOD_NOT_ENDED', 'USER_UNKNOWN', 'APPROVER_IS_AUTHOR']); // prettier-ignore
  });

  it('does without a producer when told so, which the audit log keeps', async () => {
    const aprilMs = Date.UTC(2026, 2, 31, 22);
    instance.closes.reply = replyAt(Date.now(), { 'web-1': aprilMs - 1 });
    const body = { account: 'top', until: '2026-04-01', reason: 'web-1 burnt down', without: ['web-1'] };
    expect((await instance.call('POST', '/periods/close', body)).body).toMatchObject({
      atMs: aprilMs,
      outcome: 'pending',
    });
    expect((await instance.call('GET', '/audit')).body.rows[0].after).toEqual({
      until: '2026-04-01',
      without: [{ producer: 'web-1', lastSampleMs: aprilMs - 1 }],
    });
  });

  it("takes an operator's word that all of a producer has come, and closes by it", async () => {
    const aprilMs = Date.UTC(2026, 2, 31, 22);
    instance.closes.reply = replyAt(Date.now(), { 'web-1': aprilMs - 1 });
    const item = async () => {
      const { items } = (await instance.call('GET', '/periods/top/checklist?until=2026-04-01')).body;
      return (items as { name: string; ok: boolean }[]).find(({ name }) => name === 'producers')!.ok;
    };
    const say = (untilMs: number, id = 'web-1') => instance.call('POST', `/producers/${id}/complete`, { untilMs, reason: 'its queue is empty' }); // prettier-ignore
    expect(await item()).toBe(false);
    expect((await say(Date.now() + 60_000)).body.code).toBe('COMPLETE_AHEAD');
    expect((await say(aprilMs, 'nobody')).body.code).toBe('PRODUCER_UNKNOWN');
    expect((await say(aprilMs)).body).toMatchObject({ producer: { id: 'web-1', completeUntilMs: aprilMs } });
    expect((await instance.call('GET', '/audit')).body.rows[0]).toMatchObject({ action: 'producer.complete', subject: 'producer/web-1' }); // prettier-ignore
    expect(await item()).toBe(true);
    expect((await say(aprilMs)).body.auditId).toBeNull();
    // Said too early: the newest word counts.
    await say(aprilMs - 1);
    expect(await item()).toBe(false);
  });

  it('says what is held under a budget, as the rater has it', async () => {
    const held = async () => (await instance.call('GET', '/budgets/web-month/held')).body;
    instance.closes.reply = { ...replyAt(7, {}), held: [['web-month', '1.5']] };
    expect(await held()).toEqual({ budget: 'web-month', held: '1.5', asOfMs: 7 });
    instance.closes.reply = undefined;
    expect(await held()).toEqual({ budget: 'web-month', held: null, asOfMs: null });
  });

  it('keeps who has taken note of an alert, the first one, with an audit row', async () => {
    const id = encodeURIComponent('northwind:web-month:2026-11:80:0');
    const first = await instance.call('POST', `/alerts/${id}/acknowledge`, { note: 'on it' });
    expect(first.body).toMatchObject({
      actor: 'key/admin',
      note: 'on it',
      auditId: expect.stringContaining('northwind-'),
    });
    const again = await instance.call('POST', `/alerts/${id}/acknowledge`, { note: 'me too' });
    expect(again.body).toEqual({ ...first.body, auditId: null });
    expect((await instance.call('GET', '/acknowledgements')).body.acknowledgements).toEqual([
      { alert: 'northwind:web-month:2026-11:80:0', actor: 'key/admin', atMs: first.body.atMs, note: 'on it' },
    ]);
    expect((await instance.call('POST', '/alerts/other:b:1/acknowledge', { note: 'x' })).body.code).toBe(
      'ALERT_UNKNOWN',
    );
    expect((await instance.call('POST', `/alerts/${id}/acknowledge`, { note: '' })).status).toBe(400);
  });

  it('enrols producers, idempotently, adds keys, and disables and revokes', async () => {
    const key = () => signingKey(newSigningSeed());
    const one = key();
    const web = { id: 'web-2', type: 'agent', publicKey: one.publicKey };
    const enrolled = await instance.call('POST', '/producers', web);
    expect(enrolled.body.producers).toEqual([
      {
        id: 'web-2',
        type: 'agent',
        simulated: false,
        enabled: true,
        keys: [{ id: one.keyId, publicKey: one.publicKey }],
      },
    ]);
    expect((await instance.call('POST', '/producers', web)).body.auditId).toBeNull();
    const many = Array.from({ length: 1500 }, (_, n) => ({
      id: `sim-${n}`,
      type: 'agent',
      simulated: true,
      publicKey: one.publicKey,
    }));
    expect((await instance.call('POST', '/producers', { producers: many })).body.producers).toHaveLength(1500);
    expect(await instance.billing.master.producers('northwind')).toHaveLength(1502);
    expect((await instance.call('POST', '/producers', { ...web, simulated: true })).body).toMatchObject({
      code: 'PRODUCER_CONFLICT',
    });
    expect((await instance.call('POST', '/producers', { ...web, publicKey: 'x' })).body).toMatchObject({
      code: 'PRODUCER_KEY_INVALID',
    });
    for (let n = 0; n < 3; n++)
      expect((await instance.call('POST', '/producers', { ...web, publicKey: key().publicKey })).status).toBe(200);
    expect((await instance.call('POST', '/producers', { ...web, publicKey: key().publicKey })).body).toMatchObject({
      code: 'PRODUCER_KEYS_FULL',
    });
    const revoked = await instance.call('POST', `/producers/web-2/keys/${one.keyId}/revoke`, { reason: 'old' });
    expect(revoked.body.producer.keys).toHaveLength(3);
    expect((await instance.call('POST', '/producers/web-2/disable', { reason: 'sold' })).body.producer.enabled).toBe(
      false,
    );
    expect((await instance.call('POST', '/producers/web-3/disable', { reason: 'sold' })).body).toMatchObject({
      code: 'PRODUCER_UNKNOWN',
    });
  });

  it('refuses texts that no database keeps, everywhere, as the fault of the request', async () => {
    for (const odd of ['\u0000', 'a\u0000b', '\ud800', 'a\nb', 'x'.repeat(300)]) {
      const requests: Parameters<TestInstance['call']>[] = [
        ['PATCH', '/budgets/web-month', { amount: '1', reason: odd }],
        ['POST', '/budgets/web-month/reset', { reason: odd }],
        ['POST', '/series/spot/points', { points: [{ fromMs: 0, value: '1', source: odd }] }],
        ['POST', '/producers/web-1/disable', { reason: odd }],
        ['POST', `/producers/web-1/keys/${encodeURIComponent(odd.toWellFormed())}/revoke`, { reason: 'x' }],
        ['PATCH', '/targets/hook', { url: `https://example.org/${odd.repeat(10)}`, reason: 'x' }],
        ['POST', '/login-links', { user: odd }],
        ['POST', '/api-keys', { id: odd, role: 'viewer' }],
        ['POST', '/apply', { document: smallOrganisation(), reason: odd }],
        ['POST', '/apply', { document: JSON.stringify({ version: 1, tenant: { id: 'northwind', name: odd } }) }],
        ['POST', '/apply', { document: smallOrganisation().replace('mode:', `${JSON.stringify(odd)}:`) }],
      ];
      for (const request of requests) {
        const { status } = await instance.call(...request);
        expect([...request, status]).toEqual([...request, status >= 400 && status < 500 ? status : 'a refusal']);
      }
    }
    expect((await instance.call('GET', '/audit/verify')).body).toMatchObject({ ok: true, checked: 2 });
  });

  it('keeps targets of every kind without showing a secret, rotates with an overlap, and asks the notifier', async () => {
    const hook = 'https://hooks.chat.example/services/T0/B0/s3cr3t';
    const more = `  - { id: room, kind: slack, url: '${hook}', limits: { perMinute: 30 } }
  - { id: post, kind: mail, server: 'smtp://mail.example.org:587', from: m@example.org, to: [f@example.org], user: m }
`;
    const document = smallOrganisation().replace(/targets: \[(.*)\]\nbudgets/, `targets:\n  - $1\n${more}budgets`);
    const apply = async () => (await instance.call('POST', '/apply', { document })).body;
    expect(await apply()).toMatchObject({ added: 2, changed: 0 });
    expect(await apply()).toMatchObject({ added: 0, changed: 0, auditId: null });
    const { body } = await instance.call('GET', '/targets');
    const byId = Object.fromEntries(body.targets.map((target: { id: string }) => [target.id, target]));
    expect(byId.room.url).toMatch(/^https:\/\/hooks.chat.example\/#[0-9a-f]{16}$/);
    expect(byId.post).toMatchObject({ kind: 'mail', mail: { to: ['f@example.org'], user: 'm' } });
    const answer = await instance.call('PATCH', '/targets/room', { url: `${hook}2`, reason: 'leaked' });
    expect(answer.body.target.url).not.toBe(byId.room.url);
    expect(JSON.stringify([(await instance.call('GET', '/audit')).body, body, answer.body])).not.toContain('s3cr3t');

    const rotate = (id: string, more_: object) =>
      instance.call('POST', `/targets/${id}/secret`, { reason: 'r', ...more_ });
    const { secret, previousUntilMs } = (await rotate('hook', { overlapHours: 2 })).body;
    expect(secret).toMatch(/^whsec_/);
    expect(previousUntilMs - Date.now()).toBeGreaterThan(7_000_000);
    expect((await rotate('hook', { overlapHours: 0 })).body.previousUntilMs).toBeNull();
    expect((await rotate('hook', { secret: 'x' })).body.code).toBe('TARGET_SECRET_GIVEN');
    expect((await rotate('post', {})).body.code).toBe('TARGET_SECRET_GIVEN');
    expect((await rotate('post', { secret: 'x' })).status).toBe(200);

    // The notifier turned it off; it is turned on by saying so, though the row never said otherwise.
    const enable = async () => (await instance.call('PATCH', '/targets/hook', { enabled: true, reason: 'back' })).body;
    expect((await enable()).auditId).toBeNull();
    const bucket = await targetBucket(instance.connection, 1);
    const disabled = { reason: 'gone', atMs: 7 } as const;
    await bucket.put('northwind.hook', { url: 'https://example.org/hook', secret: 'x', enabled: false, disabled });
    const shown = (await instance.call('GET', '/targets')).body.targets;
    expect(shown.find(({ id }: { id: string }) => id === 'hook')).toMatchObject({ disabled });
    expect((await enable()).auditId).not.toBeNull();

    const by = { tenant: 'northwind', actor: 'anna' };
    const asked = await instance.billing.desk.test(by, 'hook', 'is it there');
    expect(asked.id).toMatch(/^hook~northwind:test:hook:/);
    const replayed = { alertId: 'a', attempts: 3, replay: 1 };
    await instance.billing.desk.replay(by, 'hook', [replayed], 'again');
    await expect(instance.billing.desk.replay(by, 'none', [replayed], 'x')).rejects.toMatchObject({
      code: 'TARGET_UNKNOWN',
    });
    const log = await jetstreamLog(instance.connection);
    const last = JSON.parse(Buffer.from((await log.last(streams.deliveries))!.data).toString());
    expect(last).toMatchObject({ kind: 'replay', target: 'hook', by: 'anna', deliveries: [replayed] });
    const { rows } = (await instance.call('GET', '/audit')).body;
    expect(rows.find(({ id }: { id: string }) => id === last.auditId)).toMatchObject({
      action: 'delivery.replay',
      why: 'again',
    });
  });

  it('lets each role do what it may and no more, and no tenant reach another', async () => {
    const keys = Object.fromEntries(
      await Promise.all(
        ['viewer', 'auditor', 'operator'].map(async (role) => [
          role,
          (await instance.call('POST', '/api-keys', { id: `k-${role}`, role })).body.key,
        ]),
      ),
    );
    const least: [Parameters<TestInstance['call']>[0], string, object | undefined, string][] = [
      ['GET', '/accounts', undefined, 'viewer'],
      ['GET', '/targets', undefined, 'viewer'],
      ['GET', '/audit', undefined, 'auditor'],
      ['GET', '/audit/verify', undefined, 'auditor'],
      ['POST', '/apply', { document: smallOrganisation(), dryRun: true }, 'operator'],
      ['PATCH', '/budgets/web-month', { amount: '3', reason: 'x' }, 'operator'],
      ['POST', '/series/spot/points', { points: [{ fromMs: 0, value: '1' }], reason: 'x' }, 'operator'],
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
        const { status } = await instance.call(method, path, body, keys[role]);
        expect([path, role, status === 403]).toEqual([
          path,
          role,
          roles.indexOf(role) < roles.indexOf(needed as 'viewer'),
        ]);
      }
      expect((await instance.call(method, path, body, 'mtl_nobody')).status).toBe(401);
    }

    // A second tenant on the same instance, with names that are the same on purpose.
    await instance.stop();
    const other = smallOrganisation('other').replace('amount: 10.00', 'amount: 77.00');
    writeFileSync(join(instance.dir, 'other.yaml'), other);
    await instance.start('other.yaml');
    expect((await instance.call('GET', '/me')).body.tenant.id).toBe('northwind');
    await instance.call('PATCH', '/budgets/web-month', { amount: '1', reason: 'x' });
    await instance.call('POST', '/producers/web-1/disable', { reason: 'x' });
    await instance.call('POST', '/targets/hook/secret', { reason: 'x' });
    expect((await instance.billing.master.budgets('other'))[0]!.amount).toBe('77');
    expect((await instance.billing.master.producers('other'))[0]!.enabled).toBe(true);
    const { rows } = (await instance.call('GET', '/audit')).body as { rows: { tenant: string }[] };
    expect(new Set(rows.map(({ tenant }) => tenant))).toEqual(new Set(['northwind']));
    expect((await instance.call('POST', '/apply', { document: smallOrganisation('other') })).status).toBe(403);
  });
});

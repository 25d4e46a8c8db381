import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlMessage } from '#core/messages/control.ts';
import { applyMaster } from '#core/rating/master.ts';
import { emptyState } from '#core/rating/state.ts';
import { startEngine, testEngines, type TestEngine } from '#platform/postgres/testDatabase.ts';
import { open } from '#platform/sealing.ts';
import { auditPage, verifyAudit } from '../audit/read.ts';
import { accountsOf, ownershipOf } from '../accounts/accounts.ts';
import { budgetsOf } from '../budgets/budgets.ts';
import { recordsOf } from '../catalogue/agreed.ts';
import { metersOf, pricesOf } from '../catalogue/catalogue.ts';
import { pointsOf, publishPoints } from '../catalogue/series.ts';
import { producersOf } from '../producers/producers.ts';
import type { Tables } from '../schema.ts';
import { smallOrganisation, testOffice, type TestOffice } from '../testing/office.ts';
import { printDiff } from './diff.ts';

const northwind = readFileSync(new URL('../../examples/northwind.yaml', import.meta.url), 'utf8');

async function messages(test: TestOffice): Promise<ControlMessage[]> {
  const rows = await test.office.db
    .selectFrom('outbox')
    .select('payload')
    .orderBy('partition')
    .orderBy('seq')
    .execute();
  return rows.map(({ payload }) => JSON.parse(payload) as ControlMessage);
}

/** The rater takes every message, and then knows exactly what the database says. */
async function expectRaterAgrees(test: TestOffice, tenant: string): Promise<void> {
  const state = emptyState(0);
  for (const message of await messages(test)) if (message.tenant === tenant) applyMaster(state, message);
  const { master } = state.tenants.get(tenant)!;
  const { db } = test.office;
  expect([...master.accounts.values()].map(({ record }) => record)).toEqual(await accountsOf(db, tenant));
  expect([...master.producers.values()]).toEqual(await producersOf(db, tenant));
  expect([...master.meters.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(await metersOf(db, tenant));
  const prices = (await pricesOf(db, tenant)).map(({ approvedBy: _, approvedAtMs: __, ...record }) => record);
  expect([...master.prices.values()].map(({ record }) => record)).toEqual(prices);
  expect([...master.fees.values()].map(({ record }) => record)).toEqual(await recordsOf(db, tenant, 'fee'));
  expect([...master.agreements.values()]).toEqual(await recordsOf(db, tenant, 'agreement'));
  expect([...master.budgets.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(await budgetsOf(db, tenant));
  const ownership = [...master.ownership].flatMap(([resource, entries]) =>
    entries.map((entry) => ({ resource, ...entry })),
  );
  expect(ownership.toSorted((a, b) => (a.resource < b.resource ? -1 : 1))).toEqual(await ownershipOf(db, tenant));
}

describe.each(testEngines)('on the %s engine', (kind) => {
  let engine: TestEngine<Tables>;
  beforeAll(async () => {
    engine = await startEngine<Tables>(kind);
  });
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
  });

  it('applies the shipped organisation once: rows, one audit row, one message; again it is a no-op', async () => {
    await using test = await testOffice(engine);
    const first = await test.apply(northwind);
    expect(first).toMatchObject({ changed: 0, unchanged: 0, auditId: 'northwind-1', messages: 1 });
    const [message] = await messages(test);
    expect(message).toMatchObject({ v: 1, tenant: 'northwind', seq: 1, auditId: 'northwind-1' });
    const kinds = [...new Set(message!.changes.map((change) => change.kind))];
    expect(kinds).toEqual([
      'tenant',
      'producer',
      'account',
      'ownership',
      'meter',
      'price',
      'fee',
      'agreement',
      'budget',
    ]);
    const accounts = message!.changes.filter((change) => change.kind === 'account');
    expect(accounts.map(({ id }) => id)).toEqual(accounts.map((_, index) => index + 1));
    expect(accounts.find(({ slug }) => slug === 'render')).toMatchObject({
      parent: accounts.find(({ slug }) => slug === 'search')!.id,
    });
    expect(message!.changes.find((change) => change.kind === 'price' && change.key === 'compute')).toEqual({
      kind: 'price',
      id: 1,
      key: 'compute',
      version: 1,
      service: 'Hosting',
      component: 'Compute',
      meter: 'host-cpu',
      currency: 'EUR',
      account: 0,
      effectiveFromMs: 0,
      tallyScope: 'account',
      unit: { name: 'vCPU·h', numerator: '1', denominator: '3600000000' },
      allowance: '0.005',
      model: {
        kind: 'graduated',
        tiers: [
          { upTo: '0.05', unitPrice: '2.4', flat: '0' },
          { upTo: '10', unitPrice: '1.8', flat: '0' },
          { upTo: null, unitPrice: '1.2', flat: '0' },
        ],
      },
    });

    await expectRaterAgrees(test, 'northwind');
    const again = await test.apply(northwind);
    expect(again).toMatchObject({ added: 0, changed: 0, unchanged: first.added, auditId: null, messages: 0 });
    expect(await messages(test)).toHaveLength(1);
    expect(await auditPage(test.office.db, 'northwind', { limit: 10 })).toHaveLength(1);
    expect(await verifyAudit(test.office.db, 'northwind')).toMatchObject({ ok: true, checked: 1 });
  });

  it('shows a diff of a change, and on a dry run changes nothing', async () => {
    await using test = await testOffice(engine);
    await test.apply(smallOrganisation());
    const edited = smallOrganisation().replace('amount: 10.00', 'amount: 20.50').replace('name: Web', 'name: Shop');
    const dry = await test.apply(edited, { dryRun: true });
    expect(printDiff(dry).split('\n')).toEqual([
      '~ accounts web',
      '    name: "Web" -> "Shop"',
      '~ budgets web-month',
      '    amount: "10" -> "20.5"',
      expect.stringMatching(
        /^northwind: 0 added, 2 changed, \d+ unchanged\. Nothing was changed: this was a dry run\.$/,
      ),
    ]);
    expect(await messages(test)).toHaveLength(1);

    const done = await test.apply(edited);
    expect(done).toMatchObject({ changed: 2, auditId: 'northwind-2', messages: 1 });
    expect((await messages(test))[1]!.changes).toMatchObject([
      { kind: 'account', slug: 'web', name: 'Shop' },
      { kind: 'budget', id: 'web-month', amount: '20.5' },
    ]);
    await expectRaterAgrees(test, 'northwind');
    const [row] = await auditPage(test.office.db, 'northwind', { limit: 1 });
    expect(row).toMatchObject({
      actor: 'tester',
      action: 'apply',
      why: 'test',
      before: { 'budgets/web-month': { amount: '10' } },
      after: { 'budgets/web-month': { amount: '20.5' } },
    });
  });

  it('points come with a file, apart from it, late and corrected: the rater agrees, a repetition changes nothing', async () => {
    await using test = await testOffice(engine);
    const from = Date.UTC(2026, 10, 23, 9);
    const hours = Array.from({ length: 1500 }, (_, i) => new Date(from + i * 3_600_000).toISOString());
    const series = `series: [{ id: spot, unit: vCPU·h, interval: hour, points: [${hours.map((at) => `{ from: ${at}, value: 1 }`).join()}] }]\n`;
    const price =
      '{ key: spot, service: H, component: S, meter: cpu, per: vCPU·h, model: { kind: spot, series: spot } }]';
    const text = smallOrganisation().replace('unitPrice: 1.50 }]', `unitPrice: 1.50 }, ${price}`) + series;
    await test.apply(text);
    expect(await test.apply(text)).toMatchObject({ added: 0, changed: 0, auditId: null });
    const author = test.author('northwind');
    const point = (hour: number, value: string, revision?: number) => ({ fromMs: from + hour * 3_600_000, value, source: 'EX', revision }); // prettier-ignore
    const publish = (...points: ReturnType<typeof point>[]) =>
      publishPoints(test.office, author, 'spot', { points, reason: 'late', idempotencyKey: JSON.stringify(points) });
    const first = await publish(point(1, '-2.50'), point(2000, '7'), point(2, '1', 1)).catch((error: unknown) => error);
    expect(first).toMatchObject({ code: 'POINTS_INVALID', details: { faults: [{ index: 2 }] } });
    const second = await publish(point(1, '-2.50'), point(2000, '7'));
    expect(second.result).toEqual({ series: 'spot', added: 1, revised: 1, unchanged: 0 });
    expect(await publish(point(1, '-2.50'), point(2000, '7'))).toMatchObject({ result: second.result, auditId: null });
    expect((await publish(point(1, '-2.5'), point(2000, '7', 1))).result).toMatchObject({ added: 0, unchanged: 2 });
    expect((await publish(point(1, '0', 1), point(1, '3'))).result).toMatchObject({ revised: 1, unchanged: 1 });
    await expect(publishPoints(test.office, author, 'gone', { points: [point(1, '1')], reason: '' })).rejects.toMatchObject({ code: 'SERIES_UNKNOWN' }); // prettier-ignore

    await expectRaterAgrees(test, 'northwind');
    const state = emptyState(0);
    for (const message of await messages(test)) applyMaster(state, message);
    const { points } = state.tenants.get('northwind')!.master.priceSeries.get('spot')!;
    const stored = await pointsOf(test.office.db, 'northwind', 'spot', { fromMs: 0, toMs: 1e13 });
    expect(stored.map(({ publishedBy: _, publishedAtMs: __, ...one }) => one)).toEqual(points);
    expect(points[1]).toEqual({ fromMs: from + 3_600_000, value: '3', revision: 3, source: 'EX' });
    const revisions = await pointsOf(
      test.office.db,
      'northwind',
      'spot',
      { fromMs: from + 1, toMs: from + 3_600_001 },
      { all: true },
    );
    expect(revisions.map(({ revision, value }) => [revision, value])).toEqual([
      [3, '3'],
      [2, '-2.5'],
      [1, '1'],
    ]);
    await expect(sql`UPDATE series_point SET value = '9'`.execute(test.office.db)).rejects.toThrow('append-only');
  });

  it('refuses to rewrite history, each with its code and place, and writes nothing', async () => {
    await using test = await testOffice(engine);
    const text = smallOrganisation();
    await test.apply(text);
    const refusal = async (from: string, to: string) => {
      const edited = text.replace(from, to);
      expect(edited).not.toBe(text);
      const error = await test.apply(edited).catch((cause: unknown) => cause);
      return (error as { details: { faults: { code: string; line: number }[] } }).details.faults.map(
        ({ code, line }) => `${line} ${code}`,
      );
    };
    expect(await refusal('currency: EUR', 'currency: CHF')).toEqual(['2 TENANT_FIXED']);
    expect(await refusal('timeZone: Europe/Berlin', 'timeZone: Europe/Paris')).toEqual(['2 TENANT_FIXED']);
    expect(
      await refusal(
        ', children: [{ slug: web, name: Web, type: project }] }',
        ' }\n  - { slug: web, name: Web, type: project }',
      ),
    ).toEqual(['6 ACCOUNT_FIXED']);
    expect(await refusal('unit: us', 'unit: us, scale: 3')).toEqual(['9 METER_FIXED']);
    expect(await refusal('unitPrice: 1.50', 'unitPrice: 1.51')).toEqual(['10 PRICE_FIXED']);
    expect(await refusal('account: web }', 'account: top }')).toEqual(['7 OWNERSHIP_FIXED']);
    expect(
      await refusal('account: web }', 'account: web }, { resource: web-1/*, account: top, from: 2026-01-01 }'),
    ).toEqual(['7 OWNERSHIP_IN_THE_PAST']);
    expect(await refusal('type: agent', 'type: gateway')).toEqual(['8 PRODUCER_FIXED']);
    expect(await refusal('account: web, amount', 'account: top, amount')).toEqual(['12 BUDGET_FIXED']);
    const version = (n: number, from: string) =>
      `unitPrice: 1.50 }, { key: cpu, version: ${n}, service: Hosting, component: CPU, meter: cpu, per: vCPU·h, unitPrice: 2${from} }]`;
    expect(await refusal('unitPrice: 1.50 }]', version(3, ', effectiveFrom: 2027-01-01'))).toEqual(['10 VERSION_GAP']);
    expect(await refusal('unitPrice: 1.50 }]', version(2, ', effectiveFrom: 2026-11-01'))).toEqual([
      '10 PRICE_IN_THE_PAST',
    ]);
    expect(await refusal('unitPrice: 1.50 }]', version(2, ''))).toEqual(['10 KEY_MISSING']);
    expect(await refusal('version: 1', 'version: 1\nusers: []')).toEqual(['4 DUPLICATE']);
    expect(await messages(test)).toHaveLength(1);

    const next = text.replace('unitPrice: 1.50 }]', version(2, ', effectiveFrom: 2027-01-01'));
    expect(await test.apply(next)).toMatchObject({ added: 1, changed: 0 });
    expect(await test.apply(next)).toMatchObject({ added: 0, changed: 0 });
    const published = await pricesOf(test.office.db, 'northwind');
    expect(published.map(({ id, version: v, effectiveFromMs }) => [id, v, effectiveFromMs])).toEqual([
      [1, 1, 0],
      [2, 2, Date.UTC(2026, 11, 31, 23)],
    ]);
    expect(published[1]).toMatchObject({ approvedBy: 'tester', approvedAtMs: test.clock.nowMs });
    await expect(test.office.db.updateTable('price').set({ allowance: '9' }).execute()).rejects.toThrow('append-only');
  });

  it('keeps a new target sealed, takes a secret that lies ready, and lets no operator open doors', async () => {
    await using test = await testOffice(engine);
    await test.apply(smallOrganisation());
    const file = join(test.secrets.targetSecrets, 'northwind.hook');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const row = await test.office.db.selectFrom('target').selectAll().executeTakeFirstOrThrow();
    expect(open(test.secrets.sealingKey, row.secret_sealed)).toBe(readFileSync(file, 'utf8').trim());

    const promoted = smallOrganisation().replace('role: viewer', 'role: admin');
    await expect(test.apply(promoted, { isAdmin: false })).rejects.toMatchObject({ code: 'APPLY_NEEDS_ADMIN' });
    const other = smallOrganisation('other');
    await expect(test.apply(other)).rejects.toMatchObject({ code: 'TENANT_MISMATCH' });
  });

  it('cuts a large change set into messages in order', async () => {
    await using test = await testOffice(engine);
    const children = Array.from({ length: 1200 }, (_, n) => `{ slug: a-${n}, name: Account ${n}, type: project }`).join(
      ', ',
    );
    const text = smallOrganisation().replace(
      '{ slug: web, name: Web, type: project }',
      `{ slug: web, name: Web, type: project }, ${children}`,
    );
    const result = await test.apply(text);
    const sent = await messages(test);
    await expectRaterAgrees(test, 'northwind');
    expect(sent).toHaveLength(result.messages);
    expect(sent.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(new Set(sent.map(({ auditId }) => auditId))).toEqual(new Set(['northwind-1']));
    expect(sent.flatMap(({ changes }) => changes).filter(({ kind }) => kind === 'account')).toHaveLength(1203);
  });

  it('applying any organisation twice is applying it once, and so is applying it in two steps', async () => {
    await using test = await testOffice(engine);
    let n = 0;
    const organisation = fc.record({
      parents: fc.array(fc.nat(), { maxLength: 8 }),
      tiers: fc.uniqueArray(fc.integer({ min: 1, max: 10_000 }), { maxLength: 5 }),
      decimals: fc.integer({ min: 0, max: 12 }),
      amount: fc.integer({ min: 1, max: 10_000_000 }),
      zone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/St_Johns'),
      currency: fc.constantFrom('EUR', 'JPY', 'BHD'),
    });
    await fc.assert(
      fc.asyncProperty(organisation, async ({ parents, tiers, decimals, amount, zone, currency }) => {
        const tenant = `t-${n++}`;
        const accounts = parents.map(
          (parent, i) => `  - { slug: a${i}, name: A, type: project, parent: ${i === 0 ? 'root' : `a${parent % i}`} }`,
        );
        const digits = { EUR: 2, JPY: 0, BHD: 3 }[currency];
        const money = digits === 0 ? String(amount) : `${amount}.${'9'.repeat(digits)}`;
        const steps = tiers
          .toSorted((a, b) => a - b)
          .map((upTo) => `      - { upTo: ${upTo}, unitPrice: 0.${'0'.repeat(Math.max(0, decimals - 1))}1 }`);
        const head = [
          'version: 1',
          `tenant: { id: ${tenant}, name: N, currency: ${currency}, timeZone: ${zone} }`,
          'accounts:',
          '  - { slug: root, name: R, type: organisation }',
          '  - { slug: suspense, name: S, type: suspense }',
          ...accounts,
        ].join('\n');
        const rest = [
          'meters: [{ id: m, metric: x.y, unit: By, aggregation: timeWeighted }]',
          'prices:',
          '  - key: p',
          '    service: S',
          '    component: C',
          '    meter: m',
          '    per: GiB·month',
          '    tiers:',
          ...steps,
          '      - { upTo: null, unitPrice: 0, flat: 1.000000000001 }',
          'budgets:',
          `  - { id: b, account: root, amount: ${money}, thresholds: [{ percent: 99.5, action: block }] }`,
        ].join('\n');
        await test.apply(head, { tenant });
        const both = await test.apply(`${head}\n${rest}`, { tenant });
        expect(both).toMatchObject({ added: 3, changed: 0, unchanged: 3 + accounts.length });
        const again = await test.apply(`${head}\n${rest}`, { tenant });
        expect(again).toMatchObject({ added: 0, changed: 0, changes: [], auditId: null, messages: 0 });
        await expectRaterAgrees(test, tenant);
      }),
      { numRuns: 25 },
    );
    expect((await messages(test)).length).toBe(2 * n);
  });
});

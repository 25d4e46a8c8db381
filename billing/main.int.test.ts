import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kvm } from '@nats-io/kv';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ControlMessage } from '#core/messages/control.ts';
import { buckets, streams } from '#core/messages/names.ts';
import { dataPaths } from '#platform/config.ts';
import { jetstreamLog } from '#platform/nats/index.ts';
import { testEngines } from '#platform/postgres/testDatabase.ts';
import { loadSealingKey, open } from '#platform/sealing.ts';
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

  it('applies the first organisation once, publishes it and its target, and picks up after a restart', async () => {
    const [tenant] = await instance.billing.master.tenants();
    const log = await jetstreamLog(instance.connection);
    const stream = streams.control(tenant!.partition);
    const stop = new AbortController();
    const running = instance.billing.start(stop.signal);
    await expect.poll(async () => (await log.last(stream))?.subject).toBe(`control.${tenant!.partition}.northwind`);
    const bucket = await new Kvm(instance.connection).open(buckets.targets);
    await expect
      .poll(async () => (await bucket.get('northwind.hook'))?.json())
      .toMatchObject({ url: 'https://example.org/hook', enabled: true });
    const { secret } = (await bucket.get('northwind.hook'))!.json<{ secret: string }>();
    const first = readFileSync(join(dataPaths(instance.dir).targetSecrets, 'northwind.hook'), 'utf8').trim();
    expect(open(loadSealingKey(dataPaths(instance.dir).sealingKey), secret)).toBe(first);
    const { secret: rotated } = (await instance.call('POST', '/targets/hook/secret', { reason: 'leaked' })).body;
    expect(rotated).toMatch(/^whsec_/);
    await expect
      .poll(async () =>
        open(
          loadSealingKey(dataPaths(instance.dir).sealingKey),
          (await bucket.get('northwind.hook'))!.json<{ secret: string }>().secret,
        ),
      )
      .toBe(rotated);
    stop.abort();
    await running;
    await instance.stop();

    // The notifier turned the target off, the file changed, and the office was away: neither is undone by its start.
    await bucket.put(
      'northwind.hook',
      JSON.stringify({ ...(await bucket.get('northwind.hook'))!.json<object>(), enabled: false }),
    );
    writeFileSync(join(instance.dir, 'org.yaml'), smallOrganisation().replace('name: Web', 'name: Else'));
    await instance.start('org.yaml');
    expect((await instance.billing.master.accounts('northwind')).map(({ name }) => name)).toContain('Web');
    expect((await bucket.get('northwind.hook'))!.json()).toMatchObject({ enabled: false });
    expect(await instance.billing.access.authenticate(instance.admin)).toMatchObject({ role: 'admin' });
    expect((await log.info(stream)).lastSeq).toBe((await log.last(stream))!.seq);

    // A budget raised through the API reaches the log with the trace of the request.
    const again = new AbortController();
    const second = instance.billing.start(again.signal);
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await instance.call('PATCH', '/budgets/web-month', { amount: '99.5', reason: 'more' }, instance.admin, {
      traceparent,
    });
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

  it('takes in a second organisation at a later start, with a key of its own that opens nothing of the first', async () => {
    await instance.stop();
    const second = smallOrganisation('fabrikam').replace('amount: 10.00', 'amount: 99.00');
    writeFileSync(join(instance.dir, 'second.yaml'), second);
    await instance.start('second.yaml');
    expect((await instance.billing.master.tenants()).map(({ id }) => id)).toEqual(['northwind', 'fabrikam']);
    const key = readFileSync(dataPaths(instance.dir).adminKeyOf('fabrikam'), 'utf8').trim();
    expect((await instance.call('GET', '/me', undefined, key)).body).toMatchObject({ tenant: { id: 'fabrikam' } });
    expect((await instance.call('GET', '/me')).body).toMatchObject({ tenant: { id: 'northwind' } });
    const amounts = async (credential?: string) =>
      (await instance.call('GET', '/budgets', undefined, credential)).body.budgets.map(
        ({ amount }: { amount: string }) => amount,
      );
    expect([await amounts(), await amounts(key)]).toEqual([['10'], ['99']]);
    const cross = await instance.call('POST', '/apply', { document: second });
    expect([cross.status, cross.body.code]).toEqual([403, 'TENANT_MISMATCH']);
    const own = await instance.call('POST', '/apply', { document: second }, key);
    expect([own.status, own.body.changes]).toEqual([200, []]);
  });

  it('refuses an unreadable or faulty first organisation with its reason, and holds nothing afterwards', async () => {
    await instance.stop();
    await expect(instance.start('none.yaml')).rejects.toMatchObject({ code: 'ORGANISATION_UNREADABLE' });
    writeFileSync(join(instance.dir, 'bad.yaml'), smallOrganisation('third').replace('1.50', 'free'));
    await expect(instance.start('bad.yaml')).rejects.toMatchObject({
      code: 'APPLY_INVALID',
      message: expect.stringContaining('bad.yaml:10:'),
    });
    await instance.start('org.yaml');
    expect((await instance.billing.master.tenants()).map(({ id }) => id)).toEqual(['northwind']);
  });
});

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEngine, testEngines, type TestEngine } from '#platform/postgres/testDatabase.ts';
import type { CheckKeyRecord } from '#core/messages/checks.ts';
import { sha256 } from '#platform/crypto.ts';
import { accountsOf } from '../accounts/accounts.ts';
import { billingLimits } from '../limits.ts';
import type { Tables } from '../schema.ts';
import { smallOrganisation, testOffice } from '../testing/office.ts';
import { apiKeysOf, authenticate, createApiKey, createLoginLink, logIn, logOut, revokeApiKey } from './access.ts';
import { createCheckKey, publishCheckKeys, reconcileCheckKeys, type CheckKeyBucket } from './checkKeys.ts';
import { ensureAdminKey } from './adminKey.ts';

describe.each(testEngines)('on the %s engine', (kind) => {
  let engine: TestEngine<Tables>;
  beforeAll(async () => {
    engine = await startEngine<Tables>(kind);
  });
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
  });

  it('makes keys for checks that open nothing here, published hashed, gone when revoked, and put right at a start', async () => {
    await using test = await testOffice(engine);
    const { office } = test;
    await test.apply(smallOrganisation());
    const author = test.author('northwind');
    const held = new Map<string, CheckKeyRecord>([['stranger', { tenant: 'x', id: 'y', account: 0 }]]);
    const bucket: CheckKeyBucket = {
      keys: async () => [...held.keys()],
      put: async (key, record) => void held.set(key, record),
      delete: async (key) => void held.delete(key),
    };
    const all = (await createCheckKey(office, author, 'shop')).result.key;
    const part = (await createCheckKey(office, author, 'web', 'web')).result.key;
    await expect(createCheckKey(office, author, 'shop')).rejects.toMatchObject({ code: 'API_KEY_EXISTS' });
    await expect(createCheckKey(office, author, 'z', 'nowhere')).rejects.toMatchObject({ code: 'ACCOUNT_UNKNOWN' });
    for (const key of [all, part]) expect(await authenticate(office, key)).toBeUndefined();
    await publishCheckKeys(office.db, bucket);
    const web = (await accountsOf(office.db, 'northwind')).find(({ slug }) => slug === 'web')!.id;
    const nameOf = (key: string) => sha256(Buffer.from(key));
    expect(held.get(nameOf(all))).toEqual({ tenant: 'northwind', id: 'shop', account: 0 });
    expect(held.get(nameOf(part))).toEqual({ tenant: 'northwind', id: 'web', account: web });
    expect(await apiKeysOf(office.db, 'northwind')).toMatchObject([{ id: 'shop', scope: 'checks', account: 0 }, { id: 'web', account: web }]); // prettier-ignore

    await revokeApiKey(office, author, 'shop');
    await publishCheckKeys(office.db, bucket);
    expect(held.has(nameOf(all))).toBe(false);
    held.delete(nameOf(part));
    held.set(nameOf(all), { tenant: 'northwind', id: 'shop', account: 0 });
    await reconcileCheckKeys(office.db, bucket);
    await publishCheckKeys(office.db, bucket);
    expect([...held.keys()]).toEqual([nameOf(part)]);
  });

  it('opens one session per link, in time, even to ten at once, and keeps no credential in clear', async () => {
    await using test = await testOffice(engine);
    const { office, clock } = test;
    await test.apply(smallOrganisation());
    const author = test.author('northwind');
    const link = await createLoginLink(office, author);
    expect(link.user).toBe('anna');
    const attempts = await Promise.allSettled(Array.from({ length: 10 }, () => logIn(office, link.token)));
    const sessions = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
    expect(sessions).toHaveLength(1);
    const { token } = sessions[0]!;
    expect(await authenticate(office, token)).toEqual({ tenant: 'northwind', actor: 'anna', role: 'admin' });

    const late = await createLoginLink(office, author, 'vera');
    clock.nowMs += billingLimits.loginLinkMs;
    await expect(logIn(office, late.token)).rejects.toMatchObject({ code: 'LOGIN_LINK_INVALID', status: 401 });
    for (const nonsense of ['', 'mtk_', token, `mtk_${'A'.repeat(43)}`]) {
      await expect(logIn(office, nonsense)).rejects.toMatchObject({ code: 'LOGIN_LINK_INVALID' });
    }
    await expect(createLoginLink(office, author, 'nobody')).rejects.toMatchObject({ code: 'USER_UNKNOWN' });

    const dump = JSON.stringify(
      await Promise.all(
        (['session', 'login_link', 'api_key', 'audit'] as const).map((table) =>
          office.db.selectFrom(table).selectAll().execute(),
        ),
      ),
    );
    for (const secret of [token, link.token, late.token]) expect(dump).not.toContain(secret.slice(4));

    await test.apply(smallOrganisation().replace('role: admin }, { id: vera', 'role: viewer }, { id: vera'));
    expect(await authenticate(office, token)).toMatchObject({ role: 'viewer' });
    await test.apply(smallOrganisation().replace('role: admin }', 'role: admin, enabled: false }'));
    expect(await authenticate(office, token)).toBeUndefined();
    await test.apply(smallOrganisation());
    clock.nowMs += billingLimits.sessionMs;
    expect(await authenticate(office, token)).toBeUndefined();

    const again = await logIn(office, (await createLoginLink(office, author)).token);
    await logOut(office, again.token);
    expect(await authenticate(office, again.token)).toBeUndefined();
  });

  it('keys open their own tenant with their role until revoked; nothing else opens anything', async () => {
    await using test = await testOffice(engine);
    const { office } = test;
    await test.apply(smallOrganisation());
    await test.apply(smallOrganisation('other'), { tenant: 'other' });
    const { key } = (await createApiKey(office, test.author('northwind'), 'robot', 'operator')).result;
    expect(key).toMatch(/^mtl_[A-Za-z0-9_-]{43}$/);
    expect(await authenticate(office, key)).toEqual({ tenant: 'northwind', actor: 'key/robot', role: 'operator' });
    await expect(createApiKey(office, test.author('northwind'), 'robot', 'viewer')).rejects.toMatchObject({
      code: 'API_KEY_EXISTS',
    });
    await expect(revokeApiKey(office, test.author('other'), 'robot')).rejects.toMatchObject({
      code: 'API_KEY_UNKNOWN',
    });

    const last = key.at(-1) === 'A' ? 'B' : 'A';
    for (const wrong of [
      '',
      'mtl_',
      key.slice(0, -1),
      key.slice(0, -1) + last,
      `${key}A`,
      key.replace('mtl_', 'mts_'),
      ` ${key}`,
      "' OR 1=1 --",
    ]) {
      expect(await authenticate(office, wrong)).toBeUndefined();
    }
    await revokeApiKey(office, test.author('northwind'), 'robot');
    expect(await authenticate(office, key)).toBeUndefined();
  });

  it("takes the administrator's key from its file, makes one when there is none, and ends the one before", async () => {
    await using test = await testOffice(engine);
    const { office } = test;
    await test.apply(smallOrganisation());
    const path = join(test.dir, 'keys', 'admin.key');
    const key = await ensureAdminKey(office, 'northwind', path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8').trim()).toBe(key);
    expect(await ensureAdminKey(office, 'northwind', path)).toBe(key);
    expect(await authenticate(office, key)).toMatchObject({ tenant: 'northwind', role: 'admin' });

    const given = `mtl_${'k'.repeat(43)}`;
    writeFileSync(path, `${given}\n`);
    expect(await ensureAdminKey(office, 'northwind', path)).toBe(given);
    expect(await authenticate(office, given)).toMatchObject({ role: 'admin' });
    expect(await authenticate(office, key)).toBeUndefined();
    writeFileSync(path, 'changeme');
    await expect(ensureAdminKey(office, 'northwind', path)).rejects.toMatchObject({ code: 'ADMIN_KEY_INVALID' });
  });
});

import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { Routes } from '#platform/http/index.ts';
import { apiLimits } from '../limits.ts';
import { startTestOffice, type TestOffice } from '../testing/office.ts';

/** A service's routes as they are mounted beside ours: one that writes, one that breaks. */
const others: Routes = (app) => {
  app.post(
    '/notes',
    { config: { role: 'operator' }, schema: { body: z.object({ text: z.string() }) } },
    async ({ identity }) => ({ tenant: identity.tenant }),
  );
  app.get('/broken', () => {
    throw new Error('the password is swordfish');
  });
};

let office: TestOffice;
beforeAll(async () => {
  office = await startTestOffice({ routes: [others] });
});
afterAll(() => office[Symbol.asyncDispose]());

const call = (path: string, init: RequestInit = {}) =>
  fetch(`${office.dashboards.url}${path}`, { redirect: 'manual', ...init });
const bearer = { authorization: 'Bearer acme-admin' };

/** The path as given, without the client tidying it. */
const rawGet = (path: string) =>
  new Promise<{ status: number; body: string }>((resolve, reject) => {
    const { hostname, port } = new URL(office.dashboards.url);
    const sent = request({ hostname, port, path, method: 'GET' }, (answer) => {
      let body = '';
      answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    sent.on('error', reject);
    sent.end();
  });

test('a login link opens one session, which works for reading, for writing from our pages, and not after logout', async () => {
  office.memory.loginTokens.set('once', 'fresh');
  office.memory.credentials.set('fresh', { tenant: 'acme', actor: 'user', role: 'operator' });
  // Neither a HEAD nor a prefetch uses the link up.
  await call('/login?token=once', { method: 'HEAD' });
  expect((await call('/login?token=once', { headers: { 'sec-purpose': 'prefetch;prerender' } })).status).toBe(204);
  const login = await call('/login?token=once');
  expect([login.status, login.headers.get('location'), login.headers.get('cache-control')]).toEqual([
    303,
    '/',
    'no-store',
  ]);
  const setCookie = login.headers.get('set-cookie')!;
  expect(setCookie).toMatch(/^mtl_session=fresh; /);
  for (const attribute of ['HttpOnly', 'SameSite=Strict', 'Path=/', 'Expires=']) expect(setCookie).toContain(attribute);
  expect(setCookie).not.toContain('Secure');
  expect((await call('/login?token=once')).status).toBe(401);

  const cookie = { cookie: 'theme=dark; mtl_session=fresh' };
  expect((await call('/api/v1/live-state', { headers: cookie })).status).toBe(200);
  const write = { method: 'POST', body: '{"text":"hello"}' };
  const json = { 'content-type': 'application/json' };
  const from = (headers: Record<string, string>) =>
    call('/api/v1/notes', { ...write, headers: { ...cookie, ...json, ...headers } });
  expect((await from({})).status).toBe(403);
  expect((await from({ origin: 'https://evil.example' })).status).toBe(403);
  expect((await from({ 'sec-fetch-site': 'same-site', origin: office.dashboards.url })).status).toBe(403);
  expect((await from({ 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' })).status).toBe(403);
  expect(await (await from({ 'sec-fetch-site': 'same-origin' })).json()).toEqual({ tenant: 'acme' });
  expect(await (await from({ origin: office.dashboards.url })).json()).toEqual({ tenant: 'acme' });

  const logout = await call('/api/v1/logout', {
    method: 'POST',
    headers: { ...cookie, 'sec-fetch-site': 'same-origin' },
  });
  expect([logout.status, logout.headers.get('set-cookie')]).toEqual([204, expect.stringContaining('mtl_session=;')]);
  expect((await call('/api/v1/live-state', { headers: cookie })).status).toBe(401);
});

test('behind TLS the cookie is Secure and the browser is told to stay there', async () => {
  office.memory.loginTokens.set('tls', 'acme-session');
  const login = await call('/login?token=tls', { headers: { 'x-forwarded-proto': 'https' } });
  expect(login.headers.get('set-cookie')).toContain('Secure');
  expect(login.headers.get('strict-transport-security')).toContain('max-age');
});

test('every answer carries the headers that keep browsers honest, refusals included', async () => {
  for (const path of [
    '/',
    '/assets/app-1234.js',
    '/api/v1/live-state',
    '/api/v1/nothing',
    '/healthz',
    '/login?token=x',
  ]) {
    const { headers } = await call(path);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toMatch(/script-src 'self';/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  }
  expect((await call('/api/v1/live-state', { headers: bearer })).headers.get('cache-control')).toBe('no-store');
  expect((await call('/api/v1/live-state')).headers.get('www-authenticate')).toContain('Bearer');
});

test('pages: hashed files for ever, the application at every other address, nothing outside the folder', async () => {
  const asset = await call('/assets/app-1234.js');
  expect([asset.status, asset.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
  for (const path of ['/', '/explore?by=account', '/why/0-1-2-3-4', '/index.html']) {
    const page = await call(path);
    expect([page.status, page.headers.get('cache-control'), await page.text()]).toEqual([
      200,
      'no-cache',
      expect.stringContaining('Meterline'),
    ]);
  }
  expect((await call('/assets/gone.js')).status).toBe(404);
  expect((await call('/api/v1/nothing')).headers.get('content-type')).toContain('application/problem+json');
  const escapes = [
    '/../../package.json', '/..%2f..%2fpackage.json', '/%2e%2e/%2e%2e/etc/passwd', '/assets/../../../../etc/passwd', '/assets/..%5c..%5cetc',
    '/assets/%2e%2e%2f%2e%2e%2fetc%2fpasswd', '//etc/passwd', '/assets/app-1234.js%00.html', '/....//....//etc/passwd', '/.env',
  ]; // prettier-ignore
  for (const path of escapes) {
    const { status, body } = await rawGet(path);
    expect([200, 400, 404]).toContain(status);
    if (status === 200) expect(body).toBe('<!doctype html><title>Meterline</title>');
    expect(body).not.toMatch(/root:|"dependencies"/);
  }
});

test('too large, broken and wrong requests are refused with a problem that tells no secret', async () => {
  const post = (body: string, type = 'application/json') =>
    call('/api/v1/notes', { method: 'POST', body, headers: { ...bearer, 'content-type': type } });
  expect((await post(JSON.stringify({ text: 'x'.repeat(5 * 1024 * 1024) }))).status).toBe(413);
  expect((await post('{"text":')).status).toBe(400);
  expect((await post('{"__proto__":{"text":"x"}}')).status).toBe(400);
  expect((await post('text=x', 'application/x-www-form-urlencoded')).status).toBe(415);
  expect(await (await post('{"text":1}')).json()).toMatchObject({ code: 'REQUEST_INVALID', status: 400 });
  const broken = await call('/api/v1/broken', { headers: bearer });
  expect(broken.status).toBe(500);
  expect(await broken.text()).not.toContain('swordfish');
  expect((await call(`/api/v1/live-state`, { headers: { authorization: `Bearer ${'x'.repeat(5000)}` } })).status).toBe(
    401,
  );
  expect((await call('/api/v1/why/1-2-3', { headers: bearer })).status).toBe(400);
  expect((await call('/api/v1/alerts?limit=999999', { headers: bearer })).status).toBe(400);
});

test('figures of the whole instance are for administrators; health and metrics need nobody', async () => {
  expect((await call('/api/v1/status', { headers: { authorization: 'Bearer acme-operator' } })).status).toBe(403);
  expect(await (await call('/api/v1/status', { headers: bearer })).json()).toMatchObject({
    partitions: [{ partition: 0, owner: true, outSeq: office.rater.position.seq }],
    latencyMs: { commit: { p50: 1, p99: 2 } },
  });
  expect(await (await call('/healthz')).json()).toEqual({ ok: true });
  expect(await (await call('/readyz')).json()).toEqual({ ready: true });
  expect(await (await call('/metrics')).text()).toMatch(/meterline_dashboards_mirror_syncs_total [1-9]/);
});

// Last, for it uses up this address.
test('an address that guesses is slowed down, for links and for credentials', async () => {
  let login = await call('/login?token=guess');
  for (let i = 0; login.status === 401 && i <= apiLimits.loginsPerMinuteMax; i++)
    login = await call('/login?token=guess');
  expect([login.status, Number(login.headers.get('retry-after')) > 0]).toEqual([429, true]);

  const guess = () => call('/api/v1/live-state', { headers: { authorization: 'Bearer guess' } });
  let answer = await guess();
  for (let i = 0; answer.status === 401 && i <= apiLimits.failuresPerMinuteMax; i++) answer = await guess();
  expect([answer.status, Number(answer.headers.get('retry-after')) > 0]).toEqual([429, true]);
});

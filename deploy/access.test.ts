import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createIdentify } from '#dashboards/api/identify.ts';
import { createApiServer } from '#dashboards/api/server.ts';
import { dashboardEvents } from '#dashboards/events.ts';
import { attemptsOn, operationsOf } from '#dashboards/testing/accessMatrix.ts';
import { roles, type Identity } from '#platform/http/index.ts';
import { bareRoutes, checksOpenApiPath, checksOpenApiText, openApiPath, openApiText } from './openapi.ts';

test('docs/openapi.json is what the routes say of themselves', async () => {
  expect(readFileSync(openApiPath, 'utf8'), 'run `node_modules/.bin/node deploy/openapi.ts`').toBe(await openApiText());
  expect(readFileSync(checksOpenApiPath, 'utf8'), 'likewise').toBe(checksOpenApiText());
});

test('every route of every service refuses who may not call it', async () => {
  const credentials = new Map<string, Identity>(
    roles.map((role) => [`acme-${role}`, { tenant: 'acme', actor: role, role }]),
  );
  credentials.set('acme-session', { tenant: 'acme', actor: 'user', role: 'admin' });
  const access = {
    authenticate: async (credential: string) => credentials.get(credential),
    redeemLogin: async (token: string) => ({ token, expiresAtMs: Date.now() + 60_000 }),
    endSession: async () => undefined,
  };
  const registry = new Registry();
  const app = await createApiServer({
    access,
    identify: createIdentify(access),
    events: dashboardEvents(pino({ level: 'silent' }), registry),
    routes: bareRoutes,
    pages: join(import.meta.dirname, 'no-pages'),
    version: '0',
    registry,
    ready: () => ({ ready: true }),
  });
  const operations = operationsOf(JSON.parse(readFileSync(openApiPath, 'utf8')) as object);
  expect(operations.length).toBeGreaterThan(20);
  let attempts = 0;
  for (const { method, path, leastRole } of operations) {
    for (const { headers, expected, what } of attemptsOn({ method, path, leastRole })) {
      // Each attempt from an address of its own, or the guard would slow them down.
      const remoteAddress = `10.${attempts >> 16}.${(attempts >> 8) & 255}.${attempts++ & 255}`;
      const { statusCode } = await app.inject({
        method: method as 'GET',
        url: path,
        headers: { ...headers },
        remoteAddress,
      });
      const outcome = statusCode === 401 || statusCode === 403 ? statusCode : 'passes';
      expect(`${method} ${path} by ${what}: ${outcome}`).toBe(`${method} ${path} by ${what}: ${expected}`);
    }
  }
  // A one-time link is for this machine, or for TLS.
  const login = async (remoteAddress: string, headers = {}) =>
    (await app.inject({ url: '/login?token=link', remoteAddress, headers })).statusCode;
  expect(await login('127.0.0.1')).toBe(303);
  expect(await login('::1')).toBe(303);
  expect(await login('::ffff:127.0.0.1')).toBe(303);
  expect(await login('192.0.2.7')).toBe(403);
  expect(await login('192.0.2.7', { host: '127.0.0.1', 'x-forwarded-for': '127.0.0.1' })).toBe(403);
  expect(await login('192.0.2.7', { 'x-forwarded-proto': 'https' })).toBe(303);
  await app.close();
});

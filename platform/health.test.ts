import { Registry, Counter } from 'prom-client';
import { expect, test } from 'vitest';
import { serveHealth } from './health.ts';

test('tells life, readiness with its reason, and metrics; a second server on the port is PORT_BUSY', async () => {
  const registry = new Registry();
  new Counter({ name: 'meterline_test_total', help: 'A counter.', registers: [registry] }).inc(3);
  let ready = false;
  await using health = await serveHealth({
    host: '127.0.0.1',
    port: 0,
    ready: () => ({ ready, detail: 'waits for the lease' }),
    registry,
  });
  const get = (path: string) => fetch(`http://127.0.0.1:${health.port}${path}`);
  expect((await get('/healthz')).status).toBe(200);
  const waiting = await get('/readyz');
  expect([waiting.status, await waiting.json()]).toEqual([503, { ready: false, detail: 'waits for the lease' }]);
  ready = true;
  expect((await get('/readyz?verbose')).status).toBe(200);
  expect(await (await get('/metrics')).text()).toContain('meterline_test_total 3');
  expect((await get('/else')).status).toBe(404);
  await expect(
    serveHealth({ host: '127.0.0.1', port: health.port, ready: () => true, registry }),
  ).rejects.toMatchObject({
    code: 'PORT_BUSY',
  });
});

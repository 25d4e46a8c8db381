/** A whole dashboards process on a real broker, with a scripted rater and ports in memory. */
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';
import type { LiveDelta, LiveState } from '#core/messages/api.ts';
import type { Routes } from '#platform/http/index.ts';
import { connectNats, type NatsConnection } from '#platform/nats/index.ts';
import { startTestServer, type TestServer } from '#platform/nats/testServer.ts';
import { createDashboards, type Dashboards } from '../index.ts';
import { applyDelta } from '../mirror/index.ts';
import { emptyMemory, memoryPorts, type Memory } from './memoryPorts.ts';
import { ScriptedRater } from './scriptedRater.ts';

export interface TestOffice extends AsyncDisposable {
  readonly broker: TestServer;
  readonly admin: NatsConnection;
  readonly rater: ScriptedRater;
  readonly memory: Memory;
  readonly dashboards: Dashboards;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
}

export const logStartMs = Date.UTC(2026, 10, 23, 9, 0);

/** Tenants `acme` and `other`, each with a key `<tenant>-<role>` per role and a session `<tenant>-session`. */
export async function startTestOffice(
  options: { readonly routes?: readonly Routes[]; readonly bufferedBytesMax?: number } = {},
): Promise<TestOffice> {
  const broker = await startTestServer({ partitions: 1 });
  const admin = await connectNats({ url: broker.url, credentials: broker.credentials, role: 'admin' });
  const rater = await ScriptedRater.start(admin, logStartMs);
  const memory = emptyMemory(['acme', 'other'], () => rater.logTimeMs);
  for (const tenant of ['acme', 'other']) {
    for (const role of ['viewer', 'auditor', 'operator', 'admin'] as const) {
      memory.credentials.set(`${tenant}-${role}`, { tenant, actor: role, role });
    }
    memory.credentials.set(`${tenant}-session`, { tenant, actor: 'user', role: 'admin' });
  }
  const pages = mkdtempSync(join(tmpdir(), 'meterline-pages-'));
  mkdirSync(join(pages, 'assets'));
  writeFileSync(join(pages, 'index.html'), '<!doctype html><title>Meterline</title>');
  writeFileSync(join(pages, 'assets', 'app-1234.js'), 'export {};');
  const connection = await connectNats({ url: broker.url, credentials: broker.credentials, role: 'office' });
  const dashboards = await createDashboards({
    host: '127.0.0.1',
    port: 0,
    placement: { firstPartition: 0, partitions: 1 },
    version: '0.0.0',
    connection,
    logger: pino({ level: 'silent' }),
    ports: memoryPorts(memory),
    routes: options.routes ?? [],
    pages,
    registry: new Registry(),
    ...(options.bufferedBytesMax === undefined ? {} : { bufferedBytesMax: options.bufferedBytesMax }),
  });
  await until(() => dashboards.ready().ready);
  return {
    broker,
    admin,
    rater,
    memory,
    dashboards,
    get: (path, headers = { authorization: 'Bearer acme-viewer' }) =>
      fetch(`${dashboards.url}${path}`, { headers, redirect: 'manual' }),
    async [Symbol.asyncDispose]() {
      await dashboards.close();
      await connection.close();
      await admin.close();
      await broker[Symbol.asyncDispose]();
    },
  };
}

/** Waits until it is so; the test runner's own limit ends what never is. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** A page: follows `/api/v1/live` and keeps what it shows. */
export class Page {
  shown: LiveState | undefined;
  states = 0;
  deltas = 0;
  closed: number | undefined;
  readonly socket: WebSocket;

  constructor(url: string, headers: Record<string, string>) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/live`, { headers });
    this.socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as LiveState | LiveDelta;
      if (message.type === 'state') {
        this.states++;
        this.shown = message;
      } else {
        this.deltas++;
        this.shown = applyDelta(this.shown!, message);
      }
    });
    this.socket.on('close', (code) => (this.closed = code));
    this.socket.on('error', () => undefined);
  }

  static async open(url: string, key = 'acme-viewer'): Promise<Page> {
    const page = new Page(url, { authorization: `Bearer ${key}` });
    await until(() => page.shown !== undefined);
    return page;
  }
}

/** The dashboards: live mirror, WebSocket gateway and the API server that mounts every service's routes. */
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Placement } from '#core/messages/names.ts';
import type { Registry } from 'prom-client';
import type { Readiness } from '#platform/health.ts';
import { platformError } from '#platform/errors.ts';
import type { App, Routes } from '#platform/http/index.ts';
import { jetstreamLog, type NatsConnection } from '#platform/nats/index.ts';
import type { Logger } from '#platform/telemetry.ts';
import { createIdentify } from './api/identify.ts';
import { dashboardRoutes } from './api/routes.ts';
import { createApiServer } from './api/server.ts';
import { dashboardEvents } from './events.ts';
import { createLiveGateway } from './live/gateway.ts';
import { LiveHub } from './live/hub.ts';
import { createMirror, type Mirror } from './mirror/index.ts';
import type { Ports } from './ports.ts';

export type * from './ports.ts';
export { openApiOf } from './api/openapi.ts';
export { dashboardRoutes } from './api/routes.ts';
export { logoutRoutes } from './api/login.ts';

export interface DashboardsOptions {
  readonly host: string;
  /** 0 takes a free port; the answer's `url` tells which. */
  readonly port: number;
  readonly placement: Placement;
  readonly version: string;
  readonly connection: NatsConnection;
  readonly logger: Logger;
  readonly ports: Ports;
  /** The other services' routes. */
  readonly routes: readonly Routes[];
  /** What keeps the other parts of the process from being ready; undefined when they are. */
  waitingFor?(): string | undefined;
  /** Folder of the built pages. */
  readonly pages?: string;
  /** Where the metrics go; the process's own registry when absent. */
  readonly registry?: Registry;
  /** Unsent bytes that a live client may have. */
  readonly bufferedBytesMax?: number;
}

export interface Dashboards {
  readonly url: string;
  readonly mirror: Mirror;
  ready(): Readiness;
  /** Stops taking requests, tells live pages to come back, and waits for what runs. */
  close(): Promise<void>;
}

/** Listens at once; /readyz is true when every partition's mirror is synced. Throws PORT_BUSY. */
export async function createDashboards(options: DashboardsOptions): Promise<Dashboards> {
  const { connection, ports, version } = options;
  const events = dashboardEvents(options.logger, options.registry);
  const stop = new AbortController();
  const log = await jetstreamLog(connection);
  const mirror = createMirror({ placement: options.placement, log, connection, events, ports });
  const hub = new LiveHub(mirror);
  const identify = createIdentify(ports.access);
  const live = createLiveGateway({
    mirror,
    hub,
    events,
    identify,
    ...(options.bufferedBytesMax === undefined ? {} : { bufferedBytesMax: options.bufferedBytesMax }),
  });
  const ready = (): Readiness => {
    const waiting = mirror.waiting();
    const detail =
      options.waitingFor?.() ??
      (waiting.length === 0 ? undefined : `waits for the owner of partition ${waiting.join(', ')}`);
    return detail === undefined ? { ready: true } : { ready: false, detail };
  };
  const own = dashboardRoutes({
    mirror,
    hub,
    log,
    ports,
    version,
    startedAtMs: ports.now(),
    retired: options.placement.firstPartition,
  });
  const app = await createApiServer({
    access: ports.access,
    identify,
    events,
    routes: [own, ...options.routes],
    pages: options.pages ?? join(import.meta.dirname, 'web', 'dist'),
    version,
    registry: events.registry,
    ready,
  });
  await app.ready();
  live.attach(app.server);
  await listen(app, options.host, options.port);
  const { port } = app.server.address() as AddressInfo;
  const url = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`;
  const running = mirror.run(stop.signal);
  events.listening(url);
  return {
    url,
    mirror,
    ready,
    async close() {
      await live.close();
      await app.close();
      stop.abort();
      await running;
    },
  };
}

async function listen(app: App, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') throw cause;
    throw platformError('PORT_BUSY', `${host}:${port} (${code}).`, { host, port }, cause);
  }
}

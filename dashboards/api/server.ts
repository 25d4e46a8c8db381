import cookie from '@fastify/cookie';
import type { Registry } from 'prom-client';
import { createApp, type App, type Routes } from '#platform/http/index.ts';
import type { Readiness } from '#platform/health.ts';
import type { DashboardEvents } from '../events.ts';
import type { AccessPort } from '../ports.ts';
import { createGuard } from './guard.ts';
import type { Identify } from './identify.ts';
import { mountLogin, logoutRoutes } from './login.ts';
import { describeRoutes } from './openapi.ts';
import { mountPages } from './pages.ts';
import { securityHeaders } from './securityHeaders.ts';

export interface ApiServerOptions {
  readonly access: AccessPort;
  readonly identify: Identify;
  readonly events: DashboardEvents;
  /** Every service's routes; each is mounted apart, under /api/v1, behind the guard. */
  readonly routes: readonly Routes[];
  /** Folder of the built pages; it may be missing. */
  readonly pages: string;
  readonly version: string;
  readonly registry: Registry;
  ready(): Readiness;
}

/** The office's HTTP server, ready to listen: pages, login, API, health and metrics. */
export async function createApiServer(options: ApiServerOptions): Promise<App> {
  const { access, events } = options;
  const app = createApp((error, route) => events.requestBroke(route, error));
  app.addHook('onRequest', securityHeaders);
  await app.register(cookie);
  await describeRoutes(app, options.version);
  await app.register(mountApi(options), { prefix: '/api/v1' });
  mountLogin(app, access, events);
  mountHealth(app, options);
  await mountPages(app, options.pages);
  return app;
}

function mountApi({ access, identify, events, routes }: ApiServerOptions) {
  return async (scope: unknown): Promise<void> => {
    const api = scope as App;
    api.decorateRequest('identity');
    api.addHook('onRequest', createGuard(identify, events));
    for (const mount of [...routes, logoutRoutes(access)]) await api.register(async (part) => mount(part as App));
    api.get('/openapi.json', { config: { role: 'public' }, schema: { hide: true } }, () => api.swagger());
  };
}

function mountHealth(app: App, { ready, registry }: ApiServerOptions): void {
  const open = { config: { role: 'public' }, schema: { hide: true } } as const;
  app.get('/healthz', open, () => ({ ok: true }));
  app.get('/readyz', open, (_request, reply) => {
    const readiness = ready();
    return reply.status(readiness.ready ? 200 : 503).send(readiness);
  });
  app.get('/metrics', open, async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
}

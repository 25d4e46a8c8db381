import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import type { Registry } from 'prom-client';
import { platformError } from './errors.ts';

export interface HealthOptions {
  readonly host: string;
  /** 0 takes a free port; the answer's `port` tells which. */
  readonly port: number;
  /** True, or `{ ready: true }`, once the role does its work; a `detail` names what it waits for. */
  readonly ready: () => boolean | Readiness | Promise<boolean | Readiness>;
  readonly registry: Registry;
  /** Further pages of the role, by path; each answers with JSON. */
  readonly pages?: Readonly<Record<string, () => unknown>>;
  /** An API of the role: answers what is its own, and says of others that they are not. */
  readonly api?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

export interface Readiness {
  readonly ready: boolean;
  readonly detail?: string;
}

export interface HealthServer extends AsyncDisposable {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Answers `/healthz` (the process lives), `/readyz` (503 until it does its work) and `/metrics` (Prometheus text) for
 * roles without an API of their own. Throws PORT_BUSY when the port cannot be had.
 */
export async function serveHealth(options: HealthOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    if (options.api?.(request, response) === true) return;
    answer(options, request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(`${error instanceof Error ? error.message : String(error)}\n`);
    });
  });
  await listen(server, options.host, options.port);
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port: (server.address() as AddressInfo).port, close, [Symbol.asyncDispose]: close };
}

async function answer(options: HealthOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').split('?')[0];
  if (path === '/healthz') return sendJson(response, 200, { ok: true });
  if (path === '/readyz') {
    const given = await options.ready();
    const readiness = typeof given === 'boolean' ? { ready: given } : given;
    return sendJson(response, readiness.ready ? 200 : 503, readiness);
  }
  if (path === '/metrics') {
    response.writeHead(200, { 'content-type': options.registry.contentType });
    response.end(await options.registry.metrics());
    return;
  }
  const page = options.pages?.[path ?? ''];
  if (page !== undefined) return sendJson(response, 200, page());
  sendJson(response, 404, { error: 'Only /healthz, /readyz and /metrics are here.' });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

/** Starts listening; a port that another process holds, or that we may not open, is a PORT_BUSY error. */
export function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const known = cause.code === 'EADDRINUSE' || cause.code === 'EACCES' || cause.code === 'EADDRNOTAVAIL';
      reject(known ? platformError('PORT_BUSY', `${host}:${port} (${cause.code}).`, { host, port }, cause) : cause);
    });
    server.listen(port, host, resolve);
  });
}

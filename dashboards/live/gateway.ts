import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { MeterlineError } from '#core/errors.ts';
import { problemOf, type Identity } from '#platform/http/index.ts';
import { sleep } from '#platform/lifecycle.ts';
import { dashboardsError } from '../errors.ts';
import type { DashboardEvents } from '../events.ts';
import { liveLimits } from '../limits.ts';
import type { Mirror, TenantView } from '../mirror/index.ts';
import { LiveClient } from './client.ts';
import type { LiveHub } from './hub.ts';

export const livePath = '/api/v1/live';

export interface LiveGatewayOptions {
  readonly mirror: Mirror;
  readonly hub: LiveHub;
  readonly events: DashboardEvents;
  /** The same check that every API request passes: credential, and for cookies the page's origin. */
  identify(request: IncomingMessage): Promise<Identity>;
  readonly bufferedBytesMax?: number;
}

export interface LiveGateway {
  /** Takes over upgrade requests of the server. */
  attach(server: Server): void;
  /** Tells every page to come back later; those that do not answer in a moment are cut off. */
  close(): Promise<void>;
}

/** WebSocket `/api/v1/live`: one state, then deltas, of the caller's tenant. */
export function createLiveGateway(options: LiveGatewayOptions): LiveGateway {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: liveLimits.incomingBytesMax,
    perMessageDeflate: false,
    clientTracking: false,
  });
  let closing = false;

  async function admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const identity = await options.identify(request);
    const view = options.mirror.view(identity.tenant);
    if (view === undefined || closing) throw dashboardsError('LIVE_NOT_READY');
    await options.mirror.look(view);
    refuseWhenFull(identity.tenant);
    if (!socket.writable) return;
    sockets.handleUpgrade(request, socket, head, (webSocket) => open(webSocket, request, identity, view));
  }

  function refuseWhenFull(tenant: string): void {
    const full =
      options.hub.size >= liveLimits.clientsMax || options.hub.sizeOf(tenant) >= liveLimits.clientsPerTenantMax;
    if (full) throw dashboardsError('LIVE_FULL');
  }

  function open(
    webSocket: import('ws').WebSocket,
    request: IncomingMessage,
    identity: Identity,
    view: TenantView,
  ): void {
    const client = options.hub.join(
      view,
      () =>
        new LiveClient({
          socket: webSocket,
          tenant: identity.tenant,
          events: options.events,
          state: () => JSON.stringify(view.state()),
          recheck: () => stillAllowed(request, identity),
          bufferedBytesMax: options.bufferedBytesMax ?? liveLimits.bufferedBytesMax,
          onClosed() {
            options.hub.leave(client);
            options.events.clientsNow(options.hub.size);
          },
        }),
    );
    options.events.clientsNow(options.hub.size);
  }

  /** False once the credential no longer opens the tenant; rejects when that cannot be told. */
  async function stillAllowed(request: IncomingMessage, identity: Identity): Promise<boolean> {
    try {
      return (await options.identify(request)).tenant === identity.tenant;
    } catch (error) {
      if (error instanceof MeterlineError && error.status < 500) return false;
      throw error;
    }
  }

  return {
    attach(server) {
      server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        socket.on('error', () => socket.destroy());
        if (pathOf(request) !== livePath) return refuse(socket, 404, { code: 'NOT_FOUND' });
        admit(request, socket, head).catch((error: unknown) => {
          const problem = problemOf(error);
          if (problem.status >= 500 && problem.code === 'INTERNAL') options.events.requestBroke(livePath, error);
          refuse(socket, problem.status, problem);
        });
      });
    },
    async close() {
      closing = true;
      for (const client of options.hub.clients()) client.close('draining');
      for (let waitedMs = 0; options.hub.size > 0 && waitedMs < liveLimits.drainMsMax; waitedMs += drainPollMs)
        await sleep(drainPollMs);
      for (const client of options.hub.clients()) client.terminate();
    },
  };
}

const drainPollMs = 20;

const pathOf = (request: IncomingMessage): string => (request.url ?? '').split('?', 1)[0]!;

function refuse(socket: Duplex, status: number, body: object): void {
  const text = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}

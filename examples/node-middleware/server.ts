/** A small service behind the middleware. Its clients say who they are in a header; a real one takes it from their login. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { follow, webhookHandler } from '../enforce/meterline.ts';
import { readSettings } from '../enforce/settings.ts';
import { Wanted } from '../enforce/wanted.ts';
import { meterlineMiddleware } from './middleware.ts';

const settings = readSettings(process.env);
const wanted = new Wanted();
const ending = new AbortController();
const nothing = (): void => undefined;

const webhooks = webhookHandler(settings.secrets, wanted, nothing);
const guard = meterlineMiddleware({
  wanted,
  accountsOf: ({ headers }) =>
    String(headers['x-accounts'] ?? '')
      .split(/[ ,]+/)
      .filter((slug) => slug !== ''),
  throttledPerSecond: Number(process.env['THROTTLED_PER_SECOND'] ?? 1),
});

const server = createServer((request, response) => {
  if (request.method === 'POST' && request.url === '/meterline') return webhooks(request, response);
  guard(request, response, () => response.writeHead(200, { 'content-type': 'text/plain' }).end('rendered\n'));
});
server.listen(settings.port, settings.host, () =>
  console.log(`listening on http://${settings.host}:${(server.address() as AddressInfo).port}/`),
);
void follow(settings, wanted, nothing, ending.signal);
process.once('SIGTERM', () => {
  ending.abort();
  server.close();
  server.closeAllConnections();
});

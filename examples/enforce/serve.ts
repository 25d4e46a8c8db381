/** What every example has in common: it listens, takes webhooks at /meterline, asks for the desired state, ends with SIGTERM. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { follow, webhookHandler } from './meterline.ts';
import type { Settings } from './settings.ts';
import type { Wanted } from './wanted.ts';

/** `answer`: any other request. `changed`: before a webhook is answered, which comes again where it fails, and after each answer of a rater. */
export function serve(
  settings: Settings,
  wanted: Wanted,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  changed: () => Promise<void> = () => Promise.resolve(),
): void {
  const ending = new AbortController();
  const webhooks = webhookHandler(settings.secrets, wanted, changed);
  const server = createServer((request, response) =>
    (request.method === 'POST' && request.url === '/meterline' ? webhooks : answer)(request, response),
  );
  server.listen(settings.port, settings.host, () =>
    console.log(`listening on http://${settings.host}:${(server.address() as AddressInfo).port}/`),
  );
  void follow(settings, wanted, () => void changed().catch(() => undefined), ending.signal);
  process.once('SIGTERM', () => {
    ending.abort();
    server.close();
    server.closeAllConnections();
  });
}

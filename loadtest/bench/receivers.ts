/** Where the webhooks of a measurement arrive: one that notes when, and one that answers nobody. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GroupedBody, WebhookBody } from '#core/messages/delivery.ts';

export interface Receiver extends Disposable {
  readonly url: string;
  /** Resolves with the time at which the webhook of that budget has arrived. */
  webhookOf(budget: string): Promise<number>;
}

export async function startReceiver(): Promise<Receiver> {
  const waiting = new Map<string, (atMs: number) => void>();
  const server = createServer((request, response) => {
    const atMs = performance.now();
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(204).end();
      const { type, data } = JSON.parse(Buffer.concat(chunks).toString()) as WebhookBody | GroupedBody;
      const sources = type === 'alerts.grouped' ? (data as GroupedBody['data']).sources : [data as WebhookBody['data']];
      for (const { source } of sources) waiting.get(source.slice('budget:'.length))?.(atMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    webhookOf: (budget) => new Promise((resolve) => waiting.set(budget, resolve)),
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Takes requests and answers none. */
export async function startMute(): Promise<Disposable & { readonly url: string; held(): number }> {
  let held = 0;
  const server = createServer((request) => {
    held++;
    request.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    held: () => held,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

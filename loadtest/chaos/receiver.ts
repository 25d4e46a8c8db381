/** Receives webhooks: each alert counts once however often it comes, under its id. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GroupedBody, WebhookBody } from '#core/messages/delivery.ts';

export interface Receiver extends Disposable {
  readonly url: string;
  /** Deliveries that were answered with 204, by alert id. */
  readonly accepted: ReadonlyMap<string, number>;
  /** How it answers from now on. */
  mood: 'well' | 'failing' | 'silent';
}

export async function startReceiver(): Promise<Receiver> {
  const accepted = new Map<string, number>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (receiver.mood === 'silent') return;
      if (receiver.mood === 'failing') return void response.writeHead(503).end();
      const { type, data } = JSON.parse(Buffer.concat(chunks).toString()) as WebhookBody | GroupedBody;
      const ids = type === 'alerts.grouped' ? (data as GroupedBody['data']).ids : [data.id];
      for (const id of ids) accepted.set(id, (accepted.get(id) ?? 0) + 1);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    accepted,
    mood: 'well',
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
  return receiver;
}

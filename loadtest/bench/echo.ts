/** Answers at once over HTTP and NATS, in a process of its own: what any service of this shape takes on this machine. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connectNats } from '#platform/nats/index.ts';

const [url = '', credentials = ''] = process.argv.slice(2);
const answer = JSON.stringify({ allowed: true, padding: 'x'.repeat(300) });

const server = createServer((request, response) => {
  request.resume().on('end', () => response.end(answer));
});
const connection = await connectNats({ url, credentials, role: 'admin' });
connection.subscribe('echo', { callback: (_, message) => void message.respond(answer) });
await connection.flush();
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));

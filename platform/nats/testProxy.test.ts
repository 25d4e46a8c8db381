import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { startProxy } from './testProxy.ts';

/** A server that says back what it is told. */
async function echo() {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      heard.push(chunk.toString());
      socket.write(chunk);
    });
  });
  const heard: string[] = [];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { heard, port: (server.address() as AddressInfo).port, [Symbol.dispose]: () => void server.close() };
}

const said = async (socket: Socket): Promise<string> => String((await once(socket, 'data'))[0]);
const untilHeard = async (heard: readonly string[], text: string) => {
  while (!heard.includes(text)) await new Promise((resolve) => setTimeout(resolve, 1));
};

test('what is held arrives late and whole; answers alone can be held; a cut resets, and nobody comes through', async () => {
  using server = await echo();
  using proxy = await startProxy(server.port);
  const socket = connect(proxy.port, '127.0.0.1');
  socket.write('one');
  expect(await said(socket)).toBe('one');

  proxy.stall('answers');
  socket.write('two');
  await untilHeard(server.heard, 'two');
  proxy.mend();
  expect(await said(socket)).toBe('two');

  proxy.stall('all');
  socket.write('three');
  const later = connect(proxy.port, '127.0.0.1');
  await once(later, 'connect');
  later.write('four');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(server.heard).toEqual(['one', 'two']);
  proxy.mend();
  expect(await Promise.all([said(socket), said(later)])).toEqual(['three', 'four']);

  const reset = Promise.all([socket, later].map((each) => once(each, 'error')));
  proxy.cut();
  expect((await reset).map(([error]) => (error as NodeJS.ErrnoException).code)).toEqual(['ECONNRESET', 'ECONNRESET']);
  const refused = connect(proxy.port, '127.0.0.1');
  expect(((await once(refused, 'error'))[0] as NodeJS.ErrnoException).code).toBe('ECONNRESET');
  proxy.mend();
  const again = connect(proxy.port, '127.0.0.1');
  again.write('five');
  expect(await said(again)).toBe('five');
  again.destroy();
});

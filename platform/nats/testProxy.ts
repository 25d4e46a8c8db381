/** A TCP proxy on loopback for tests: what passes through it can be cut off, as a network does, and let through again. */
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

export interface TestProxy extends AsyncDisposable {
  readonly port: number;
  /** Nothing passes any more and nobody is told: connections stay open, new ones are taken and hear nothing. */
  cut(): void;
  /** What waited passes. */
  heal(): void;
  /** Breaks the connections that are there; new ones pass. */
  drop(): void;
}

export async function startTestProxy(targetPort: number): Promise<TestProxy> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    join(client, target);
    join(target, client);
  });
  const join = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.setNoDelay(true);
    if (isCut) from.pause();
    from.on('data', (data) => {
      if (!to.write(data)) from.pause();
    });
    to.on('drain', () => isCut || from.resume());
    from.on('error', () => undefined);
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.pause();
    },
    heal() {
      isCut = false;
      for (const socket of sockets) socket.resume();
    },
    drop() {
      for (const socket of sockets) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

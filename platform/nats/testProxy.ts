/** A TCP proxy that stands between a process and its broker in tests and chaos, and breaks as networks do. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

interface Breakable extends Disposable {
  /** Resets every connection, and each new one until it is mended. */
  cut(): void;
  /** Connections stay, nothing passes until it is mended; then all of it arrives, late. `answers`: only what comes back is held. */
  stall(what: 'all' | 'answers'): void;
  mend(): void;
}

export interface Proxy extends Breakable {
  readonly port: number;
  /** Resets the connections that are there; new ones pass. */
  drop(): void;
}

export interface Proxies extends Breakable {
  readonly ports: readonly number[];
}

type Direction = 'there' | 'back';

/** One proxy a port of this machine, broken and mended together. */
export async function startProxies(targetPorts: readonly number[]): Promise<Proxies> {
  const proxies = await Promise.all(targetPorts.map(startProxy));
  const all = (act: (proxy: Proxy) => void) => () => proxies.forEach(act);
  return {
    ports: proxies.map(({ port }) => port),
    cut: all((proxy) => proxy.cut()),
    stall: (what) => proxies.forEach((proxy) => proxy.stall(what)),
    mend: all((proxy) => proxy.mend()),
    [Symbol.dispose]: all((proxy) => proxy[Symbol.dispose]()),
  };
}

/** Forwards to a port of this machine. */
export async function startProxy(targetPort: number): Promise<Proxy> {
  const pairs = new Set<Pair>();
  const held = new Set<Direction>();
  let isCut = false;
  const server = createServer((client) => {
    if (isCut) return void client.on('error', () => undefined).resetAndDestroy();
    const pair = new Pair(client, connect(targetPort, '127.0.0.1'), () => pairs.delete(pair));
    pairs.add(pair);
    for (const direction of held) pair.hold(direction);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const drop = () => {
    for (const pair of pairs) pair.reset();
  };
  const cut = () => {
    isCut = true;
    drop();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    drop,
    stall(what) {
      for (const direction of what === 'all' ? (['there', 'back'] as const) : (['back'] as const)) {
        held.add(direction);
        for (const pair of pairs) pair.hold(direction);
      }
    },
    mend() {
      isCut = false;
      held.clear();
      for (const pair of pairs) pair.release();
    },
    [Symbol.dispose]() {
      cut();
      server.close();
    },
  };
}

/** Both sockets of one connection. */
class Pair {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #held = new Set<Direction>();

  constructor(client: Socket, server: Socket, onClose: () => void) {
    this.#client = client;
    this.#server = server;
    for (const [from, to, direction] of [[client, server, 'there'], [server, client, 'back']] as const) {
      from.setNoDelay(true);
      from.on('data', (chunk) => {
        if (!to.write(chunk)) from.pause();
      });
      to.on('drain', () => {
        if (!this.#held.has(direction)) from.resume();
      });
      from.on('end', () => to.end());
      from.on('error', () => this.reset());
      from.on('close', () => {
        to.destroy();
        onClose();
      });
    } // prettier-ignore
  }

  hold(direction: Direction): void {
    this.#held.add(direction);
    this.#from(direction).pause();
  }

  release(): void {
    for (const direction of this.#held) this.#from(direction).resume();
    this.#held.clear();
  }

  reset(): void {
    // A socket that has said its last word can no longer be reset: libuv would keep it for ever.
    for (const socket of [this.#client, this.#server])
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
  }

  #from(direction: Direction): Socket {
    return direction === 'there' ? this.#client : this.#server;
  }
}

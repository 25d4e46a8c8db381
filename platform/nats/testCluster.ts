/**
 * Three real nats-servers on loopback for a test, configured as a cluster in production is. Routes between them and clients
 * reach them through proxies, so that each can be cut off; each can have a small disk that can be filled up.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connectNats } from './connect.ts';
import { natsServerConfig, type AgentIdentity } from './serverConfig.ts';
import { ensureStreams } from './streams.ts';
import { testDisk, type TestDisk } from './testDisk.ts';
import { startProxy, type Proxy } from './testProxy.ts';
import { freePort } from './testServer.ts';

const nodes = [0, 1, 2] as const;
/** One of the three brokers. */
export type TestNode = (typeof nodes)[number];

export interface TestCluster extends AsyncDisposable {
  /** All three, for `connectNats`. */
  readonly url: string;
  readonly credentials: string;
  readonly dir: string;
  readonly replicas: 3;
  urlOf(node: TestNode): string;
  /** Undefined while it is down. */
  pidOf(node: TestNode): number | undefined;
  /** SIGKILL. */
  kill(node: TestNode): Promise<void>;
  /** Ends it in order, as an upgrade does. */
  stop(node: TestNode): Promise<void>;
  /** The same broker again on the same files. */
  start(node: TestNode): void;
  /** Cuts it off from the other two and, unless told otherwise, from its clients. */
  cut(node: TestNode, options?: { readonly clients?: boolean }): void;
  heal(node: TestNode): void;
  /** Breaks all connections of clients; they come back. */
  dropClients(node: TestNode): void;
  /** Needs `diskBytes`. */
  fillDisk(node: TestNode): void;
  freeDisk(node: TestNode): void;
  /** How a full disk is made here: a file system of its own, or a limit of the process. */
  readonly diskKind: TestDisk['kind'] | undefined;
  /** Names of the connections that it has. */
  clientsOf(node: TestNode): Promise<readonly string[]>;
  /** The stream's leader as the brokers that can be asked know it. */
  leaderOf(stream: string): Promise<TestNode>;
  /** Resolves once every broker that runs says that all it holds is up to date. */
  healthy(): Promise<void>;
}

export interface TestClusterOptions {
  readonly partitions: number;
  readonly agents?: readonly AgentIdentity[];
  /** Program of the broker; METERLINE_NATS_SERVER when absent. */
  readonly binary?: string;
  /** Gives each broker a disk of this size. */
  readonly diskBytes?: number;
  /** Without proxies, for measurements: nothing can be cut off. */
  readonly isDirect?: boolean;
}

const nameOf = (node: number): string => `broker-${node + 1}`;
const pollMs = 50;

/** Begins again where a broker ended at once: another process may have taken a port between its choice and its use. */
export async function startTestCluster(options: TestClusterOptions): Promise<TestCluster> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (!(error instanceof BrokerEnded) || attempt === startsMax) throw error;
    }
  }
}

class BrokerEnded extends Error {}
const startsMax = 3;

async function startOnce(options: TestClusterOptions): Promise<TestCluster> {
  const binary = options.binary ?? process.env['METERLINE_NATS_SERVER'];
  if (binary === undefined) throw new Error('METERLINE_NATS_SERVER is not set; run the tests with `npm test`');
  await using stack = new AsyncDisposableStack();
  const dir = mkdtempSync(join(tmpdir(), 'meterline-cluster-'));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  const credentials = join(dir, 'keys');
  const ports = await Promise.all(
    nodes.map(async () => [await freePort(), await freePort(), await freePort()] as const),
  );
  const linkTo = async (port: number): Promise<Proxy> =>
    options.isDirect === true ? whole(port) : stack.use(await startProxy(port));
  const client = await Promise.all(ports.map(([port]) => linkTo(port)));
  /** By who connects and to whom. */
  const route = await Promise.all(
    nodes.map((from) => Promise.all(nodes.map(async (to) => (to === from ? undefined : await linkTo(ports[to]![1]))))),
  );
  const disks = nodes.map((node) => {
    const { diskBytes } = options;
    return diskBytes === undefined ? undefined : stack.use(testDisk(join(dir, `disk-${node}`), diskBytes));
  });
  const children: (ChildProcess | undefined)[] = nodes.map(() => undefined);

  const configs = nodes.map((node) => {
    const path = join(dir, `${nameOf(node)}.conf`);
    const [port, routePort, monitorPort] = ports[node]!;
    const text = natsServerConfig({
      port,
      monitorPort,
      storeDir: disks[node]?.dir ?? join(dir, `store-${node}`),
      credentials,
      agents: options.agents ?? [],
      log: { path: join(dir, `${nameOf(node)}.log`), bytesMax: 64 * 1024 ** 2 },
      cluster: {
        serverName: nameOf(node),
        listen: `127.0.0.1:${routePort}`,
        // What they tell one another of each other would lead past the proxies.
        advertise: '127.0.0.1:1',
        routes: route[node]!.flatMap((proxy) => (proxy === undefined ? [] : [`127.0.0.1:${proxy.port}`])),
        secret: 'between-brokers',
      },
    });
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  });

  const start = (node: TestNode): void => {
    children[node] = spawn(binary, ['-c', configs[node]!], { stdio: 'ignore' });
  };
  const end = async (node: TestNode, signal: NodeJS.Signals): Promise<void> => {
    const child = children[node];
    if (child === undefined) return;
    children[node] = undefined;
    if (hasEnded(child)) return;
    const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    await exit;
  };
  const linksOf = (node: TestNode): Proxy[] =>
    nodes.flatMap((other) => [route[node]![other], route[other]![node]]).filter((proxy) => proxy !== undefined);
  const isHealthy = async (node: TestNode): Promise<boolean> => {
    const answer = await fetch(`http://127.0.0.1:${ports[node]![2]}/healthz`).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.ok === true;
  };
  const healthy = async (): Promise<void> => {
    for (const node of nodes) {
      while (children[node] !== undefined && !(await isHealthy(node))) {
        if (hasEnded(children[node])) throw new BrokerEnded(`${nameOf(node)} ended by itself`);
        await sleepMs(pollMs);
      }
    }
  };

  stack.defer(async () => void (await Promise.all(nodes.map((node) => end(node, 'SIGKILL')))));
  for (const node of nodes) start(node);
  const url = client.map(({ port }) => `nats://127.0.0.1:${port}`).join(',');
  const admin = stack.adopt(await connectNats({ url, credentials, role: 'admin' }), (connection) => connection.close());
  await healthy();
  await ensureStreams(admin, options.partitions, 3);
  const manager = await jetstreamManager(admin);
  await healthy();
  const own = stack.move();

  return {
    url,
    credentials,
    dir,
    replicas: 3,
    urlOf: (node) => `nats://127.0.0.1:${client[node]!.port}`,
    pidOf: (node) => children[node]?.pid,
    kill: (node) => end(node, 'SIGKILL'),
    stop: (node) => end(node, 'SIGTERM'),
    start,
    cut(node, { clients = true } = {}) {
      for (const proxy of linksOf(node)) proxy.stall('all');
      if (clients) client[node]!.stall('all');
    },
    heal(node) {
      for (const proxy of [...linksOf(node), client[node]!]) proxy.mend();
    },
    dropClients: (node) => client[node]!.drop(),
    fillDisk: (node) => disks[node]!.fill(children[node]!.pid!),
    freeDisk(node) {
      const pid = children[node]?.pid;
      disks[node]!.free(pid ?? 0);
    },
    diskKind: disks[0]?.kind,
    async clientsOf(node) {
      const answer = await fetch(`http://127.0.0.1:${ports[node]![2]}/connz`);
      const { connections } = (await answer.json()) as { connections: { name: string }[] };
      return connections.map(({ name }) => name);
    },
    async leaderOf(stream) {
      for (;;) {
        const info = await manager.streams.info(stream).catch(() => undefined);
        const leader = nodes.find((node) => nameOf(node) === info?.cluster?.leader);
        if (leader !== undefined) return leader;
        await sleepMs(pollMs);
      }
    },
    healthy,
    [Symbol.asyncDispose]: () => own.disposeAsync(),
  };
}

/** The port itself, which nothing stands before. */
function whole(port: number): Proxy {
  const cannot = (): never => {
    throw new Error('a cluster without proxies cannot be cut');
  };
  return { port, cut: cannot, drop: cannot, stall: cannot, mend: () => undefined, [Symbol.dispose]: () => undefined };
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

const sleepMs = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

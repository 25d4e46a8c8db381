/**
 * The instance under test: a broker, raters, an office and agents as real processes under the product's own supervision, each
 * reaching the broker, or each of three, through a proxy of its own.
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockInstance } from '#deploy/instance/lock.ts';
import { ensureSigningKey, recordAgent } from '#deploy/instance/keys.ts';
import { takePorts } from '#deploy/instance/ports.ts';
import { prepareInstance, writeNatsConfig } from '#deploy/instance/prepare.ts';
import { readProcesses } from '#deploy/instance/processes.ts';
import { brokerSpec, isHealthy, prepareStreams } from '#deploy/up/broker.ts';
import { watchBroker } from '#deploy/up/brokerWatch.ts';
import { Family } from '#deploy/up/family.ts';
import { roleSpec } from '#deploy/up/roleSpecs.ts';
import type { Role } from '#deploy/roles.ts';
import { dataPaths, type Config } from '#platform/config.ts';
import type { TestCluster } from '#platform/nats/testCluster.ts';
import { connectNats, jetstreamLog, type NatsConnection } from '#platform/nats/index.ts';
import type { Log } from '#platform/log.ts';
import type { Logger } from '#platform/telemetry.ts';
import { diskKind, mountSmall, unmount } from './disks.ts';
import { chaosLimits } from './limits.ts';
import type { Machine } from './load.ts';
import { organisationFile, type ChaosAgent, type Tenant } from './organisation.ts';
import { startProxies, type Proxies } from '#platform/nats/testProxy.ts';
import { committedControl } from './lag.ts';

export interface InstanceOptions {
  readonly dataDir: string;
  readonly tenants: readonly Tenant[];
  readonly timeZone: string;
  readonly webhookUrl: string;
  readonly diskBytes: number;
  /** Three brokers that run already; else one is started here, under the supervisor. */
  readonly cluster: TestCluster | undefined;
  readonly logger: Logger;
  readonly onLogLine: (line: string) => void;
}

export interface Instance extends AsyncDisposable {
  readonly config: Config;
  readonly cluster: TestCluster | undefined;
  readonly tenants: readonly Tenant[];
  /** Straight to the broker, past every proxy. */
  readonly connection: NatsConnection;
  readonly log: Log;
  /** By the name of the process that reaches the broker through it. */
  readonly proxies: ReadonlyMap<string, Proxies>;
  /** Sends a signal to a process; false while it is down. */
  signal(name: string, signal: NodeJS.Signals): boolean;
  pidOf(name: string): number | undefined;
  startAgents(machines: ReadonlyMap<string, Machine>): Promise<void>;
  stopAgents(): Promise<void>;
  /** In order; the data directory is nobody's afterwards. */
  stop(): Promise<void>;
}

const raterNames = Array.from({ length: chaosLimits.raters }, (_, at) => `rater-${at + 1}`);

/** Starts all but the agents, with every organisation applied and committed. */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const { dataDir, tenants, logger, onLogLine, cluster } = options;
  using disks = new DisposableStack();
  await using stack = new AsyncDisposableStack();
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  stack.use(lockInstance(dataDir));
  const prepared = await prepareInstance({
    dataDir, port: 0, partitions: tenants.length, agent: undefined, organisation: '', allowLoopbackWebhooks: true, logLevel: 'info',
  }); // prettier-ignore
  const paths = dataPaths(dataDir);
  let { config } = prepared;
  if (cluster !== undefined) {
    // Every command looks for an instance's credentials in its own directory.
    cpSync(cluster.credentials, paths.credentials, { recursive: true });
    config = { ...config, nats: { url: cluster.url, replicas: cluster.replicas, credentials: paths.credentials } };
    writeFileSync(prepared.configPath, JSON.stringify(config), { mode: 0o600 });
  }
  if (diskKind() === 'tmpfs')
    for (const folder of [paths.nats, paths.clickhouse, paths.collector]) {
      mountSmall(folder, options.diskBytes);
      disks.defer(() => unmount(folder));
    }
  const agents = tenants.flatMap((tenant) => tenant.agents);
  const keys = new Map(agents.map((agent) => [agent.producer, enrol(dataDir, agent)]));
  const family = new Family(dataDir, logger);
  stack.defer(() => family.stopAll());
  const over = new AbortController();
  stack.defer(() => over.abort());
  const line = { onLogLine };
  if (cluster === undefined) {
    const natsConfigPath = writeNatsConfig(config, prepared.plan.storeBytesMax);
    await family.start(brokerSpec(config, natsConfigPath), over.signal);
    await prepareStreams(config, prepared.plan);
    void watchBroker(config, () => family.restart('nats-server'), logger, over.signal);
  }
  const connection = stack.adopt(await connectNats({ ...config.nats, role: 'admin' }), (open) => open.close());
  const log = await jetstreamLog(connection);

  const proxies = new Map<string, Proxies>();
  stack.defer(() => proxies.forEach((proxy) => proxy[Symbol.dispose]()));
  const brokerPorts = config.nats.url.split(',').map((url) => Number(new URL(url).port));
  /** The role's own configuration file: its broker is its proxy. */
  const configure = async (name: string, change: Partial<Config>): Promise<[Config, string]> => {
    const proxy = proxies.get(name) ?? (await startProxies(brokerPorts));
    proxies.set(name, proxy);
    const nats = { ...config.nats, url: proxy.ports.map((port) => `nats://127.0.0.1:${port}`).join(',') };
    const own = { ...config, nats, ...change };
    const path = join(paths.run, `${name}.json`);
    writeFileSync(path, JSON.stringify(own), { mode: 0o600 });
    return [own, path];
  };
  const startRole = async (role: Role, name: string, change: Partial<Config>) =>
    family.start({ ...roleSpec(role, ...(await configure(name, change)), line), name }, over.signal);

  await Promise.all(
    raterNames.map(async (name) => {
      const port = await freePort();
      const spec = roleSpec('rater', ...(await configure(name, { rater: { ...config.rater, port } })), line);
      // A rater is well whatever it owns: one of them may own nothing.
      await family.start({ ...spec, name, ready: () => isHealthy(`http://127.0.0.1:${port}/healthz`) }, over.signal);
    }),
  );
  // The office takes in one organisation at each start.
  for (const [at, tenant] of tenants.entries()) {
    const file = join(paths.run, `${tenant.id}.yaml`);
    writeFileSync(file, organisationFile(tenant, options.timeZone, keys, options.webhookUrl));
    if (at > 0) await family.stop(['office']);
    await startRole('office', 'office', { office: { ...config.office, applyAtFirstStart: file } });
    await committedControl(log, tenant.partition);
  }

  const running = stack.move();
  const mounted = disks.move();
  const stopAgents = () => family.stop(agents.map(({ producer }) => producer));
  const pidOf = (name: string) => readProcesses(dataDir).find((record) => record.name === name)?.pid;
  const signal = (name: string, what: NodeJS.Signals) => {
    const pid = pidOf(name);
    try {
      return pid !== undefined && process.kill(pid, what);
    } catch {
      return false; // It has just ended.
    }
  };
  const stop = async () => {
    for (const proxy of proxies.values()) proxy.mend();
    for (const { name } of readProcesses(dataDir)) signal(name, 'SIGCONT');
    await stopAgents();
    await family.stop(raterNames);
    await family.stop(['office']);
    await running.disposeAsync();
  };
  return {
    config, cluster, tenants, connection, log, proxies, pidOf, signal, stopAgents, stop,
    async startAgents(machines) {
      await Promise.all(
        agents.map(async (agent) => {
          const { procRoot, sysRoot } = machines.get(agent.producer)!.tree;
          const port = await freePort();
          const { tenant, producer } = agent;
          const collector = { ...config.collector, port, tenant, producer, procRoot, sysRoot, intervalMs: chaosLimits.intervalMs };
          await startRole('collector', producer, { collector });
        }),
      );
    },
    async [Symbol.asyncDispose]() {
      await stop();
      mounted.dispose();
    },
  }; // prettier-ignore
}

const freePort = async (): Promise<number> => (await takePorts('127.0.0.1', [0]))[0]!;

/** Makes the agent's key, and lets the broker know it at its start; gives the public key. */
function enrol(dataDir: string, { tenant, producer }: ChaosAgent): string {
  recordAgent(dataDir, { tenant, producer });
  return ensureSigningKey(dataDir, producer);
}

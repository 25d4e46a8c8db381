import { join, resolve } from 'node:path';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dataPaths, parseConfig, type Config } from '#platform/config.ts';
import { natsServerConfig, type AgentIdentity } from '#platform/nats/index.ts';
import { deployError } from '../errors.ts';
import { folderBytes, freeBytesAt, planStore, whyNotWritable, type StorePlan } from './disk.ts';
import { writeDurably } from './files.ts';
import { instancePath, openInstance, type Instance } from './instanceFile.ts';
import { ensureKeys, recordAgent, recordedAgents, recordedServices } from './keys.ts';
import { takePorts } from './ports.ts';

export interface PrepareOptions {
  readonly dataDir: string;
  /** Web port; 0 takes a free one. */
  readonly port: number;
  /** Partitions of a new instance; an existing one keeps its own. */
  readonly partitions?: number | undefined;
  /** The agent of this machine; none runs without it. */
  readonly agent: AgentIdentity | undefined;
  /** Organisation file applied while its tenant does not exist yet; "" for none. */
  readonly organisation: string;
  /** What the agent shall read otherwise than by default. */
  readonly collector?: Partial<Config['collector']>;
  readonly allowLoopbackWebhooks: boolean;
  /** Private networks and names that targets may lead to; none without it. */
  readonly allowPrivate?: readonly string[];
  readonly logLevel: Config['log']['level'];
}

export interface Prepared {
  readonly instance: Instance;
  readonly config: Config;
  readonly configPath: string;
  readonly natsConfigPath: string;
  readonly plan: StorePlan;
}

/**
 * Makes or completes a data directory whose lock is held: record, secrets, configuration, broker configuration. Every
 * check that can fail comes before the first write of an instance's record.
 */
export async function prepareInstance(options: PrepareOptions): Promise<Prepared> {
  const dataDir = resolve(options.dataDir);
  const paths = dataPaths(dataDir);
  const [web = 0, rater = 0, collector = 0, nats = 0, monitor = 0] = await takePorts('127.0.0.1', [
    options.port,
    0,
    0,
    0,
    0,
  ]);
  const freeBytes = freeBytesAt(dataDir);
  planStore(freeBytes, 0, 1);
  const instance = openInstance(dataDir, options.partitions);
  if (instance.repartition !== undefined) {
    const detail = `Give \`meterline repartition --partitions ${instance.repartition.partitions}\` again.`;
    throw deployError('REPARTITION_REFUSED', `A change of partitions has not ended. ${detail}`, { dataDir });
  }
  const planned = planStore(freeBytes, folderBytes(paths.nats), instance.partitions, instance.retiredBytes);
  // The broker lowers no limit while it has promised more than its store: so its store is never smaller than it was.
  const plan = { ...planned, storeBytesMax: Math.max(planned.storeBytesMax, storeBytesOf(dataDir)) };
  for (const folder of [paths.credentials, paths.nats, paths.clickhouse, paths.postgres, paths.collector]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  ensureKeys(dataDir);
  if (options.agent !== undefined) recordAgent(dataDir, options.agent);
  const config = parseConfig(
    {
      dataDir,
      partitions: instance.partitions,
      firstPartition: instance.firstPartition,
      nats: {
        url: `nats://127.0.0.1:${nats}`,
        credentials: paths.credentials,
        replicas: 1,
        monitorUrl: `http://127.0.0.1:${monitor}`,
      },
      clickhouse: { url: `embedded:${paths.clickhouse}` },
      postgres: { url: `embedded:${paths.postgres}` },
      office: { host: '127.0.0.1', port: web, applyAtFirstStart: options.organisation },
      rater: { port: rater },
      collector: {
        port: collector,
        tenant: options.agent?.tenant ?? '',
        producer: options.agent?.producer ?? '',
        ...options.collector,
      },
      webhooks: { allowLoopback: options.allowLoopbackWebhooks, allowPrivate: [...(options.allowPrivate ?? [])] },
      log: { level: options.logLevel },
    },
    paths.config,
  );
  writeDurably(paths.config, `${JSON.stringify(config, null, 2)}\n`);
  return {
    instance,
    config,
    configPath: paths.config,
    natsConfigPath: writeNatsConfig(config, plan.storeBytesMax),
    plan,
  };
}

/** What an earlier start made as another user would fail one by one, and half-way. Throws DATA_DIR_UNUSABLE. */
export function requireAccess(dataDir: string): void {
  const { keys, nats, clickhouse, postgres, collector } = dataPaths(dataDir);
  for (const path of [instancePath(dataDir), keys, nats, clickhouse, postgres, collector]) {
    const why = existsSync(path) ? whyNotWritable(path) : undefined;
    if (why !== undefined) throw deployError('DATA_DIR_UNUSABLE', `${why}.`, { path });
  }
}

const natsLogBytesMax = 4 * 1024 ** 2;

/** Writes the broker's configuration for the agents recorded now; gives its path. */
export function writeNatsConfig(config: Config, storeBytesMax: number): string {
  const path = natsConfigPathOf(config.dataDir);
  const text = natsServerConfig({
    port: Number(new URL(config.nats.url).port),
    monitorPort: Number(new URL(config.nats.monitorUrl ?? 'http://127.0.0.1:0').port),
    storeDir: dataPaths(config.dataDir).nats,
    credentials: config.nats.credentials,
    agents: recordedAgents(config.dataDir),
    services: recordedServices(config.dataDir),
    maxStoreBytes: storeBytesMax,
    log: { path: natsLogPathOf(config.dataDir), bytesMax: natsLogBytesMax },
  });
  writeDurably(path, text);
  return path;
}

/** What the broker was promised when it started, 0 when it never was; a reload must promise the same. */
export function storeBytesOf(dataDir: string): number {
  const path = natsConfigPathOf(dataDir);
  return existsSync(path) ? Number(/max_file_store: (\d+)/.exec(readFileSync(path, 'utf8'))?.[1] ?? 0) : 0;
}

export const natsLogPathOf = (dataDir: string): string => join(dataPaths(dataDir).run, 'nats-server.log');

const natsConfigPathOf = (dataDir: string): string => join(dataPaths(dataDir).run, 'nats.conf');

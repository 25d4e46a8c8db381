/** The whole path from a signed batch to a row of ClickHouse, as real processes: broker, rater, loader; a generator beside them. */
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ControlChange, ControlMessage } from '#core/messages/control.ts';
import { subjects } from '#core/messages/names.ts';
import { ensureNatsVersion } from '#deploy/bootstrap/nats.mjs';
import { natsVersionOfClusters } from '#deploy/bootstrap/natsVersion.mjs';
import type { Config } from '#platform/config.ts';
import { newSigningSeed, signingKey } from '#platform/crypto.ts';
import { append, connectNats, type NatsConnection } from '#platform/nats/index.ts';
import { startTestCluster } from '#platform/nats/testCluster.ts';
import { freePort, startTestServer } from '#platform/nats/testServer.ts';
import { sleep } from '#platform/lifecycle.ts';
import { workloadOrganisation, type WorkloadSize } from '../workload.ts';
import type { GeneratorOrder, Published } from './generator.ts';
import { cpuSeconds, ended, startNode } from './processes.ts';

const seed = newSigningSeed();
export const key = signingKey(seed);
/** Keeps a control message far below the broker's largest one. */
const changesPerMessage = 2000;
const here = (name: string): string => join(import.meta.dirname, name);

/** The one tenant of each partition. */
export const tenantOf = (partition: number): string => `load-${partition}`;

/** A service of the first tenant that may ask for checks. */
export const benchService = 'bench';

export type CpuSeconds = Readonly<Record<'broker' | 'rater' | 'loader', number>>;

export interface PipelineOptions {
  /** Of each tenant, of which each partition has one. */
  readonly size: WorkloadSize;
  readonly partitions?: number;
  /** Further changes of the first tenant. */
  readonly more?: readonly ControlChange[];
  /** Three replicate each stream; checks are not asked of them. */
  readonly brokers?: 1 | 3;
}

export interface PublishOptions {
  /** Samples a second; 0 for as many as are taken. */
  readonly rate: number;
  /** Ends after so long, or when all that is signed is published. */
  readonly seconds?: number;
  /** Samples that may be on their way at once; the generator waits beyond. */
  readonly windowSamples?: number;
}

/** How far ClickHouse has come: seen at that time of the monotonic clock. */
export interface LoadedAt {
  readonly atMs: number;
  readonly samples: number;
}

export interface Pipeline extends AsyncDisposable {
  readonly dir: string;
  readonly dataDir: string;
  readonly nats: Config['nats'];
  readonly admin: NatsConnection;
  readonly gateway: NatsConnection;
  /** The next batches of all producers in turn, hashed and signed by the generator: each `ticks` samples of every counter. */
  sign(batches: number, ticks: number): Promise<void>;
  publish(options: PublishOptions, signal?: AbortSignal): Promise<Published>;
  /** Waits until all that was published is rated, committed and in ClickHouse. */
  settled(): Promise<void>;
  /** Every step by which ClickHouse has come further, since the start. */
  readonly steps: readonly LoadedAt[];
  /** Starts a second rater and waits until it follows the first one's partition. */
  addStandby(): Promise<void>;
  /** Kills the rater (SIGKILL); the standby is the rater then, or another one that starts at once. Gives when it was killed, UTC ms. */
  replaceRater(): number;
  readonly raterPid: number;
  /** Of its own port. */
  readonly raterPort: number;
  cpu(): CpuSeconds;
  /** Ends rater, loader and generator, so that a limit can be measured on the quiet broker. */
  stopProduct(): Promise<void>;
}

interface Rater {
  readonly child: ChildProcess;
  readonly port: number;
}

export async function startPipeline({
  size,
  partitions = 1,
  more = [],
  brokers = 1,
}: PipelineOptions): Promise<Pipeline> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(brokers === 1 ? await oneBroker(partitions) : await threeBrokers(partitions));
  const connection = async (role: string): Promise<NatsConnection> =>
    stack.adopt(await connectNats({ url: server.url, credentials: server.credentials, role }), (each) => each.close());
  const admin = await connection('admin');
  const gateway = await connection('gateway');
  const dataDir = join(server.dir, 'data');
  mkdirSync(dataDir);
  const address = { host: '127.0.0.1', port: 0 };
  const nats = { url: server.url, credentials: server.credentials, replicas: brokers };
  const configAt = (raterPort: number): string => {
    const configPath = join(server.dir, `config-${raterPort}.json`);
    writeFileSync(configPath, JSON.stringify({
    dataDir, partitions, nats,
    clickhouse: { url: `embedded:${join(dataDir, 'clickhouse')}` }, postgres: { url: `embedded:${join(dataDir, 'postgres')}` },
    office: address, rater: { ...address, port: raterPort }, collector: address,
    webhooks: { allowLoopback: true }, log: { level: 'error' },
    })); // prettier-ignore
    return configPath;
  };
  const tenants = Array.from({ length: partitions }, (_, partition) => tenantOf(partition));
  for (const [partition, tenant] of tenants.entries())
    await tellOrganisation(admin, partition, tenant, size, partition === 0 ? more : []);
  const startRater = (owner: AsyncDisposableStack, port: number): Rater => {
    const child = owner.adopt(startNode(here('../../deploy/cli.ts'), ['rater', '--config', configAt(port)]), ended);
    child.stdout?.resume();
    return { child, port };
  };
  let rater = startRater(stack, await freePort());
  let standby: Rater | undefined;
  const loader = stack.adopt(startNode(here('loader.ts'), [configAt(rater.port)]), ended);
  const generator = stack.adopt(startNode(here('generator.ts'), [], true), ended);
  generator.stdout!.resume();
  const tell = (order: GeneratorOrder): void => void generator.send(order);
  const ask = <Answer>(order: GeneratorOrder): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const gone = (code: number | null, by: string | null) =>
        reject(new Error(`the generator ended, ${code ?? by}, while it was to ${order.kind}`));
      generator.once('message', (answer) => {
        generator.off('exit', gone);
        resolve(answer as Answer);
      });
      generator.once('exit', gone);
      tell(order);
    });
  const steps: LoadedAt[] = [];
  createInterface({ input: loader.stdout! }).on('line', (line) => {
    const samples = Number(line);
    if (samples === steps.at(-1)?.samples) return;
    steps.push({ atMs: performance.now(), samples });
    tell({ kind: 'loaded', samples });
  });
  const status = async ({ child, port } = rater) => {
    const failed = [child, loader, generator].find((each) => each.exitCode !== null);
    if (failed !== undefined) throw new Error(`a process of the pipeline ended with code ${failed.exitCode}`);
    const answer = await fetch(`http://127.0.0.1:${port}/status`).catch(() => undefined);
    return (answer?.ok === true ? await answer.json() : undefined) as
      | { partitions: { totals: { samples: { rated: number; refused: number } } }[]; standbys: { outSeq: number }[] }
      | undefined;
  };
  while ((await status())?.partitions.length !== partitions || steps.length === 0) await sleep(50);
  await ask({
    kind: 'start',
    config: { nats, seed, tenants, size, startMs: Date.now() - 6 * 3_600_000 },
  });
  let expected = 0;
  const started = stack.move();
  return {
    dir: server.dir, dataDir, nats, admin, gateway, steps,
    sign: (batches, ticks) => ask({ kind: 'sign', batches, ticks }),
    async publish({ rate, seconds = 86_400, windowSamples = Number.MAX_SAFE_INTEGER }, signal) {
      const stop = () => tell({ kind: 'stop' });
      signal?.addEventListener('abort', stop, { once: true });
      const published = await ask<Published>({ kind: 'publish', rate, seconds, windowSamples });
      signal?.removeEventListener('abort', stop);
      expected += published.samples;
      return published;
    },
    async settled() {
      while ((steps.at(-1)?.samples ?? 0) < expected) {
        const refused = (await status())?.partitions.reduce((sum, { totals }) => sum + totals.samples.refused, 0) ?? 0;
        if (refused > 0) throw new Error(`${refused} samples were refused`);
        await sleep(20);
      }
    },
    get raterPort() {
      return rater.port;
    },
    get raterPid() {
      return rater.child.pid!;
    },
    async addStandby() {
      standby = startRater(started, await freePort());
      while (((await status(standby))?.standbys[0]?.outSeq ?? 0) === 0) await sleep(50);
    },
    replaceRater() {
      rater.child.kill('SIGKILL');
      const killedMs = Date.now();
      rater = standby ?? startRater(started, rater.port);
      standby = undefined;
      return killedMs;
    },
    cpu: () => ({ broker: server.cpu(), rater: cpuSeconds(rater.child.pid!), loader: cpuSeconds(loader.pid!) }),
    stopProduct: async () => void (await Promise.all([rater.child, loader, generator].map(ended))),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }; // prettier-ignore
}

async function oneBroker(partitions: number) {
  const server = await startTestServer({ partitions, services: [{ tenant: tenantOf(0), service: benchService }] });
  return Object.assign(server, { cpu: () => cpuSeconds(server.pid) });
}

async function threeBrokers(partitions: number) {
  const binary = await ensureNatsVersion(natsVersionOfClusters);
  const cluster = await startTestCluster({ partitions, binary, isDirect: true });
  const cpu = () => ([0, 1, 2] as const).reduce<number>((sum, node) => sum + cpuSeconds(cluster.pidOf(node)!), 0);
  return Object.assign(cluster, { cpu });
}

async function tellOrganisation(
  admin: NatsConnection,
  partition: number,
  tenant: string,
  size: WorkloadSize,
  more: readonly ControlChange[],
): Promise<void> {
  const changes = [...workloadOrganisation(tenant, size, () => ({ id: key.keyId, publicKey: key.publicKey })), ...more];
  for (let at = 0, seq = 1; at < changes.length; at += changesPerMessage, seq++) {
    const part = changes.slice(at, at + changesPerMessage);
    const message: ControlMessage = { v: 1, tenant, seq, auditId: `load-${seq}`, trace: '', changes: part };
    const result = await append(admin, subjects.control(partition, tenant), Buffer.from(JSON.stringify(message)));
    if (result.kind !== 'stored') throw new Error(`the broker answered an append with "${result.kind}"`);
  }
}

/** All that a sample passes, on three brokers: an agent's publisher that never rests, the rater's process, the loader. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { heldBy, testLoader, testStore } from '#aggregator/testing/harness.ts';
import { natsIntents } from '#aggregator/loader/intent.ts';
import { MemoryStore } from '#collector/fleet/memoryStore.ts';
import { listen, natsBroker } from '#collector/publisher/connect.ts';
import { Publisher } from '#collector/publisher/publisher.ts';
import { ensureNatsVersion } from '#deploy/bootstrap/nats.mjs';
import { natsVersionOfClusters } from '#deploy/bootstrap/natsVersion.mjs';
import { realClock } from '#platform/clock.ts';
import { configPath, parseConfig } from '#platform/config.ts';
import { agentRole, connectNats, jetstreamLog } from '#platform/nats/index.ts';
import { startTestCluster } from '#platform/nats/testCluster.ts';
import { TestBilling, TestProducer, testOrganisation } from '#platform/nats/testProducer.ts';
import { createLogger } from '#platform/telemetry.ts';
import { main as rater } from '#rater/main.ts';
import { readRated, until } from '#rater/testing.ts';
import { sleep } from '#platform/lifecycle.ts';

const tenant = 't1';
const resources = ['h1', 'h2'];
/** How often the agent has a batch. */
const intervalMs = 20;

export type Site = Awaited<ReturnType<typeof startSite>>;

export async function startSite(diskBytes: number) {
  await using stack = new AsyncDisposableStack();
  const producer = new TestProducer(tenant, 'p1', Date.now() - 3_600_000);
  const cluster = stack.use(
    await startTestCluster({
      partitions: 1,
      agents: [{ tenant, producer: producer.id }],
      binary: await ensureNatsVersion(natsVersionOfClusters),
      diskBytes,
    }),
  );
  const connected = async (role: string) =>
    stack.adopt(await connectNats({ ...cluster, role }), (connection) => connection.close());
  const admin = await connected('admin');
  const log = await jetstreamLog(admin);
  await new TestBilling(admin).publish(tenant, testOrganisation(tenant, [producer]));

  const stop = new AbortController();
  const { url, credentials, replicas } = cluster;
  const config = parseConfig(
    {
      dataDir: cluster.dir, partitions: 1, nats: { url, credentials, replicas }, clickhouse: { url: 'embedded:none' },
      postgres: { url: 'embedded:none' }, office: { port: 0 }, rater: { port: 0 }, collector: { port: 0 }, webhooks: {},
    },
    'test',
  ); // prettier-ignore
  // Where the doctor looks.
  const path = configPath(cluster.dir);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(config));
  const level = (process.env['METERLINE_TEST_LOG'] ?? 'silent') as 'silent';
  const rating = rater(config, { signal: stop.signal, logger: createLogger('rater', level) });

  const agent = await connected(agentRole(producer.id));
  const spool = new MemoryStore();
  const quiet = () => undefined;
  const publisher = new Publisher({
    broker: natsBroker(agent),
    tenant,
    producer: producer.id,
    partition: 0,
    store: spool,
    clock: realClock,
    events: { published: quiet, appendFailed: quiet, appendRecovered: quiet, resent: quiet, marked: quiet },
  });
  listen(agent, tenant, producer.id, () => publisher, (up) => publisher.onConnection(up)); // prettier-ignore
  const publishing = publisher.run(stop.signal);

  const office = await connected('office');
  const store = stack.use(await testStore());
  const intents = await natsIntents(office, replicas);
  const loader = testLoader({ log: await jetstreamLog(office), store, intents, pauseMsMax: 100 }, 0);
  const loading = loader.run(stop.signal);
  stack.defer(async () => {
    stop.abort();
    await Promise.all([rating, publishing, loading]);
  });

  const spoolOne = () => {
    const envelope = producer.next(10_000, resources);
    spool.add(producer.epoch, { seq: producer.seq, hash: '', envelope });
    publisher.wake();
  };
  const own = stack.move();
  return {
    cluster,
    log,
    /** Usage comes until the signal aborts. */
    async meter(signal: AbortSignal): Promise<void> {
      for (; !signal.aborted; await sleep(intervalMs, signal)) spoolOne();
    },
    /** Resolves once a batch that is metered from now on is rated. */
    async goesOn(): Promise<void> {
      const seq = producer.seq + 1;
      await until(async () => ((spool.pending()?.firstSeq ?? producer.seq + 1) > seq ? true : undefined));
    },
    /** Once all is rated and loaded: the log's rows in order and its totals, why batches were refused, and what the store holds. */
    async settled() {
      await until(async () => (spool.outstanding === 0 ? true : undefined));
      const { lastSeq } = await log.info('RATED_0');
      await until(async () => (loader.head.seq >= lastSeq ? true : undefined));
      const { rows, headers } = await readRated(log, 0);
      const reasons = new Set(headers.flatMap(({ refusals }) => refusals.map(({ reason }) => reason)));
      return { rows, samples: headers.at(-1)!.totals.samples, reasons, held: await heldBy(store, 0) };
    },
    /** Each row that there must be, once. */
    everyRow: () =>
      Array.from({ length: producer.seq }, (_, at) => resources.map((__, index) => `p1 ${at + 1} ${index}`)).flat(),
    [Symbol.asyncDispose]: () => own.disposeAsync(),
  };
}

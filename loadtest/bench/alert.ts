/** ALERT: from publishing a sample to the webhook that it causes, while the same partition rates a background load. */
import { Kvm } from '@nats-io/kv';
import { encodeEnvelope, type BatchBody } from '#core/metering/batch.ts';
import type { ControlChange } from '#core/messages/control.ts';
import type { TargetRecord } from '#core/messages/delivery.ts';
import { buckets, streams, subjects } from '#core/messages/names.ts';
import { dataPaths } from '#platform/config.ts';
import { sha256 } from '#platform/crypto.ts';
import { sleep } from '#platform/lifecycle.ts';
import { append, jetstreamLog, type NatsConnection } from '#platform/nats/index.ts';
import { loadSealingKey, seal } from '#platform/sealing.ts';
import { correctInBackground } from './correction.ts';
import { median, percentile, type BenchOptions, type Figure } from './figure.ts';
import { key, startPipeline, tenantOf } from './pipeline.ts';
import { startMute, startReceiver } from './receivers.ts';

const tenant = tenantOf(0);

const size = { producers: 50, resourcesPerProducer: 10, metrics: 20 };
const rate = 50_000;
const batchSamples = 2000;
const account = 50;
/** A webhook that has not come after this long fails the measurement. */
const webhookWaitMsMax = 10_000;

/** Rows that a correction in the background voids, as far as it gets. */
const correctedRows = 1_000_000;

/** Independent measurements, whose median is the figure; as many again while ten other targets of each alert hang. */
const runCount = 3;
const hangingCount = 10;
const hanging = Array.from({ length: hangingCount }, (_, i) => `hanging${i}`);

/** Beside the background load alone, while other targets hang, while a correction goes on, and on three brokers. */
export async function benchAlert({ seconds }: BenchOptions): Promise<Figure> {
  const perRun = Math.max(100, Math.ceil((seconds * 10) / runCount));
  const [one, three] = [await onOneBroker(perRun), await onThreeBrokers(perRun)];
  const { alone, hang, limits, commitBytes } = one;
  const figures = figuresOf(alone.runs);
  const limit = figuresOf(limits);
  return {
    id: 'ALERT', value: figures.p99, unit: 'ms', goal: 30, better: 'lower', runs: figures.runs,
    p50: figures.p50, p50Goal: 8, p50Runs: figures.p50Runs, max: figures.max,
    whileOthersHang: { targets: hangingCount, requestsHeld: one.held, ...figuresOf(hang.runs) },
    background: alone.background,
    correction: { ...one.correction, ratio: one.correction.p99 / figures.p99 },
    threeBrokers: { ...figuresOf(three.runs), p99Goal: 60, background: three.background },
    limit: {
      what: `p99 of one durable append of ${commitBytes} bytes and one POST to the same receiver, rater and load stopped`,
      value: limit.p99, unit: 'ms', p50: limit.p50, runs: limit.runs,
    },
    ratioToLimit: figures.p99 / limit.p99, p50RatioToLimit: figures.p50 / limit.p50,
    settings: {
      ...size, probes: perRun * runCount, batchSamples, backgroundAsked: rate, budgets: perRun * runCount * 3 + 10, partitions: 1, commitBytes,
      from: 'the sample is published; the fsync of an agent’s spool is not included', to: 'the receiver has the request’s head',
      broker: 'one nats-server, sync always',
    },
  }; // prettier-ignore
}

async function onOneBroker(perRun: number) {
  const half = perRun * runCount;
  await using scene = await startScene(half * 3, half, 1);
  const { pipeline, receiver, mute, measureAll } = scene;
  const log = await jetstreamLog(pipeline.admin);
  const before = await log.info(streams.rated(0));
  const alone = await measureAll(perRun);
  const hang = await measureAll(perRun);
  const held = mute.held();
  const after = await log.info(streams.rated(0));
  const commitBytes = Math.round((after.bytes - before.bytes) / (after.lastSeq - before.lastSeq));
  const stop = new AbortController();
  const correcting = correctInBackground(pipeline.admin, tenant, 'probe', correctedRows, stop.signal);
  const { runs } = await measureAll(perRun);
  stop.abort();
  const { rows, seconds } = await correcting;
  const correction = { rows, rowsPerSecond: Math.round(rows / seconds), ...figuresOf(runs) };
  await pipeline.stopProduct();
  const limits: Measured[] = [];
  for (let run = 0; run < runCount; run++) limits.push(await bareMs(pipeline.admin, receiver.url, commitBytes));
  return { alone, hang, held, correction, limits, commitBytes };
}

async function onThreeBrokers(perRun: number) {
  const count = perRun * runCount;
  await using scene = await startScene(count, count, 3);
  return await scene.measureAll(perRun);
}

/** The path with its load, a receiver, ten that hang, and so many probes, those from `half` to twice that told to those that hang, too. */
async function startScene(count: number, half: number, brokers: 1 | 3) {
  await using stack = new AsyncDisposableStack();
  const receiver = stack.use(await startReceiver());
  const mute = stack.use(await startMute());
  const pipeline = stack.use(await startPipeline({ size, more: probeChanges(count, half), brokers }));
  const secret = seal(
    loadSealingKey(dataPaths(pipeline.dataDir).sealingKey),
    `whsec_${Buffer.alloc(24, 7).toString('base64')}`,
  );
  const targets = await new Kvm(pipeline.admin).create(buckets.targets, { replicas: brokers });
  for (const [name, url] of [['bench', receiver.url], ...hanging.map((each) => [each, mute.url])] as const) {
    const target: TargetRecord = { url, secret, enabled: true };
    await targets.put(`${tenant}.${name}`, JSON.stringify(target));
  }
  await pipeline.sign(size.producers, 1);
  await pipeline.publish({ rate });
  await pipeline.settled();
  const next = probes(count);
  let sent = 0;
  const measure = async (perRun: number): Promise<Measured & { readonly background: number }> => {
    const stop = new AbortController();
    await pipeline.sign(Math.ceil((rate * perRun * 2) / 10 / batchSamples) + 25, batchSamples / 200);
    const load = pipeline.publish({ rate }, stop.signal);
    await sleep(500);
    const latencies: number[] = [];
    for (let i = 0; i < perRun; i++) {
      const data = next();
      const budget = `probe${sent++}`;
      const dueMs = performance.now() + 100 * (0.5 + Math.random());
      const received = receiver.webhookOf(budget);
      const startedMs = performance.now();
      await append(pipeline.gateway, subjects.usage(0, tenant, 'probe'), data);
      const atMs = await Promise.race([received, sleep(webhookWaitMsMax).then(() => undefined)]);
      if (atMs === undefined) throw new Error(`the webhook of ${budget} did not come`);
      latencies.push(atMs - startedMs);
      await sleep(Math.max(0, dueMs - performance.now()));
    }
    stop.abort();
    const { samples, seconds } = await load;
    return { ...measured(latencies), background: Math.round(samples / seconds) };
  };
  const own = stack.move();
  return {
    pipeline, receiver, mute,
    async measureAll(perRun: number) {
      const runs: Awaited<ReturnType<typeof measure>>[] = [];
      for (let run = 0; run < runCount; run++) runs.push(await measure(perRun));
      return { runs, background: median(runs.map(({ background }) => background)) };
    },
    [Symbol.asyncDispose]: () => own.disposeAsync(),
  }; // prettier-ignore
}

interface Measured {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const measured = (latencies: readonly number[]): Measured => ({
  p50: percentile(latencies, 0.5),
  p99: percentile(latencies, 0.99),
  max: Math.max(...latencies),
});

/** Medians of the runs, and each run's p99. */
const figuresOf = (runs: readonly Measured[]) => ({
  p50: median(runs.map(({ p50 }) => p50)),
  p50Runs: runs.map(({ p50 }) => p50),
  p99: median(runs.map(({ p99 }) => p99)),
  runs: runs.map(({ p99 }) => p99),
  max: Math.max(...runs.map(({ max }) => max)),
});

/** What no implementation can do without: the commit is on disk, then the request travels. */
async function bareMs(connection: NatsConnection, url: string, bytes: number): Promise<Measured> {
  const data = Buffer.alloc(bytes, 120);
  const body = JSON.stringify({ data: { source: 'budget:limit' }, padding: 'x'.repeat(600) });
  const latencies: number[] = [];
  for (let i = 0; i < 200; i++) {
    const startedMs = performance.now();
    await append(connection, subjects.alerts('limit'), data);
    await (await fetch(url, { method: 'POST', body })).arrayBuffer();
    latencies.push(performance.now() - startedMs);
  }
  return measured(latencies);
}

/** An account whose every probe costs one euro, and a budget for each probe to cross; those from `half` on, as many, tell hanging targets, too. */
function probeChanges(count: number, half: number): ControlChange[] {
  const budgets = Array.from({ length: count }, (_, i): ControlChange => ({
    kind: 'budget', id: `probe${i}`, account, name: `Probe ${i}`, amount: `${i}.5`, currency: 'EUR', period: 'month',
    thresholds: [{ percent: '100', action: 'throttle' }], targets: i < half || i >= 2 * half ? ['bench'] : ['bench', ...hanging], enabled: true,
  })); // prettier-ignore
  return [
    { kind: 'account', id: account, slug: 'probe', name: 'Probe', parent: 1, type: 'project', timeZone: 'Europe/Berlin' },
    { kind: 'ownership', resource: 'probe', account, fromMs: 0 },
    { kind: 'producer', id: 'probe', type: 'agent', simulated: true, enabled: true, keys: [{ id: key.keyId, publicKey: key.publicKey }] },
    {
      kind: 'price', id: 201, key: 'probe', version: 1, service: 'probe', component: 'probe', meter: 'meter0', currency: 'EUR', account,
      effectiveFromMs: 0, tallyScope: 'account', unit: { name: 's', numerator: '1', denominator: '1000000' }, allowance: '0',
      model: { kind: 'perUnit', unitPrice: '1' },
    },
    ...budgets,
  ]; // prettier-ignore
}

function probes(count: number): () => Uint8Array {
  const startMs = Date.now() - (count + 60) * 1000;
  let seq = 0;
  let prev = '';
  return () => {
    const batch: BatchBody = {
      v: 1, tenant, producer: 'probe', epoch: { startedAtMs: startMs, nonce: '0123456789abcdef' }, seq: ++seq, prev, trace: '', simulated: true,
      resources: ['probe'], metrics: [{ name: 'load.metric0', unit: 'us', scale: 0, kind: 'delta' }], dims: [], baseMs: startMs,
      ticks: [[seq * 1000, 1000, 1_000_000]], series: [[0, 0, -1]], s: [0], k: [0], q: [1_000_000], raw: [null],
    }; // prettier-ignore
    const body = Buffer.from(JSON.stringify(batch));
    prev = sha256(body);
    return encodeEnvelope({ signature: key.sign(body), keyId: key.keyId, body });
  };
}

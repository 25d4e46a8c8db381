/** ALERT: from publishing a sample to the webhook that it causes, while the same partition rates a background load. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Kvm } from '@nats-io/kv';
import { encodeEnvelope, type BatchBody } from '#core/metering/batch.ts';
import type { ControlChange } from '#core/messages/control.ts';
import type { GroupedBody, TargetRecord, WebhookBody } from '#core/messages/delivery.ts';
import { buckets, streams, subjects } from '#core/messages/names.ts';
import { dataPaths } from '#platform/config.ts';
import { sha256 } from '#platform/crypto.ts';
import { sleep } from '#platform/lifecycle.ts';
import { append, jetstreamLog, type NatsConnection } from '#platform/nats/index.ts';
import { loadSealingKey, seal } from '#platform/sealing.ts';
import { correctInBackground } from './correction.ts';
import { median, percentile, type BenchOptions, type Figure } from './figure.ts';
import { key, startPipeline, tenantOf } from './pipeline.ts';

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

/** With `correction`, measured once more while so many rows of the background load are voided. */
export async function benchAlert({ seconds, correction }: BenchOptions): Promise<Figure> {
  const perRun = Math.max(100, Math.ceil((seconds * 10) / runCount));
  const half = perRun * runCount;
  const count = half * (correction ? 3 : 2);
  using receiver = await startReceiver();
  using mute = await startMute();
  await using pipeline = await startPipeline({ size, more: probeChanges(count, half) });
  const secret = seal(
    loadSealingKey(dataPaths(pipeline.dataDir).sealingKey),
    `whsec_${Buffer.alloc(24, 7).toString('base64')}`,
  );
  const targets = await new Kvm(pipeline.admin).create(buckets.targets);
  for (const [name, url] of [['bench', receiver.url], ...hanging.map((each) => [each, mute.url])] as const) {
    const target: TargetRecord = { url, secret, enabled: true };
    await targets.put(`${tenant}.${name}`, JSON.stringify(target));
  }
  await pipeline.sign(size.producers, 1);
  await pipeline.publish({ rate });
  await pipeline.settled();
  const log = await jetstreamLog(pipeline.admin);
  const next = probes(count);
  const runs: Measured[] = [];
  const background: number[] = [];
  const before = await log.info(streams.rated(0));
  const measure = async (run: number): Promise<Measured> => {
    const stop = new AbortController();
    await pipeline.sign(Math.ceil((rate * perRun * 2) / 10 / batchSamples) + 25, batchSamples / 200);
    const load = pipeline.publish({ rate }, stop.signal);
    await sleep(500);
    const latencies: number[] = [];
    for (let i = run * perRun; i < (run + 1) * perRun; i++) {
      const data = next();
      const dueMs = performance.now() + 100 * (0.5 + Math.random());
      const received = receiver.webhookOf(`probe${i}`);
      const startedMs = performance.now();
      await append(pipeline.gateway, subjects.usage(0, tenant, 'probe'), data);
      const atMs = await Promise.race([received, sleep(webhookWaitMsMax).then(() => undefined)]);
      if (atMs === undefined) throw new Error(`the webhook of probe ${i} did not come`);
      latencies.push(atMs - startedMs);
      await sleep(Math.max(0, dueMs - performance.now()));
    }
    stop.abort();
    const { samples, seconds: tookSeconds } = await load;
    background.push(Math.round(samples / tookSeconds));
    return measured(latencies);
  };
  for (let run = 0; run < runCount * 2; run++) runs.push(await measure(run));
  const after = await log.info(streams.rated(0));
  const commitBytes = Math.round((after.bytes - before.bytes) / (after.lastSeq - before.lastSeq));
  const corrected = correction
    ? await whileCorrecting(pipeline.admin, (run) => measure(runCount * 2 + run))
    : undefined;
  await pipeline.stopProduct();
  const limits: Measured[] = [];
  for (let run = 0; run < runCount; run++) limits.push(await bareMs(pipeline.admin, receiver.url, commitBytes));
  const [alone, beside] = [runs.slice(0, runCount), runs.slice(runCount)];
  const value = median(alone.map(({ p99 }) => p99));
  const p50 = median(alone.map((run) => run.p50));
  const limit = median(limits.map(({ p99 }) => p99));
  const limitP50 = median(limits.map((run) => run.p50));
  return {
    id: 'ALERT', value, unit: 'ms', goal: 30, better: 'lower', runs: alone.map(({ p99 }) => p99),
    p50, p50Goal: 8, p50Runs: alone.map((run) => run.p50), max: Math.max(...alone.map(({ max }) => max)),
    whileOthersHang: {
      targets: hangingCount, requestsHeld: mute.held(),
      p99: median(beside.map(({ p99 }) => p99)), runs: beside.map(({ p99 }) => p99),
      p50: median(beside.map((run) => run.p50)), p50Runs: beside.map((run) => run.p50), max: Math.max(...beside.map(({ max }) => max)),
    },
    background: median(background),
    ...(corrected && { correction: { ...corrected, ratio: corrected.p99 / value } }),
    limit: {
      what: `p99 of one durable append of ${commitBytes} bytes and one POST to the same receiver, rater and load stopped`,
      value: limit, unit: 'ms', p50: limitP50, runs: limits.map(({ p99 }) => p99),
    },
    ratioToLimit: value / limit, p50RatioToLimit: p50 / limitP50,
    settings: {
      ...size, probes: half, batchSamples, backgroundAsked: rate, budgets: count + 10, partitions: 1, commitBytes,
      from: 'the sample is published; the fsync of an agent’s spool is not included', to: 'the receiver has the request’s head',
      broker: 'one nats-server, sync always',
    },
  }; // prettier-ignore
}

/** The same again, with a correction under way all the time. */
async function whileCorrecting(admin: NatsConnection, measure: (run: number) => Promise<Measured>) {
  const stop = new AbortController();
  const correcting = correctInBackground(admin, tenant, 'probe', correctedRows, stop.signal);
  const runs: Measured[] = [];
  for (let run = 0; run < runCount; run++) runs.push(await measure(run));
  stop.abort();
  const { rows, seconds } = await correcting;
  const p99Runs = runs.map(({ p99 }) => p99);
  return { rows, rowsPerSecond: Math.round(rows / seconds), p50: median(runs.map(({ p50 }) => p50)), p99: median(p99Runs), p99Runs };
} // prettier-ignore

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

interface Receiver extends Disposable {
  readonly url: string;
  /** Resolves with the time at which the webhook of that budget has arrived. */
  webhookOf(budget: string): Promise<number>;
}

async function startReceiver(): Promise<Receiver> {
  const waiting = new Map<string, (atMs: number) => void>();
  const server = createServer((request, response) => {
    const atMs = performance.now();
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(204).end();
      const { type, data } = JSON.parse(Buffer.concat(chunks).toString()) as WebhookBody | GroupedBody;
      const sources = type === 'alerts.grouped' ? (data as GroupedBody['data']).sources : [data as WebhookBody['data']];
      for (const { source } of sources) waiting.get(source.slice('budget:'.length))?.(atMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    webhookOf: (budget) => new Promise((resolve) => waiting.set(budget, resolve)),
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Takes requests and answers none. */
async function startMute(): Promise<Disposable & { readonly url: string; held(): number }> {
  let held = 0;
  const server = createServer((request) => {
    held++;
    request.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    held: () => held,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

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

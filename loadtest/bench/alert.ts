/** ALERT: from publishing a sample to the webhook that it causes, while the same partition rates a background load. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Kvm } from '@nats-io/kv';
import { encodeEnvelope, type BatchBody } from '#core/metering/batch.ts';
import type { ControlChange } from '#core/messages/control.ts';
import type { TargetRecord, WebhookBody } from '#core/messages/delivery.ts';
import { buckets, subjects } from '#core/messages/names.ts';
import { dataPaths } from '#platform/config.ts';
import { sha256 } from '#platform/crypto.ts';
import { sleep } from '#platform/lifecycle.ts';
import { append } from '#platform/nats/index.ts';
import { loadSealingKey, seal } from '#platform/sealing.ts';
import { percentile, type Figure } from './figure.ts';
import { key, startPipeline, tenant, type Pipeline } from './pipeline.ts';

const size = { producers: 50, resourcesPerProducer: 10, metrics: 20 };
const rate = 50_000;
const batchSamples = 2000;
const account = 50;
/** A webhook that has not come after this long fails the measurement. */
const webhookWaitMsMax = 10_000;

export async function benchAlert({ seconds }: { seconds: number }): Promise<Figure> {
  const count = Math.max(100, seconds * 10);
  const waiting = new Map<string, (atMs: number) => void>();
  const receiver = createServer((request, response) => {
    const atMs = performance.now();
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(204).end();
      waiting.get((JSON.parse(Buffer.concat(chunks).toString()) as WebhookBody).data.budget)?.(atMs);
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  try {
    await using pipeline = await startPipeline(size, probeChanges(count));
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    const secret = seal(
      loadSealingKey(dataPaths(pipeline.dataDir).sealingKey),
      `whsec_${Buffer.alloc(24, 7).toString('base64')}`,
    );
    const target: TargetRecord = { url, secret, enabled: true };
    await (await new Kvm(pipeline.admin).create(buckets.targets)).put(`${tenant}.bench`, JSON.stringify(target));
    const warm = await pipeline.publish(pipeline.sign(size.producers, 1), rate);
    await pipeline.settled(warm.samples);
    const stop = new AbortController();
    const background = pipeline.publish(
      pipeline.sign(Math.ceil((rate * seconds * 2) / batchSamples) + 25, batchSamples / 200),
      rate,
      stop.signal,
    );
    await sleep(500);
    const latencies: number[] = [];
    const next = probes(count);
    const gapMs = (seconds * 1000) / count;
    for (let i = 0; i < count; i++) {
      const data = next();
      const dueMs = performance.now() + gapMs * (0.5 + Math.random());
      const received = new Promise<number>((resolve) => waiting.set(`probe${i}`, resolve));
      const startedMs = performance.now();
      await append(pipeline.gateway, subjects.usage(0, tenant, 'probe'), data);
      const atMs = await Promise.race([received, sleep(webhookWaitMsMax).then(() => undefined)]);
      if (atMs === undefined) throw new Error(`the webhook of probe ${i} did not come`);
      latencies.push(atMs - startedMs);
      await sleep(dueMs - performance.now());
    }
    stop.abort();
    const { perSecond } = await background;
    const limit = await appendMs(pipeline);
    const value = percentile(latencies, 0.99);
    return {
      id: 'ALERT', value, unit: 'ms', goal: 30, better: 'lower', runs: [value], p50: percentile(latencies, 0.5), max: Math.max(...latencies),
      background: perSecond,
      limit: { what: 'p99 of one durable append of 200 KB, nothing else', value: limit, unit: 'ms' },
      ratioToLimit: value / limit,
      settings: {
        ...size, probes: count, batchSamples, backgroundAsked: rate, budgets: count + 10, partitions: 1,
        from: 'the sample is published; the fsync of an agent’s spool is not included', to: 'the receiver has the request’s head',
        broker: 'one nats-server, sync always',
      },
    }; // prettier-ignore
  } finally {
    receiver.closeAllConnections();
    receiver.close();
  }
}

/** An account whose every probe costs one euro, and a budget for each probe to cross. */
function probeChanges(count: number): ControlChange[] {
  const budgets = Array.from({ length: count }, (_, i): ControlChange => ({
    kind: 'budget', id: `probe${i}`, account, name: `Probe ${i}`, amount: `${i}.5`, currency: 'EUR', period: 'month',
    thresholds: [{ percent: '100', action: 'throttle' }], targets: ['bench'], enabled: true,
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

async function appendMs(pipeline: Pipeline): Promise<number> {
  const latencies: number[] = [];
  const data = Buffer.alloc(200_000, 120);
  for (let i = 0; i < 100; i++) {
    const startedMs = performance.now();
    await append(pipeline.admin, subjects.alerts('limit'), data);
    latencies.push(performance.now() - startedMs);
  }
  return percentile(latencies, 0.99);
}

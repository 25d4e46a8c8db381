/** CHECK: may an account spend this? Over HTTP and NATS, and holds answered after their commit, beside a background load. */
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { Kvm } from '@nats-io/kv';
import type { ControlChange } from '#core/messages/control.ts';
import { buckets, streams, subjects } from '#core/messages/names.ts';
import type { RecordedRequest } from '#core/messages/checks.ts';
import { parseAmount } from '#core/money/fixed.ts';
import { sha256 } from '#platform/crypto.ts';
import type { Log } from '#platform/log.ts';
import { sleep } from '#platform/lifecycle.ts';
import { append, connectNats, jetstreamLog, serviceRole, type NatsConnection } from '#platform/nats/index.ts';
import { splitCommit, type CommitHeader } from '#core/messages/rated.ts';
import { median, type Figure } from './figure.ts';
import { measured, openLoop, poster, type Measured } from './openLoop.ts';
import { benchService, startPipeline, tenantOf, type Pipeline } from './pipeline.ts';
import { ended, startNode } from './processes.ts';

const tenant = tenantOf(0);
const size = { producers: 50, resourcesPerProducer: 10, metrics: 20 };
const backgroundRate = 50_000;
const batchSamples = 2000;
const rate = 1000;
const runCount = 3;
/** An account that nothing is charged to: a cap of 10, and holds of a cent that last 2 s, of which twice as many are asked for. */
const account = 60;
const cap = '10';
const holdMs = 2000;
const key = `mtl_${'b'.repeat(43)}`;

export async function benchCheck({ seconds }: { seconds: number }): Promise<Figure> {
  const partSeconds = Math.max(2, Math.round(seconds / runCount));
  await using pipeline = await startPipeline({ size, more: capped });
  await giveKey(pipeline.admin);
  const { nats } = pipeline;
  const service = await connectNats({ ...nats, role: serviceRole(benchService) });
  const post = poster(pipeline.raterPort, `Bearer ${key}`);
  await pipeline.sign(size.producers, 1);
  await pipeline.publish({ rate: backgroundRate });
  await pipeline.settled();
  const asks = asksOf(service, post);
  const runs: Record<keyof typeof asks, Measured>[] = [];
  const background: number[] = [];
  const load = loadavg()[0]!;
  for (let run = 0; run < runCount; run++) {
    const stop = new AbortController();
    await pipeline.sign(Math.ceil((backgroundRate * (3 * partSeconds + 6)) / batchSamples), batchSamples / 200);
    const publishing = pipeline.publish({ rate: backgroundRate }, stop.signal);
    await sleep(1000);
    const part = (ask: (index: number) => Promise<unknown>) => openLoop(rate, partSeconds, ask);
    runs.push({ http: await part(asks.http), nats: await part(asks.nats), hold: await part(asks.hold) });
    stop.abort();
    const { samples, seconds: tookSeconds } = await publishing;
    background.push(Math.round(samples / tookSeconds));
  }
  const log = await jetstreamLog(pipeline.admin);
  const { holds, bytes } = await holdsIn(log);
  await service.close();
  await pipeline.stopProduct();
  const limits = await bare(pipeline, partSeconds, bytes);
  const of = (what: keyof typeof asks, which: 'p50' | 'p99' | 'max') => runs.map((run) => run[what][which]);
  const figure = (what: keyof typeof asks, goal: number, limit: Measured) => ({
    p50: median(of(what, 'p50')), p99: median(of(what, 'p99')), max: Math.max(...of(what, 'max')), goal, runs: of(what, 'p99'),
    limit: limit.p99, ratioToLimit: median(of(what, 'p99')) / limit.p99,
  }); // prettier-ignore
  const [http, overNats] = [figure('http', 5, limits.http), figure('nats', 5, limits.nats)];
  const worse = http.p99 >= overNats.p99 ? http : overNats;
  return {
    id: 'CHECK', value: worse.p99, unit: 'ms', goal: 5, better: 'lower', runs: worse.runs, p50: worse.p50, max: worse.max,
    background: median(background), http, nats: overNats,
    hold: { ...figure('hold', 40, limits.append), ...countOf(holds) },
    limit: {
      what: 'p99 of the same round trip to a process that answers at once, by HTTP or NATS, at the same rate, product and load stopped',
      value: worse.limit, unit: 'ms', http: limits.http.p99, nats: limits.nats.p99,
      hold: `p99 of one durable append of ${bytes} bytes: ${limits.append.p99.toFixed(2)} ms`,
    },
    ratioToLimit: worse.ratioToLimit,
    settings: {
      ...size, checksPerSecond: rate, holdsPerSecond: rate, secondsEach: partSeconds, batchSamples, backgroundAsked: backgroundRate, partitions: 1,
      hold: `0.01 of a cap of ${cap} for ${holdMs} ms, by HTTP and NATS in turn; every fourth is released`, loadAverageBefore: load,
      broker: 'one nats-server, sync always',
    },
  }; // prettier-ignore
}

const capped: ControlChange[] = [
  { kind: 'account', id: account, slug: 'held', name: 'Held', parent: 1, type: 'project', timeZone: 'Europe/Berlin' },
  {
    kind: 'budget', id: 'held', account, name: 'Held', amount: cap, currency: 'EUR', period: 'month', targets: [], enabled: true,
    thresholds: [{ percent: '100', action: 'block' }],
  },
]; // prettier-ignore

async function giveKey(admin: NatsConnection): Promise<void> {
  const bucket = await new Kvm(admin).create(buckets.checkKeys);
  await bucket.put(sha256(Buffer.from(key)), JSON.stringify({ tenant, id: 'bench', account: 0 }));
}

function asksOf(service: NatsConnection, post: ReturnType<typeof poster>) {
  let holds = 0;
  const overNats = async (verb: string, body: object) =>
    (await service.request(subjects.checks(tenant, verb), JSON.stringify(body), { timeout: 8000 })).json<object>();
  const said = async (answer: Promise<object>) => {
    const problem = (await answer) as { readonly code?: string };
    if (problem.code !== undefined) throw new Error(`a request was answered with ${problem.code}`);
  };
  /** Accounts of hosts with balances, and the one with a cap. */
  const check = (index: number) => ({
    account: index % 2 === 0 ? account : 1000 + (index % size.producers),
    amount: '0.05',
  });
  return {
    http: (index: number) => said(post('/api/v1/check', check(index))),
    nats: (index: number) => said(overNats('check', check(index))),
    async hold(index: number): Promise<void> {
      const name = `h${(holds += 1)}`;
      const ask = index % 2 === 0 ? (verb: string, body: object) => post(`/api/v1/${verb}`, body) : overNats;
      await said(ask('hold', { key: name, account, amount: '0.01', currency: 'EUR', expiresInMs: holdMs }));
      // Beside the holds that are measured.
      if (index % 4 === 0) void ask('release', { hold: name }).catch(() => undefined);
    },
  };
}

/** Every request that was recorded, with the log time of its commit, and how large such a commit is. */
async function holdsIn(
  log: Log,
): Promise<{ holds: { recorded: RecordedRequest; logTimeMs: number }[]; bytes: number }> {
  const holds: { recorded: RecordedRequest; logTimeMs: number }[] = [];
  const sizes: number[] = [];
  const { lastSeq } = await log.info(streams.rated(0));
  const reading = new AbortController();
  for await (const message of log.follow(streams.rated(0), 1, reading.signal)) {
    const header = JSON.parse(Buffer.from(splitCommit(message.data).header).toString()) as CommitHeader;
    for (const recorded of header.requests ?? []) holds.push({ recorded, logTimeMs: header.logTimeMs });
    if (header.requests !== undefined) sizes.push(message.data.length);
    if (message.seq === lastSeq) break;
  }
  reading.abort();
  return { holds, bytes: median(sizes) };
}

/** Counts again, apart from the product: grants that lead beyond the cap, nothing being charged to the account. */
function countOf(holds: Awaited<ReturnType<typeof holdsIn>>['holds']) {
  const open = new Map<string, { readonly amount: bigint; readonly endsMs: number }>();
  let granted = 0;
  let refused = 0;
  let overCommitted = 0;
  for (const { recorded, logTimeMs } of holds) {
    const { request, outcome } = recorded;
    if (request.op !== 'hold') {
      open.delete(request.key);
      continue;
    }
    if (!('allowed' in outcome) || !outcome.allowed) {
      refused += 1;
      continue;
    }
    for (const [name, { endsMs }] of open) if (endsMs <= logTimeMs) open.delete(name);
    open.set(request.key, { amount: parseAmount(request.amount)!, endsMs: outcome.endsMs });
    granted += 1;
    const held = [...open.values()].reduce((sum, { amount }) => sum + amount, 0n);
    if (held > parseAmount(cap)!) overCommitted += 1;
  }
  return { granted, refused, overCommitted };
}

/** The same round trips to a process that answers at once; and one append of a commit's size. */
async function bare({ nats, admin }: Pipeline, seconds: number, bytes: number) {
  const child = startNode(join(import.meta.dirname, 'echo.ts'), [nats.url, nats.credentials], true);
  child.stdout?.resume();
  const port = await new Promise<number>((resolve) => child.once('message', (given) => resolve(Number(given))));
  const post = poster(port);
  const http = await openLoop(rate, seconds, () => post('/', { account: 1 }));
  const overNats = await openLoop(rate, seconds, () => admin.request('echo', '{"account":1}', { timeout: 8000 }));
  const data = Buffer.alloc(bytes, 120);
  const appends: number[] = [];
  for (let i = 0; i < 200; i++) {
    const startedAt = performance.now();
    await append(admin, subjects.alerts('limit'), data);
    appends.push(performance.now() - startedAt);
  }
  await ended(child);
  return { http, nats: overNats, append: measured(appends) };
}

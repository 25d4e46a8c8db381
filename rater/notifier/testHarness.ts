/** What the notifier's tests share: a partition that commits alerts as the rater does, receivers, targets. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Kvm } from '@nats-io/kv';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { Delivery } from '#core/messages/api.ts';
import {
  deliveriesOf,
  type AlertRecord,
  type DeliveryRecord,
  type DeliveryRequest,
  type GroupedBody,
  type TargetRecord,
  type WebhookBody,
} from '#core/messages/delivery.ts';
import { buckets, streams, subjects } from '#core/messages/names.ts';
import type { Alert, BudgetAlert } from '#core/messages/alert.ts';
import type { CommitHeader } from '#core/messages/rated.ts';
import { dataPaths, parseConfig, type Config } from '#platform/config.ts';
import { sha256 } from '#platform/crypto.ts';
import type { Log } from '#platform/log.ts';
import { connectNats, jetstreamLog, type NatsConnection } from '#platform/nats/index.ts';
import { startTestServer, type TestServer } from '#platform/nats/testServer.ts';
import { loadSealingKey, seal } from '#platform/sealing.ts';
import type { Clock } from './clock.ts';
import { createNotifier, type Notifier, type NotifierDeps } from './index.ts';
import { notifierPorts } from './ports.ts';
import { readBack, readJson } from './readBack.ts';

export const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

export function alertOf(id: string, over: Partial<BudgetAlert> = {}): Alert {
  return {
    id,
    tenant: 'acme',
    budget: 'render-month',
    budgetName: 'Render',
    account: 3,
    accountSlug: 'render',
    type: 'budget.threshold_crossed',
    action: 'throttle',
    state: 'throttled',
    threshold: '100',
    severity: 'info',
    source: `budget:${over.budget ?? 'render-month'}`,
    balance: '10.000000000001',
    limit: '10',
    currency: 'EUR',
    periodStartMs: 0,
    periodEndMs: 1,
    logTimeMs: Date.UTC(2026, 10, 1),
    targets: ['ops'],
    cause: null,
    trace: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    ...over,
  };
}

/** Commits to one partition, each chaining to the one before. */
export class FakeRater {
  seq = 0;
  hash = '';
  incarnation = 0;
  private readonly log: Log;
  private readonly partition: number;

  constructor(log: Log, partition = 0) {
    this.log = log;
    this.partition = partition;
  }

  takeover(): Promise<number> {
    this.incarnation++;
    return this.commit([], {
      kind: 'takeover',
      base: { incarnation: this.incarnation - 1, outSeq: this.seq, hash: this.hash },
    });
  }

  async commit(alerts: readonly Alert[], over: Partial<CommitHeader> = {}): Promise<number> {
    const header = {
      v: 1,
      kind: 'commit',
      incarnation: this.incarnation,
      prev: { seq: this.seq, hash: this.hash },
      alerts,
      ...over,
    };
    const data = Buffer.from(`${JSON.stringify(header)}\n0\t1\tblock\n`);
    const result = await this.log.append(streams.rated(this.partition), subjects.rated(this.partition), data);
    if (result.kind !== 'stored') throw new Error(`commit: ${result.kind}`);
    this.seq = result.seq;
    this.hash = sha256(data);
    return result.seq;
  }
}

export interface Received {
  readonly id: string;
  readonly headers: Record<string, string>;
  readonly text: string;
  readonly body: WebhookBody;
  readonly atMs: number;
}

export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly received: Received[];
  readonly requests: (WebhookBody | GroupedBody)[];
  /** How it answers; replace it at will. */
  answer: (request: Received, response: ServerResponse, raw: IncomingMessage) => void;
}

export async function startReceiver(): Promise<Receiver> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const headers = request.headers as Record<string, string>;
      const body = JSON.parse(text) as WebhookBody | GroupedBody;
      receiver.requests.push(body);
      // Of a group every alert counts as received.
      const ids = body.type === 'alerts.grouped' ? body.data.ids : [body.data?.id ?? ''];
      const got = ids.map((id) => ({ id, headers, text, body: body as WebhookBody, atMs: Date.now() }));
      receiver.received.push(...got);
      receiver.answer(got[0]!, response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received: [],
    requests: [],
    answer: (_request, response) => response.writeHead(204).end(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}

export interface World extends AsyncDisposable {
  readonly server: TestServer;
  readonly config: Config;
  readonly connection: NatsConnection;
  readonly log: Log;
  setTarget(key: string, url: string, over?: Partial<TargetRecord>): Promise<void>;
  target(key: string): Promise<TargetRecord | undefined>;
  start(over?: Partial<NotifierDeps>): Promise<Running>;
  /** As the office asks. */
  ask(request: {
    readonly kind: DeliveryRequest['kind'];
    readonly target: string;
    readonly [key: string]: unknown;
  }): Promise<void>;
  alerts(): Promise<AlertRecord[]>;
  deliveries(): Promise<Delivery[]>;
}

export interface Running {
  readonly notifier: Notifier;
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export async function startWorld(partitions = 1, allowLoopback = true): Promise<World> {
  const server = await startTestServer({ partitions });
  const connection = await connectNats({ url: server.url, credentials: server.credentials, role: 'rater' });
  const log = await jetstreamLog(connection);
  const dataDir = join(server.dir, 'data');
  const address = { host: '127.0.0.1', port: 0 };
  const config = parseConfig(
    {
      dataDir,
      partitions,
      nats: { url: server.url, credentials: server.credentials },
      clickhouse: { url: 'embedded:' + dataDir },
      postgres: { url: 'embedded:' + dataDir },
      office: address,
      rater: address,
      collector: address,
      webhooks: { allowLoopback },
    },
    'test',
  );
  const bucket = await new Kvm(connection).create(buckets.targets);
  const key = loadSealingKey(dataPaths(dataDir).sealingKey);
  const never = new AbortController().signal;
  const all = async <T extends object>(stream: string): Promise<T[]> => {
    const found: T[] = [];
    await readBack(log, stream, 1, never, (message) => found.push(readJson<T>(message)!));
    return found;
  };
  const running = new Set<Running>();
  return {
    server,
    config,
    connection,
    log,
    async setTarget(name, url, over = {}) {
      const record: TargetRecord = { url, secret: seal(key, secret), enabled: true, ...over };
      await bucket.put(name, JSON.stringify(record));
    },
    async target(name) {
      return (await bucket.get(name))?.json<TargetRecord>();
    },
    async start(over = {}) {
      const stopping = new AbortController();
      const logger = pino({ level: process.env['METERLINE_TEST_LOG'] ?? 'silent' });
      const notifier = createNotifier(
        { ...notifierPorts(config, connection), log, partitions, registry: new Registry(), ...over },
        { signal: stopping.signal, logger },
      );
      const ended = notifier.run();
      const started: Running = {
        notifier,
        ended,
        async stop() {
          stopping.abort();
          running.delete(started);
          await ended;
        },
      };
      running.add(started);
      return started;
    },
    async ask(request) {
      const { target } = request;
      const asked = { tenant: 'acme', by: 'anna', auditId: 'a', atMs: Date.now(), ...request };
      await log.append(streams.deliveries, subjects.deliveries('acme', target), Buffer.from(JSON.stringify(asked)));
    },
    alerts: () => all<AlertRecord>(streams.alerts),
    deliveries: async () =>
      (await all<DeliveryRecord | DeliveryRequest>(streams.deliveries)).flatMap((record) =>
        record === undefined || 'kind' in record ? [] : deliveriesOf(record),
      ),
    async [Symbol.asyncDispose]() {
      await Promise.all([...running].map((each) => each.stop()));
      await connection.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Time that moves only when it is told to; what falls due runs in order. */
export class ManualClock implements Clock {
  private atMs = Date.now();
  private readonly timers = new Set<{ atMs: number; run: () => void }>();

  nowMs(): number {
    return this.atMs;
  }

  monotonicMs(): number {
    return this.atMs;
  }

  random(): number {
    return 0.5;
  }

  schedule(ms: number, run: () => void): () => void {
    const timer = { atMs: this.atMs + ms, run };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  moveTo(atMs: number): void {
    for (;;) {
      const due = [...this.timers].filter((timer) => timer.atMs <= atMs).toSorted((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.timers.delete(due);
      this.atMs = Math.max(this.atMs, due.atMs);
      due.run();
    }
    this.atMs = Math.max(this.atMs, atMs);
  }
}

/** Waits for what must come; the test's own time limit ends the wait. */
export async function until<T>(ask: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (;;) {
    const found = await ask();
    if (found !== undefined && found !== null && found !== false) return found as NonNullable<T>;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

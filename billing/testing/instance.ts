/** A back office on a real broker and a real database, behind the API server in small. */
import { noRows } from './corrections.ts';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { pino } from 'pino';
import { register } from 'prom-client';
import { streams } from '#core/messages/names.ts';
import { dataPaths, parseConfig, type Config } from '#platform/config.ts';
import { createApp, roles, type App } from '#platform/http/index.ts';
import { connectNats, type NatsConnection } from '#platform/nats/index.ts';
import { startTestServer, type TestServer } from '#platform/nats/testServer.ts';
import { startEngine, type TestEngine } from '#platform/postgres/testDatabase.ts';
import type { BudgetPorts } from '../budgets/seeds.ts';
import { createBilling, type Billing } from '../main.ts';
import type { Tables } from '../schema.ts';
import { scriptedCloses } from './closes.ts';
import { smallOrganisation } from './office.ts';

const partitions = 4;

export interface Answer {
  readonly status: number;
  // eslint-disable-next-line typescript/no-explicit-any -- a test looks into whatever was answered
  readonly body: any;
}

export class TestInstance {
  readonly connection: NatsConnection;
  readonly #broker: TestServer;
  readonly #engine: TestEngine<Tables>;
  dir = '';
  billing!: Billing;
  /** What closes hear of a rater and a store that are not there. */
  readonly closes = scriptedCloses();
  /** What budgets hear of a rater and a store that are not there. */
  budgets: BudgetPorts = { states: async () => [], loadedLogTimeMs: async () => 0, sums: async () => [] };
  #app!: App;

  private constructor(broker: TestServer, connection: NatsConnection, engine: TestEngine<Tables>) {
    this.#broker = broker;
    this.connection = connection;
    this.#engine = engine;
  }

  static async create(kind: 'embedded' | 'server'): Promise<TestInstance> {
    const broker = await startTestServer({ partitions });
    const connection = await connectNats({ url: broker.url, credentials: broker.credentials, role: 'office' });
    return new TestInstance(broker, connection, await startEngine<Tables>(kind));
  }

  /** The administrator's key. */
  get admin(): string {
    return readFileSync(dataPaths(this.dir).adminKey, 'utf8').trim();
  }

  /** Begins with nothing: an empty database, an empty control log, the small organisation. */
  async begin(): Promise<void> {
    this.dir = mkdtempSync(join(tmpdir(), 'meterline-billing-'));
    await (await this.#engine.fresh())[Symbol.asyncDispose]();
    const administrator = await connectNats({
      url: this.#broker.url,
      credentials: this.#broker.credentials,
      role: 'admin',
    });
    const manager = await jetstreamManager(administrator);
    for (let p = 0; p < partitions; p++) await manager.streams.purge(streams.control(p));
    await administrator.close();
    writeFileSync(join(this.dir, 'org.yaml'), smallOrganisation());
    await this.start('org.yaml');
  }

  async start(organisation: string): Promise<void> {
    register.clear();
    this.billing = await createBilling(this.config(organisation), this.connection, pino({ level: 'silent' }), {
      closes: this.closes.ports,
      corrections: noRows,
      budgets: {
        states: (...asked) => this.budgets.states(...asked),
        loadedLogTimeMs: (partition) => this.budgets.loadedLogTimeMs(partition),
        sums: (...asked) => this.budgets.sums(...asked),
      },
    });
    this.#app = await serve(this.billing);
  }

  async stop(): Promise<void> {
    await this.#app.close();
    await this.billing[Symbol.asyncDispose]();
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.dir, { recursive: true });
  }

  async destroy(): Promise<void> {
    await this.connection.close();
    await this.#engine[Symbol.asyncDispose]();
    await this.#broker[Symbol.asyncDispose]();
  }

  /** A request to `/api/v1…`, as the administrator unless another credential is given. */
  async call(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
    credential = this.admin,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const answer = await this.#app.inject({
      method,
      url: `/api/v1${path}`,
      headers: { authorization: `Bearer ${credential}`, host: '127.0.0.1:8080', ...headers },
      ...(body === undefined ? {} : { payload: body }),
    });
    return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json() };
  }

  private config(organisation: string): Config {
    const value = {
      dataDir: this.dir,
      partitions,
      nats: { url: this.#broker.url, credentials: this.#broker.credentials },
      clickhouse: { url: 'embedded:unused' },
      postgres: { url: this.#engine.url },
      office: { port: 0, applyAtFirstStart: join(this.dir, organisation) },
      rater: { port: 0 },
      collector: { port: 0 },
      webhooks: {},
    };
    return parseConfig(value, 'test');
  }
}

/** Asks billing who comes, and refuses who has less than the route's role. */
async function serve(billing: Billing): Promise<App> {
  const app = createApp();
  app.addHook('onRequest', async (request, reply) => {
    const identity = await billing.access.authenticate((request.headers.authorization ?? '').replace('Bearer ', ''));
    if (identity === undefined) return reply.status(401).send();
    const needed = request.routeOptions.config?.role ?? 'viewer';
    if (needed !== 'public' && roles.indexOf(identity.role) < roles.indexOf(needed)) return reply.status(403).send();
    request.identity = identity;
  });
  await app.register(async (scope) => billing.routes(scope as App), { prefix: '/api/v1' });
  return app;
}

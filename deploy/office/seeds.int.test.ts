/** What budgets made in mid-period are told (SPEC §6.9): the office's own SQL and database, beside the rater's machine that takes it. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { append, loadTo, MemoryIntents, testStore } from '#aggregator/testing/harness.ts';
import { MemoryLog } from '#aggregator/testing/memoryLog.ts';
import { budgetSums } from '#aggregator/queries/budgetSums.ts';
import { seedOnce, type BudgetPorts } from '#billing/budgets/seeds.ts';
import type { Tables } from '#billing/schema.ts';
import { testOffice, type TestOffice } from '#billing/testing/office.ts';
import { budgetState } from '#core/budgets/entries.ts';
import { limitOf, spentOf } from '#core/budgets/spent.ts';
import { PartitionMachine } from '#core/rating/machine.ts';
import { emptyState } from '#core/rating/state.ts';
import { newSigningSeed, signingKey } from '#platform/crypto.ts';
import { startEngine, type TestEngine } from '#platform/postgres/testDatabase.ts';

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64url');
const ports = { hash, verify: () => true, text: (bytes: Uint8Array) => Buffer.from(bytes).toString() };
const hour = 3_600_000;
const key = signingKey(newSigningSeed());

/** Terms of every kind; each is made once before there is usage and once after. */
const terms: Readonly<Record<string, object>> = {
  day: { period: 'day' },
  carried: { period: 'quarter', carryOver: {} },
  service: { period: 'month', scope: { services: ['Compute'] } },
  resources: { period: 'month', scope: { resources: ['web/*'] } },
  tags: { period: 'lifetime', scope: { tags: { env: ['prod'] } } },
  price: { period: 'year', scope: { prices: ['gpu'] }, currency: 'TOKENS' },
  rates: { period: 'week', fx: [{ currency: 'TOKENS', rate: '0.9', date: '2026-11-01' }] },
  quantity: { period: 'day', meter: 'cpu', currency: undefined },
  rolling: { period: { kind: 'rolling', hours: 30 } },
  forecast: { period: 'month', forecast: true },
  rate: { period: 'month', thresholds: [{ rate: { amount: '1', hours: 5 }, action: 'notify' }] },
};
const budget = (id: string, more: object) => ({ id, account: 'web', amount: '1000', thresholds: [{ percent: '100', action: 'notify' }], ...more }); // prettier-ignore

const organisation = (tenant: string, budgets: readonly object[]): string =>
  JSON.stringify({
    version: '1',
    tenant: { id: tenant, name: 'N', currency: 'EUR', timeZone: 'Europe/Berlin' },
    accounts: [
      { slug: 'top', name: 'Top', type: 'organisation', children: [
        { slug: 'web', name: 'Web', type: 'project', children: [{ slug: 'live', name: 'Live', type: 'project', tags: { env: 'prod' } }] },
        { slug: 'other', name: 'Other', type: 'project' },
      ] },
      { slug: 'suspense', name: 'Suspense', type: 'suspense' },
    ],
    ownership: [{ resource: 'web/*', account: 'web' }, { resource: 'live', account: 'live' }, { resource: 'other', account: 'other' }],
    producers: [{ id: 'p', type: 'gateway', keys: [key.publicKey] }],
    meters: [
      { id: 'cpu', metric: 'cpu', unit: '1', aggregation: 'sum' },
      { id: 'gpu', metric: 'gpu', unit: '1', aggregation: 'sum' },
    ],
    pricingUnits: [{ id: 'TOKENS', name: 'Tokens' }],
    prices: [
      { key: 'cpu', service: 'Compute', component: 'CPU', meter: 'cpu', per: '1', unitPrice: '0.13' },
      { key: 'gpu', service: 'Cards', component: 'GPU', meter: 'gpu', per: '1', unitPrice: '0.7', currency: 'TOKENS' },
    ],
    budgets,
  }); // prettier-ignore

/** A rater's machine whose commits are loaded into the real store, and an office that publishes to it. */
class Bench implements AsyncDisposable {
  /** A partition and a tenant of its own: all benches share one store. */
  readonly #partition: number;
  readonly #tenant: string;
  readonly #machine: PartitionMachine;
  readonly #log = new MemoryLog();
  readonly #loading = { log: this.#log, store, intents: new MemoryIntents() };
  #link = { seq: 0, hash: '' };
  #published = 0;
  #seq = { usage: 0, control: 0 };
  #loadedMs = 0;
  nowMs: number;
  /** What the office asks; a test puts its own in place. */
  readonly ports: { -readonly [Key in keyof BudgetPorts]: BudgetPorts[Key] };
  readonly office: TestOffice;

  constructor(partition: number, office: TestOffice) {
    this.#partition = partition;
    this.#tenant = `t${partition}`;
    this.#machine = new PartitionMachine(emptyState(partition), ports);
    this.office = office;
    this.nowMs = office.clock.nowMs;
    this.ports = {
      states: async () => this.states(),
      loadedLogTimeMs: async () => this.#loadedMs,
      sums: (tenant, question) => budgetSums(store, tenant, question),
    };
  }

  get tenant() {
    return this.#machine.state.tenants.get(this.#tenant)!;
  }

  states() {
    return [...this.tenant.budgetStates.values()].map((one) => budgetState(this.tenant, one));
  }

  warming(): string[] {
    return this.states()
      .flatMap((state) => (state.warming === true ? [state.budget] : []))
      .sort();
  }

  /** What the office put into its outbox and nobody has published yet. */
  async unpublished(): Promise<{ readonly changes: readonly { readonly kind: string }[] }[]> {
    const rows = await this.office.office.db.selectFrom('outbox').select('payload').orderBy('seq').execute();
    return rows.slice(this.#published).map(({ payload }) => JSON.parse(payload));
  }

  /** The rater takes it all. */
  async publish(): Promise<void> {
    for (const message of await this.unpublished()) {
      this.#seq.control += 1;
      this.#published += 1;
      this.#machine.takeControl(this.#input('control', `control.0.${this.#tenant}`, JSON.stringify(message)));
    }
    await this.#commit();
  }

  async apply(budgets: readonly object[]): Promise<void> {
    await this.office.apply(organisation(this.#tenant, budgets), { tenant: this.#tenant });
    await this.publish();
  }

  async use(quantity: number, resource: string, metric = 'cpu', atMs = this.nowMs): Promise<void> {
    const body = {
      v: 1, tenant: this.#tenant, producer: 'p', epoch: { startedAtMs: this.#seq.usage + 1, nonce: '00000000000000ff' }, seq: 1, prev: '', trace: '',
      resources: [resource], metrics: [{ name: metric, unit: '1', scale: 0, kind: 'delta' }], dims: [{}], baseMs: atMs, ticks: [[0, 0, 0]],
      series: [[0, 0, -1]], s: [0], k: [0], q: [quantity], raw: [null],
    }; // prettier-ignore
    this.#seq.usage += 1;
    this.#machine.takeUsage(
      this.#input('usage', `usage.0.${this.#tenant}.p`, `${'s'.repeat(86)}\n${key.keyId}\n${JSON.stringify(body)}`),
    );
    await this.#commit();
  }

  /** Log time goes on; so does the clock of the office. */
  async wait(ms: number): Promise<void> {
    this.nowMs += ms;
    this.office.clock.nowMs = this.nowMs;
    this.#machine.tick(this.nowMs);
    await this.#commit();
  }

  async load(): Promise<void> {
    await loadTo(this.#loading, this.#partition, this.#link.seq);
    this.#loadedMs = this.#machine.state.logTimeMs;
  }

  seedOnce = (sent: Map<string, number>): Promise<boolean> => seedOnce(this.office.office, this.ports, sent);

  /** Spent, limit, and what each hour came to; forecasts are worked out of that at an instant of the hour. */
  spent(id: string): string {
    const record = this.tenant.master.budgets.get(id)!;
    const { logTimeMs } = this.#machine.state;
    const { hours } = this.tenant.budgetStates.get(id)!;
    const byHour = [...hours]
      .filter(([, sums]) => [...sums.values()].some((sum) => sum !== 0n))
      .toSorted(([a], [b]) => a - b);
    return JSON.stringify([`${spentOf(this.tenant, record, logTimeMs)}`, `${limitOf(this.tenant, record, logTimeMs)}`, byHour.map(([at, sums]) => [at, [...sums].map(String)])]); // prettier-ignore
  }

  #input(stream: 'usage' | 'control', subject: string, text: string) {
    return { stream, subject, seq: this.#seq[stream], timeMs: this.nowMs, data: Buffer.from(text) };
  }

  async #commit(): Promise<void> {
    if (this.#link.seq === 0) await this.#append('takeover');
    await this.#append('commit');
  }

  async #append(kind: 'takeover' | 'commit'): Promise<void> {
    const base = { base: { incarnation: 0, outSeq: 0, hash: '' } };
    // What the first inputs brought goes with the commit, not with the take-over before it.
    const machine = kind === 'takeover' ? new PartitionMachine(emptyState(this.#partition), ports) : this.#machine;
    const { bytes } = machine.drain({ kind, incarnation: 1, nonce: 'n', n: this.#link.seq, prev: this.#link, ...(kind === 'takeover' ? base : {}) }); // prettier-ignore
    this.#link = { seq: this.#link.seq + 1, hash: hash(bytes) };
    await append(this.#log, this.#partition, bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.office[Symbol.asyncDispose]();
  }
}

let store: Awaited<ReturnType<typeof testStore>>;
let engine: TestEngine<Tables>;
beforeAll(async () => {
  store = await testStore();
  engine = await startEngine<Tables>('embedded');
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await engine[Symbol.asyncDispose]();
});

const early = Object.entries(terms).map(([name, more]) => budget(`early-${name}`, more));
const late = Object.entries(terms).map(([name, more]) => budget(`late-${name}`, more));

/** Budgets from the beginning, told of the nothing before them, and 40 hours of usage of everything. */
async function inMidPeriod(bench: Bench): Promise<void> {
  await bench.apply(early);
  await bench.wait(1);
  await bench.load();
  await bench.seedOnce(new Map());
  await bench.publish();
  expect(bench.warming()).toEqual([]);
  for (let n = 1; n <= 4; n++) {
    await bench.wait(9.9 * hour);
    for (const resource of ['web/1', 'live', 'other']) await bench.use(n * 7, resource);
    await bench.use(n, 'web/2', 'gpu');
    if (n % 2 === 0) await bench.use(50, 'web/3', 'cpu', bench.nowMs - 26 * hour);
  }
}

const expectSame = (bench: Bench): void => {
  for (const name of Object.keys(terms)) expect([name, bench.spent(`late-${name}`)]).toEqual([name, bench.spent(`early-${name}`)]);
}; // prettier-ignore

test('a budget made in mid-period has counted what one made before all usage has, whatever it counts', async () => {
  await using bench = new Bench(1, await testOffice(engine));
  await inMidPeriod(bench);
  await bench.apply(late);
  // Inputs of the same millisecond as the record lie before it, those of the next one after it: none counts twice.
  await bench.use(3, 'web/1');
  await bench.wait(1);
  await bench.use(5, 'live');
  expect(bench.warming()).toHaveLength(late.length);
  // Nothing is told before the store is whole beyond the record.
  await bench.seedOnce(new Map());
  expect(await bench.unpublished()).toEqual([]);
  await bench.load();
  await bench.seedOnce(new Map());
  await bench.use(11, 'web/1', 'gpu');
  await bench.publish();
  expect(bench.warming()).toEqual([]);
  expectSame(bench);
  await bench.wait(2 * hour);
  await bench.use(2, 'live');
  expectSame(bench);
});

test('an office that dies between asking and sending, or after it, tells once; a seed that was lost or rejected is told again', async () => {
  await using bench = new Bench(2, await testOffice(engine));
  await inMidPeriod(bench);
  await bench.apply(late);
  await bench.wait(1);
  await bench.load();
  const { sums } = bench.ports;
  bench.ports.sums = () => Promise.reject(new Error('killed'));
  await expect(bench.seedOnce(new Map())).rejects.toThrow('killed');
  expect(await bench.unpublished()).toEqual([]);
  bench.ports.sums = sums;
  const sent = new Map<string, number>();
  await bench.seedOnce(sent);
  const first = (await bench.unpublished()).length;
  expect(first).toBe(late.length);
  // It waits for what it sent; once a minute has gone by without an effect it sends again, and so does an office that forgot.
  await bench.seedOnce(sent);
  expect(await bench.unpublished()).toHaveLength(first);
  bench.office.clock.nowMs += 60_001;
  await bench.seedOnce(sent);
  await bench.seedOnce(new Map());
  expect(await bench.unpublished()).toHaveLength(3 * first);
  await bench.use(9, 'live');
  await bench.publish();
  expect(bench.warming()).toEqual([]);
  expectSame(bench);
});

test('a record that is changed while its past is being added up is told the past of what it counts now', async () => {
  await using bench = new Bench(3, await testOffice(engine));
  await inMidPeriod(bench);
  await bench.apply([budget('late-service', { period: 'month', scope: { services: ['Cards'] } })]);
  await bench.wait(1);
  await bench.load();
  const { sums } = bench.ports;
  bench.ports.sums = async (tenant, question) => {
    bench.ports.sums = sums;
    const answer = await sums(tenant, question);
    await bench.wait(1);
    await bench.apply([budget('late-service', terms['service']!)]);
    return answer;
  };
  const sent = new Map<string, number>();
  await bench.seedOnce(sent);
  await bench.publish();
  expect(bench.warming()).toEqual(['late-service']);
  await bench.use(4, 'live');
  await bench.wait(1);
  await bench.load();
  await bench.seedOnce(sent);
  await bench.publish();
  expect(bench.warming()).toEqual([]);
  expect(bench.spent('late-service')).toBe(bench.spent('early-service'));
});

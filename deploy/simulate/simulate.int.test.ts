/** `price simulate` on a real log, of a running instance and of the same one stopped. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAggregator } from '#aggregator/main.ts';
import { streams, subjects } from '#core/messages/names.ts';
import type { BalanceReply } from '#core/messages/balances.ts';
import { splitCommit, type CommitHeader } from '#core/messages/rated.ts';
import { dataPaths, type Config } from '#platform/config.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import { ensureStreams, jetstreamLog, type NatsConnection } from '#platform/nats/index.ts';
import { TestBilling, TestProducer, testOrganisation, testZone } from '#platform/nats/testProducer.ts';
import { createLogger } from '#platform/telemetry.ts';
import { main as runRater } from '#rater/main.ts';
import { prepareInstance } from '../instance/prepare.ts';
import { startBroker } from '../verify/broker.ts';
import { simulate } from './command.ts';
import type { SimulationReport } from './report.ts';
import { rowsIn } from './rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'meterline-simulate-'));
const dataDir = join(folder, 'instance');
const logger = createLogger('test', 'silent');
const baseMs = Date.now() - 3_600_000;

/** As published, but for what the caller says: CPU for €36 per vCPU·h. */
const price = (unitPrice: string, key = 'cpu') => `
prices:
  - key: ${key}
    service: compute
    component: cpu
    meter: cpu
    per: vCPU·h
    unitPrice: "${unitPrice}"
`;
const secondPrice = `
  - key: hosts
    service: compute
    component: suspense
    meter: cpu
    account: a2
    per: vCPU·h
    model: { kind: flat, amount: 5 }
`;

let running: SimulationReport;
let fromRows: SimulationReport;
let balance: string;
let written: readonly number[];
let writtenAfter: readonly number[];

beforeAll(async () => {
  mkdirSync(dataPaths(dataDir).run, { recursive: true });
  const { config: prepared } = await prepareInstance({
    dataDir, port: 0, partitions: 1, agent: undefined, organisation: '', allowLoopbackWebhooks: false, logLevel: 'silent',
  }); // prettier-ignore
  await using broker = await startBroker(prepared);
  const { connection } = broker;
  const config: Config = { ...prepared, nats: { ...prepared.nats, url: broker.url } };
  await ensureStreams(connection, 1, 1);
  const stop = new AbortController();
  const rater = runRater(config, { signal: stop.signal, logger });
  const aggregator = await createAggregator(config, connection, logger);
  const loading = aggregator.start(stop.signal);
  try {
    const log = await jetstreamLog(connection);
    await feed(connection, log);
    balance = await balanceOf(connection);
    written = await lengthsOf(log);
    const { lastSeq } = await log.info(streams.rated(0));
    while (aggregator.position(0).outSeq < lastSeq) await sleep(50);
    const rows = (tenant: string, partition: number) => rowsIn(aggregator.store, tenant, partition);
    const asked = (source: 'log' | 'clickhouse') =>
      simulate({
        path: 'same.yaml', text: price('36', 'renamed'), flags: { time: 'log', source }, partitions: 1,
        recorded: { log, instance: 'running', rows },
      }); // prettier-ignore
    running = await asked('log');
    fromRows = await asked('clickhouse');
    expect(await balanceOf(connection)).toBe(balance);
    writtenAfter = await lengthsOf(log);
  } finally {
    stop.abort();
    await Promise.all([rater, loading]);
    await aggregator[Symbol.asyncDispose]();
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Two agents on a host of account 3 and on strangers, with duplicates; 40 batches of half a second on two resources. */
async function feed(connection: NatsConnection, log: Log): Promise<void> {
  const producers = ['p1', 'p2'].map((id) => new TestProducer('t', id, baseMs));
  await new TestBilling(connection).publish('t', testOrganisation('t', producers));
  for (let i = 0; i < 20; i++) {
    for (const producer of producers) {
      const message = producer.next(500_000, ['h1', `other-${i % 3}`]);
      await producer.publish(connection, message);
      if (i % 5 === 0) await producer.publish(connection, message);
    }
  }
  const { lastSeq } = await log.info(streams.usage(0));
  for (;;) {
    const rated = await log.last(streams.rated(0));
    const header = rated && (JSON.parse(Buffer.from(splitCommit(rated.data).header).toString()) as CommitHeader);
    if (header?.inputs.usage.seq === lastSeq) return;
    await sleep(50);
  }
}

const lengthsOf = (log: Log) =>
  Promise.all(['usage', 'control', 'rated'].map(async (name) => (await log.info(streams[name as 'usage'](0))).lastSeq));

async function balanceOf(connection: NatsConnection): Promise<string> {
  const reply = await connection.request(subjects.balanceGet(0), JSON.stringify({ tenant: 't' }));
  return reply.json<BalanceReply>().balances.find(({ account }) => account === 1)!.total;
}

interface Ended {
  readonly code: number | null;
  readonly json: SimulationReport & { readonly error?: { readonly code: string; readonly message: string } };
  readonly out: string;
  readonly err: string;
}

/** The command itself, on the stopped instance. */
async function command(draft: string, ...flags: string[]): Promise<Ended> {
  const path = join(folder, 'draft.yaml');
  writeFileSync(path, draft);
  const args = ['deploy/cli.ts', 'price', 'simulate', path, '--data', dataDir, ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text) => (out += text));
  child.stderr.on('data', (text) => (err += text));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out, err, json: flags.includes('--json') ? JSON.parse(out) : undefined };
}

const amounts = ({ lines }: SimulationReport) =>
  lines.map(({ account, service, component, charged, draft, difference, samples }) =>
    [account, service, component, charged, draft, difference, samples].join(' '),
  );

test('the prices in force, under another name, charge what was charged while the instance runs; nothing moves', () => {
  expect(amounts(running)).toEqual(['a2 compute cpu 0.2 0.2 0 40', 'a3 compute cpu 0.2 0.2 0 40']);
  expect(running.totals).toEqual([{ currency: 'EUR', charged: balance, draft: balance, difference: '0' }]);
  expect(running).toMatchObject({ ok: true, tenant: 't', unpriced: [], refused: 0, from: null, to: null });
  expect(writtenAfter).toEqual(written);
});

const without = ({ source: _, commits: __, seconds: ___, ...told }: SimulationReport) => told;

test('rows in ClickHouse tell what the log tells, of log time and of usage time, running and stopped', async () => {
  expect(fromRows.source).toBe('clickhouse');
  expect(without(fromRows)).toEqual(without(running));
  const month = new Date(baseMs).toISOString().slice(0, 8);
  for (const flags of [[], ['--time', 'usage', '--from', `${month}01`], ['--from', '2020-01-01', '--account', 'a3']]) {
    const [log, rows] = [
      await command(price('72'), '--json', ...flags),
      await command(price('72'), '--json', '--source', 'clickhouse', ...flags),
    ];
    expect([log.code, rows.code]).toEqual([0, 0]);
    expect(rows.json.lines).not.toEqual([]);
    expect(without(rows.json)).toEqual(without(log.json));
  }
  const before = await command(
    price('72'),
    '--json',
    '--source',
    'clickhouse',
    '--time',
    'usage',
    '--to',
    '2020-01-01',
  );
  expect(before.json).toMatchObject({ ok: true, lines: [], time: 'usage', source: 'clickhouse' });
  const matrix = `
prices:
  - key: cpu
    service: compute
    component: cpu
    meter: cpu
    per: vCPU·h
    model: { kind: grouped, by: [zone], groupsMax: 9, model: { kind: perUnit, unitPrice: 1 } }
`;
  const unfit = await command(matrix, '--source', 'clickhouse');
  expect(unfit).toMatchObject({ code: 2, out: '' });
  expect(unfit.err).toMatch(/ROWS_INSUFFICIENT[\s\S]*price cpu: rows of meter cpu do not say its dimensions/);
});

test('as published, the same on the stopped instance, by the command', async () => {
  const { code, json } = await command(price('36'), '--json');
  expect(code).toBe(0);
  expect(json).toMatchObject({ ok: true, instance: 'stopped' });
  expect(amounts(json)).toEqual(amounts(running));
});

test('double the unit price is double the charge; an account and a stretch confine it; people read a table', async () => {
  const organisation = `version: 1\ntenant: { id: t, name: T, currency: EUR, timeZone: ${testZone} }`;
  const double = await command(`${organisation}${price('72')}`, '--account', 'a3', '--json');
  expect(amounts(double.json)).toEqual(['a3 compute cpu 0.2 0.4 0.2 40']);
  const none = await command(price('72'), '--to', '2020-01-01', '--json');
  expect(none).toMatchObject({ code: 0, json: { lines: [], totals: [], to: '2019-12-31T23:00:00.000Z' } });
  const { out, code } = await command(price('72'), '--from', '2020-01-01T00:00:00Z');
  expect(code).toBe(0);
  expect(out).toMatch(/^a2 +compute +cpu +0\.2 +0\.4 +0\.2 +EUR +40$/m);
  expect(out).toMatch(/^all +0\.4 +0\.8 +0\.4 +EUR$/m);
});

test('a new component stands beside the old one; what the draft leaves out has no price', async () => {
  const both = await command(`${price('36')}${secondPrice}`, '--json');
  expect(amounts(both.json)).toEqual([
    'a2 compute cpu 0.2 0.2 0 40',
    'a2 compute suspense 0 5 5 40',
    'a3 compute cpu 0.2 0.2 0 40',
  ]);
  const bare = await command(`prices:${secondPrice}`, '--json');
  expect(amounts(bare.json)).toEqual([
    'a2 compute cpu 0.2 0 -0.2 0',
    'a2 compute suspense 0 5 5 40',
    'a3 compute cpu 0.2 0 -0.2 0',
  ]);
  expect(bare.json.unpriced).toEqual([
    { account: 'a3', accountId: 3, meter: 'cpu', unit: 'us', quantity: '20000000', quantityCharged: '0', samples: 40, samplesCharged: 0 },
  ]); // prettier-ignore
});

test('a bad draft is told whole, with line and column, and nothing is simulated', async () => {
  const unknown = secondPrice.replace('meter: cpu', 'meter: gpu').replace('a2', 'a9');
  const wrong = `${price('-1').replace('per:', 'colour: red\n    per:')}${unknown}`;
  const { code, json, err } = await command(wrong, '--json');
  expect(code).toBe(2);
  expect(json).toMatchObject({ ok: false, error: { code: 'APPLY_INVALID' } });
  for (const place of [
    'draft.yaml:7:5: prices[0].colour ("colour")',
    'draft.yaml:9:16: prices[0].unitPrice ("-1")',
    'draft.yaml:14:12: prices[1].meter ("gpu")',
    'draft.yaml:15:14: prices[1].account ("a9")',
  ])
    expect(err).toContain(place);
  for (const [draft, flags, message] of [
    ['version: 1', [], /draft\.yaml:1:1: prices/],
    ['prices: [', [], /draft\.yaml:1:/],
    [
      `version: 1\ntenant: { id: u, name: U, currency: EUR, timeZone: UTC }${price('1')}`,
      [],
      /draft\.yaml:2:9: tenant \("u"\)/,
    ],
    [price('1'), ['--account', 'nobody'], /--account nobody/],
    [price('1'), ['--from', 'soon'], /--from soon/],
    [price('1'), ['--from', '2026-02-01', '--to', '2026-01-01'], /--from 2026-02-01 is not before/],
  ] as const) {
    const ended = await command(draft, ...flags);
    expect(ended).toMatchObject({ code: 2, out: '' });
    expect(ended.err).toMatch(message);
  }
});

/** `verify` on real stores: what the rater, the loader and the notifier wrote holds, and every tampering is named. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAggregator, type Aggregator } from '#aggregator/main.ts';
import { loadedSeq, storedGroups } from '#aggregator/reconcileRoutes.ts';
import type { BalanceReply } from '#core/messages/balances.ts';
import type { ControlChange } from '#core/messages/control.ts';
import { buckets, streams, subjects, notifierKeys } from '#core/messages/names.ts';
import { splitCommit, type CommitHeader } from '#core/messages/rated.ts';
import { Faults, type CheckName } from '#core/reference/audit/faults.ts';
import { dataPaths, type Config } from '#platform/config.ts';
import { openStore, type Store } from '#platform/clickhouse/index.ts';
import { sha256 } from '#platform/crypto.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { Log, LogMessage } from '#platform/log.ts';
import { ensureStreams, jetstreamLog, type NatsConnection } from '#platform/nats/index.ts';
import { TestBilling, TestProducer, testOrganisation } from '#platform/nats/testProducer.ts';
import { createLogger } from '#platform/telemetry.ts';
import { main as runRater } from '#rater/main.ts';
import { prepareInstance } from '../instance/prepare.ts';
import { verify } from '../verify.ts';
import { auditAll } from './audit.ts';
import { startBroker } from './broker.ts';
import { StreamReader } from './inputs.ts';
import { reportOf } from './report.ts';
import type { Source } from './source.ts';

const folder = mkdtempSync(join(tmpdir(), 'meterline-verify-'));
const dataDir = join(folder, 'instance');
const logger = createLogger('test', 'silent');
const baseMs = Date.now() - 3_600_000;
const silent = { extend: () => undefined, commitDone: () => undefined, [Symbol.dispose]: () => undefined };

const budget: ControlChange = {
  kind: 'budget', id: 'month', account: 1, name: 'Month', amount: '0.3', currency: 'EUR', period: 'month', targets: [], enabled: true,
  thresholds: [{ percent: '50', action: 'notify' }, { percent: '100', action: 'throttle' }],
}; // prettier-ignore

/** Sends while the instance is verified. */
const late = new TestProducer('t', 'late', baseMs);
let running: { readonly ok: boolean; readonly faults: string; readonly received: number };

/** A small instance that has lived: two agents, duplicates, a forged batch, a crossed budget; verified while it runs. */
beforeAll(async () => {
  mkdirSync(dataPaths(dataDir).run, { recursive: true });
  const { config: prepared } = await prepareInstance({
    dataDir, port: 0, partitions: 1, agent: undefined, organisation: '', allowLoopbackWebhooks: false, logLevel: 'silent',
  }); // prettier-ignore
  await using broker = await startBroker(prepared);
  const config: Config = { ...prepared, nats: { ...prepared.nats, url: broker.url } };
  await ensureStreams(broker.connection, 1, 1);
  const stop = new AbortController();
  const rater = runRater(config, { signal: stop.signal, logger });
  const aggregator = await createAggregator(config, broker.connection, logger);
  const loading = aggregator.start(stop.signal);
  try {
    await feed(broker.connection);
    await caughtUp(await jetstreamLog(broker.connection), aggregator);
    [running] = await Promise.all([verifyLive(broker.connection, aggregator.store), flood(broker.connection)]);
    await caughtUp(await jetstreamLog(broker.connection), aggregator);
  } finally {
    stop.abort();
    await Promise.all([rater, loading]);
    await aggregator[Symbol.asyncDispose]();
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function feed(connection: NatsConnection): Promise<void> {
  const producers = ['p1', 'p2'].map((id) => new TestProducer('t', id, baseMs));
  await new TestBilling(connection).publish('t', [...testOrganisation('t', [...producers, late]), budget]);
  for (let i = 0; i < 20; i++) {
    for (const producer of producers) {
      const message = producer.next(500_000, ['h1', `other-${i % 3}`]);
      await producer.publish(connection, message);
      if (i % 5 === 0) await producer.publish(connection, message);
    }
  }
  const forged = Buffer.from(producers[0]!.next(1));
  forged[0] = forged[0] === 65 ? 66 : 65;
  await producers[0]!.publish(connection, forged);
}

async function flood(connection: NatsConnection): Promise<void> {
  for (let i = 0; i < 30; i++) await late.publish(connection, late.next(1_000 + i));
}

async function caughtUp(log: Log, aggregator: Aggregator): Promise<void> {
  for (;;) {
    const [usage, rated] = await Promise.all([log.info(streams.usage(0)), log.last(streams.rated(0))]);
    const header = rated && headerOf(rated);
    const isRated = header !== undefined && header.inputs.usage.seq === usage.lastSeq;
    const copied = (await log.info(streams.alerts)).lastSeq;
    if (isRated && aggregator.position(0).outSeq === rated!.seq && copied === header.totals.alerts) return;
    await sleep(50);
  }
}

/** As on a running instance, but for the office's port. */
async function verifyLive(connection: NatsConnection, store: Store) {
  const source: Source = {
    placement: { firstPartition: 0, partitions: 1 },
    log: await jetstreamLog(connection),
    balances: async (partition, tenant) => {
      const reply = await connection.request(subjects.balanceGet(partition), JSON.stringify({ tenant }));
      return reply.json<BalanceReply>();
    },
    trimmedUntil: async () => 0,
    stored: async (partition, upTo) => {
      const head = await loadedSeq(store, partition);
      return { tenant: 't', loadedSeq: head, groups: await storedGroups(store, partition, upTo, 't') };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const faults = new Faults();
  const { looked, ...figures } = await auditAll(source, faults, silent);
  const report = reportOf(faults, looked, { ...figures, instance: 'running', seconds: 0 });
  return { ok: report.ok, faults: failed(report).join(), received: report.received };
}

const failed = (report: Awaited<ReturnType<typeof verify>>): CheckName[] =>
  report.checks.filter((check) => !check.ok).map((check) => check.name);
const detail = (report: Awaited<ReturnType<typeof verify>>, name: CheckName) =>
  report.checks.find((check) => check.name === name)!.detail;
const headerOf = (message: LogMessage) =>
  JSON.parse(Buffer.from(splitCommit(message.data).header).toString('utf8')) as CommitHeader;

/** Verifies a copy of the stopped instance after somebody has laid hands on it. */
async function verifyTampered(name: string, tamper: (copy: { dataDir: string }) => Promise<void>) {
  const copy = join(folder, name);
  cpSync(dataDir, copy, { recursive: true });
  await tamper({ dataDir: copy });
  return verify(copy);
}

async function onBroker(
  copy: { dataDir: string },
  tamper: (connection: NatsConnection, log: Log) => Promise<void>,
): Promise<void> {
  await using broker = await startBroker(copy);
  await tamper(broker.connection, await jetstreamLog(broker.connection));
}

async function onStore(copy: { dataDir: string }, statement: string): Promise<void> {
  await using store = await openStore(`embedded:${dataPaths(copy.dataDir).clickhouse}`);
  await store.command(`${statement} SETTINGS mutations_sync = 2`);
}

/** Writes `RATED_0` anew with one message changed; with `rechained`, as one would who can also compute hashes. */
async function rewriteRated(
  connection: NatsConnection,
  log: Log,
  change: (text: string, header: CommitHeader) => string,
  rechained: boolean,
): Promise<void> {
  const name = streams.rated(0);
  const { lastSeq } = await log.info(name);
  const messages: string[] = [];
  {
    await using reader = new StreamReader(log, name);
    for (let seq = 1; seq <= lastSeq; seq++) messages.push(Buffer.from((await reader.read(seq)).data).toString('utf8'));
  }
  const manager = await jetstreamManager(connection);
  const { config } = await manager.streams.info(name);
  await manager.streams.delete(name);
  await manager.streams.add(config);
  let hash = '';
  for (const message of messages) {
    const newline = message.indexOf('\n');
    const header = JSON.parse(message.slice(0, newline)) as CommitHeader;
    const chained = {
      ...header,
      prev: { ...header.prev, hash },
      ...(header.base === undefined ? {} : { base: { ...header.base, hash } }),
    };
    const text = change(rechained ? JSON.stringify(chained) + message.slice(newline) : message, header);
    hash = sha256(Buffer.from(text));
    await log.append(name, subjects.rated(0), Buffer.from(text));
  }
}

/** One more in the last digit of the first amount of the first block of the first commit that has blocks. */
function oneDigit(): (text: string) => string {
  let done = false;
  return (text) => {
    if (done || !text.includes('\tusage\t')) return text;
    done = true;
    return text.replace(/\[0\.005/, '[0.006');
  };
}

describe('verify', () => {
  test('a living instance is compared at the very commits that its stores answer for', () => {
    expect(running).toMatchObject({ ok: true, faults: '' });
    expect(running.received).toBeGreaterThanOrEqual(96);
  });

  test('a stopped instance holds, every figure counted', async () => {
    const report = await verify(dataDir);
    expect(failed(report)).toEqual([]);
    expect(report).toMatchObject({
      ok: true, received: 126, rated: 110, duplicates: 16, refused: 0, rowsInClickHouse: 110, chargeRows: 110, instance: 'stopped',
      difference: { balances: '0', clickhouse: '0', rerated: '0', documents: '0' },
    }); // prettier-ignore
  });

  test('a digit of a rated row', async () => {
    const report = await verifyTampered('digit', (copy) =>
      onBroker(copy, (connection, log) => rewriteRated(connection, log, oneDigit(), false)),
    );
    expect(failed(report)).toEqual(['FENCE', 'RERATE', 'BLOCKS', 'TELESCOPE']);
    expect(report.difference.rerated).toBe('0.001');
    expect(detail(report, 'RERATE')).toContain('is 500000 for 0.006, should be 500000 for 0.005');
  });

  test('the same with every hash put right', async () => {
    const report = await verifyTampered('rechained', (copy) =>
      onBroker(copy, (connection, log) => rewriteRated(connection, log, oneDigit(), true)),
    );
    expect(failed(report)).toEqual(['RERATE', 'BLOCKS', 'TELESCOPE']);
  });

  test('a balance in a commit, every hash put right', async () => {
    // Of one commit, whichever batches it happens to hold.
    let isRaised = false;
    const raise = (text: string) =>
      text.replace(/"own":"0","total":"0\.(\d)([0-8])"/, (found, tenths: string, cents: string) => {
        if (isRaised) return found;
        isRaised = true;
        return `"own":"0","total":"0.${tenths}${Number(cents) + 1}"`;
      });
    const report = await verifyTampered('balance', (copy) =>
      onBroker(copy, (connection, log) => rewriteRated(connection, log, raise, true)),
    );
    expect(failed(report)).toContain('BALANCES');
    expect(report.difference.balances).toBe('0.01');
  });

  test('a row of a batch that nobody signed, every hash put right', async () => {
    const forge = (text: string) => text.replace(/(\tp1\t\S+\t)3(\t)/, '$1999$2');
    const report = await verifyTampered('forged', (copy) =>
      onBroker(copy, (connection, log) => rewriteRated(connection, log, forge, true)),
    );
    expect(failed(report)).toEqual(['TRACE', 'ONCE', 'RERATE', 'BLOCKS']);
    expect(detail(report, 'TRACE')).toContain('no batch t p1');
  });

  test('a block that ClickHouse has lost, and one whose samples it has changed', async () => {
    const lost = await verifyTampered('lost', (copy) =>
      onStore(
        copy,
        'ALTER TABLE rated_blocks DELETE WHERE (out_seq, block) IN (SELECT max(out_seq), 0 FROM rated_blocks)',
      ),
    );
    expect(failed(lost)).toEqual(['CLICKHOUSE']);
    expect(lost.rowsInClickHouse).toBe(109);
    const changed = await verifyTampered('changed', (copy) =>
      onStore(
        copy,
        "ALTER TABLE rated_blocks UPDATE amounts = arrayMap(a -> a + toDecimal128('0.000000000001', 12), amounts) WHERE (out_seq, block) IN (SELECT max(out_seq), 0 FROM rated_blocks)",
      ),
    );
    expect(failed(changed)).toEqual(['CLICKHOUSE']);
    expect(changed.difference.clickhouse).toBe('0.000000000001');
  });

  test('an alert handed out twice', async () => {
    const report = await verifyTampered('alert', (copy) =>
      onBroker(copy, async (_, log) => {
        const first = await log.get(streams.alerts, 1);
        await log.append(streams.alerts, first!.subject, first!.data);
      }),
    );
    expect(failed(report)).toEqual(['CAP']);
    expect(detail(report, 'CAP')).toContain('ALERTS holds alert t:month:');
  });

  test('alerts that the notifier had not come to are no fault, those that it had are', async () => {
    const withoutAlerts =
      (copiedTo: number, trimmed: object = {}) =>
      (copy: { dataDir: string }) =>
        onBroker(copy, async (connection) => {
          const manager = await jetstreamManager(connection);
          const { config } = await manager.streams.info(streams.alerts);
          await manager.streams.delete(streams.alerts);
          await manager.streams.add(config);
          const positions = await new Kvm(connection).create(buckets.notifier, { replicas: 1 });
          await positions.put('0', JSON.stringify({ seq: copiedTo, hash: '', incarnation: 1 }));
          await positions.put(notifierKeys.trimmed, JSON.stringify(trimmed));
        });
    const pending = await verifyTampered('pending', withoutAlerts(0));
    expect(failed(pending)).toEqual([]);
    expect(detail(pending, 'CAP')).toContain('2 more are copied at the next start');
    expect(failed(await verifyTampered('unalerted', withoutAlerts(1000)))).toEqual(['CAP']);
    // Settled, and gone from the stream as its trimming wrote down.
    const settled = await verifyTampered('settled', withoutAlerts(1000, { 0: Date.now() + 86_400_000 }));
    expect(failed(settled)).toEqual([]);
    expect(detail(settled, 'CAP')).toContain('2 were settled and have left the stream');
  });

  test('a batch that is gone from the log', async () => {
    const report = await verifyTampered('gone', (copy) =>
      onBroker(
        copy,
        async (connection) =>
          void (await (await jetstreamManager(connection)).streams.deleteMessage(streams.usage(0), 7)),
      ),
    );
    expect(failed(report)).toContain('FENCE');
    expect(detail(report, 'FENCE')).toContain('USAGE_0 holds message 8 where message 7 should be');
  });
});

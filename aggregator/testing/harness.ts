import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatAmount } from '#core/money/fixed.ts';
import { streams, subjects } from '#core/messages/names.ts';
import { openStore, type Store } from '#platform/clickhouse/index.ts';
import type { Log } from '#platform/log.ts';
import { createLogger } from '#platform/telemetry.ts';
import { aggregatorEvents } from '../events.ts';
import { aggregatorError } from '../errors.ts';
import type { Intents, LoadRecord } from '../loader/intent.ts';
import { clickhouseLoadStore } from '../loader/loadStore.ts';
import { PartitionLoader, type LoaderPorts } from '../loader/partition.ts';
import { reconcile } from '../reconcile/reconcile.ts';
import { migrate } from '../schema/migrate.ts';
import type { Generator } from './generator.ts';

/** A real ClickHouse in a directory of its own, with the schema; one a process. */
export async function testStore(): Promise<Store & { readonly dir: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'meterline-clickhouse-'));
  const store = await openStore(`embedded:${dir}`);
  await migrate(store);
  return {
    dir,
    query: (sql, parameters) => store.query(sql, parameters),
    command: (sql, parameters) => store.command(sql, parameters),
    insertTsv: (table, columns, lines, options) => store.insertTsv(table, columns, lines, options),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Intents in memory with the bucket's compare-and-set. */
export class MemoryIntents implements Intents {
  record: LoadRecord | undefined;
  revision = 0;

  read(): Promise<{ record: LoadRecord; revision: number } | undefined> {
    return Promise.resolve(this.record === undefined ? undefined : { record: this.record, revision: this.revision });
  }

  write(partition: number, record: LoadRecord, revision: number): Promise<number> {
    if (revision !== this.revision) return Promise.reject(aggregatorError('LOAD_CONTESTED', `Partition ${partition}.`));
    this.record = record;
    return Promise.resolve(++this.revision);
  }
}

export const silentEvents = aggregatorEvents(createLogger('test', process.env['METERLINE_TEST_LOG'] ?? 'silent'));

export const append = (log: Log, partition: number, message: Uint8Array) =>
  log.append(streams.rated(partition), subjects.rated(partition), message);

export type TestPorts = Omit<LoaderPorts, 'events' | 'store'> & { readonly store: Store };

export const testLoader = (ports: TestPorts, partition: number): PartitionLoader =>
  new PartitionLoader({ ...ports, store: clickhouseLoadStore(ports.store), events: silentEvents }, partition);

/** Runs one loader until the store has reached `seq`. */
export async function loadTo(ports: TestPorts, partition: number, seq: number): Promise<void> {
  const stop = new AbortController();
  const loader = testLoader({ pauseMsMax: 0, ...ports }, partition);
  const running = loader.run(stop.signal);
  const deadlineMs = performance.now() + 30_000;
  while (loader.head.seq < seq && performance.now() < deadlineMs)
    await new Promise((resolve) => setTimeout(resolve, 2));
  stop.abort();
  await running;
  if (loader.head.seq < seq) throw new Error(`stuck at ${loader.head.seq} of ${seq}`, { cause: loader.failure });
}

export interface Held {
  readonly rows: number;
  readonly blocks: number;
  readonly amount: string;
  readonly twice: number;
}

/** What the store holds of a partition, and how many blocks it holds more than once. */
export async function heldBy(store: Store, partition: number): Promise<Held> {
  const found = await store.query<{ rows: string; blocks: string; amount: string; twice: string }>(
    `SELECT sum(samples) AS rows, count() AS blocks, sum(amount) AS amount, blocks - uniqExact(incarnation, out_seq, block) AS twice
     FROM valid_blocks WHERE partition = {partition:UInt16}`,
    { partition },
  );
  const { rows, blocks, amount, twice } = found[0]!;
  return { rows: Number(rows), blocks: Number(blocks), amount, twice: Number(twice) };
}

export const expectedOf = (generator: Generator): Held => ({
  rows: generator.rows,
  blocks: generator.blocks,
  amount: formatAmount(generator.amountPico),
  twice: 0,
});

export const check = (store: Store) => reconcile(store, 0);

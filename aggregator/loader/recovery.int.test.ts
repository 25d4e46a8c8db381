/** What a loader makes of a range whose fate it does not know, case by case, on the real engine. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { streams } from '#core/messages/names.ts';
import type { Log, LogMessage } from '#platform/log.ts';
import { Generator } from '../testing/generator.ts';
import { append, check, expectedOf, heldBy, MemoryIntents, silentEvents, testStore } from '../testing/harness.ts';
import { MemoryLog } from '../testing/memoryLog.ts';
import type { LoadRecord } from './intent.ts';
import { clickhouseLoadStore } from './loadStore.ts';
import { PartitionLoader } from './partition.ts';
import type { RecoveryCase } from './recovery.ts';

let partition = 0;
let store: Awaited<ReturnType<typeof testStore>>;
let log: MemoryLog;
let intents: MemoryIntents;
let generator: Generator;
/** What was found of the blocks of each range in doubt, in order. */
let found: RecoveryCase[];

beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store[Symbol.asyncDispose]());
beforeEach(async () => {
  partition += 1;
  log = new MemoryLog();
  intents = new MemoryIntents();
  generator = new Generator({ partition });
  await write(generator.takeover());
  await write(generator.commit([{}, {}]));
  await write(generator.commit([{}, {}, {}]));
});

const write = (message: Uint8Array) => append(log, partition, message);

async function load(through: Log = log): Promise<void> {
  found = [];
  const events: typeof silentEvents = {
    ...silentEvents,
    recovered: (_partition, table, what) => {
      if (['rated_blocks', 'all'].includes(table)) found.push(what);
    },
  };
  const stop = new AbortController();
  const ports = { log: through, store: clickhouseLoadStore(store), intents, events, pauseMsMax: 0 };
  const loader = new PartitionLoader(ports, partition);
  const running = loader.run(stop.signal);
  await expect.poll(() => loader.head.seq, { timeout: 20_000 }).toBe(generator.head.seq);
  stop.abort();
  await running;
}

/** Each row once, and the record done: what every case must end in. */
async function expectWhole(): Promise<void> {
  expect(await heldBy(store, partition)).toEqual(expectedOf(generator));
  expect(intents.record).toMatchObject({ state: 'done', end: { seq: generator.head.seq } });
  expect(await check(store)).toMatchObject({ ok: true, difference: '0' });
}

const asIntent = (record: LoadRecord): LoadRecord => ({ ...record, state: 'intent' });
const remove = (table: string, where: string) =>
  store.command(`ALTER TABLE ${table} DELETE WHERE partition = ${partition} AND ${where} SETTINGS mutations_sync = 2`);

describe('the cases of a record', () => {
  test('before: commits that are recorded as done come again, and nothing is asked or written', async () => {
    await load();
    const twice: Log = {
      append: (...args) => log.append(...args),
      info: (stream) => log.info(stream),
      get: (stream, seq) => log.get(stream, seq),
      last: (stream) => log.last(stream),
      async *follow(stream, fromSeq, signal): AsyncIterable<LogMessage> {
        for (const seq of [1, 2, 3]) yield (await log.get(stream, seq))!;
        yield* log.follow(stream, fromSeq, signal);
      },
    };
    await write(generator.commit());
    await load(twice);
    expect(found).toEqual(['before', 'before', 'before']);
    await expectWhole();
  });

  test('new: recorded, and killed before the insert: inserted under the recorded token', async () => {
    await load();
    const record = asIntent(intents.record!);
    await remove('rated_blocks', 'out_seq > 0');
    for (const table of ['resources', 'takeovers', 'loads']) await remove(table, 'out_seq > 0');
    intents.record = { ...record, storedSeq: 0, token: `${record.token}-another` };
    await load();
    expect(found).toEqual(['new']);
    expect(intents.record!.token).toBe(`${record.token}-another`);
    await expectWhole();
  });

  test('same: inserted, and killed before it was marked done: marked, and not inserted again', async () => {
    await load();
    intents.record = asIntent(intents.record!);
    await load();
    expect(found).toEqual(['same']);
    await expectWhole();
  });

  test('containing: the record is older than the store, as from a backup: marked, and what follows is counted too', async () => {
    await load();
    const older = asIntent(intents.record!);
    await write(generator.commit());
    await load();
    intents.record = older;
    await load();
    expect(found).toEqual(['containing', 'same']);
    await expectWhole();
  });

  test('overlapping: part of the rows are there, of one commit or of some: removed, and inserted under a new token', async () => {
    for (const missing of ['out_seq = 3 AND block = 1', 'out_seq = 2']) {
      await load();
      const record = asIntent(intents.record!);
      await remove('rated_blocks', missing);
      intents.record = record;
      await load();
      expect(found).toEqual(['overlapping']);
      expect(intents.record!.token).not.toBe(record.token);
      await expectWhole();
    }
  });

  test('overlapping: the recorded range reaches beyond a log that has lost its tail', async () => {
    await load();
    const survivor = new Generator({ partition });
    survivor.takeover();
    survivor.commit([{}, {}]);
    intents.record = asIntent(intents.record!);
    log.rewind(streams.rated(partition), 2);
    generator = survivor;
    await write(generator.takeover('another'));
    await write(generator.commit());
    await load();
    await expectWhole();
  });
});

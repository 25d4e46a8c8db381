import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { streams } from '#core/messages/names.ts';
import type { Store } from '#platform/clickhouse/index.ts';
import { Generator } from '../testing/generator.ts';
import { append, check, empty, expectedOf, heldBy, loadTo, MemoryIntents, testStore } from '../testing/harness.ts';
import { MemoryLog } from '../testing/memoryLog.ts';

const partition = 3;
let store: Awaited<ReturnType<typeof testStore>>;
let log: MemoryLog;
let intents: MemoryIntents;
let generator: Generator;

beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store[Symbol.asyncDispose]());
beforeEach(async () => {
  await empty(store);
  log = new MemoryLog();
  intents = new MemoryIntents();
  generator = new Generator({ partition });
});

const write = (message: Uint8Array) => append(log, partition, message);
const load = (through: Store = store) => loadTo({ log, store: through, intents }, partition, generator.head.seq);

/** Fails on call number `at`, before or after the call took effect. Returns how many calls there were. */
function faulty(at: number, when: 'before' | 'after') {
  let calls = 0;
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    const isBad = ++calls === at;
    if (isBad && when === 'before') throw new Error('crash before');
    const result = await work();
    if (isBad) throw new Error('crash after');
    return result;
  };
  const badStore: Store = {
    query: (sql, parameters) => guarded(() => store.query(sql, parameters)),
    command: (sql, parameters) => guarded(() => store.command(sql, parameters)),
    insertTsv: (table, columns, lines, options) => guarded(() => store.insertTsv(table, columns, lines, options)),
    [Symbol.asyncDispose]: async () => {},
  };
  const badIntents = {
    read: (p: number) => guarded(() => intents.read()).then((known) => (p === partition ? known : undefined)),
    write: (p: number, record: never, revision: number) => guarded(() => intents.write(p, record, revision)),
  };
  return { store: badStore, intents: badIntents, calls: () => calls };
}

describe('ONCE', () => {
  test('commits are loaded whole, with their dictionary, refusals and counters', async () => {
    await write(generator.takeover());
    for (let i = 0; i < 20; i++) await write(i % 5 === 0 ? generator.tick() : generator.commit([{}, {}], i === 7 ? [{ detail: 'a\tb\\c\n' }] : []));
    await load();
    expect(await heldBy(store, partition)).toEqual(expectedOf(generator));
    expect(await store.query('SELECT detail FROM refusals')).toEqual([{ detail: 'a\tb\\c\n' }]);
    expect(await store.query("SELECT count() AS missing FROM rated_rows WHERE resource = ''")).toEqual([{ missing: '0' }]);
    expect(await check(store)).toMatchObject({ ok: true, difference: '0', rows: generator.rows, faults: [] });
  });

  test('a crash before or after every single call leaves each row once', async () => {
    let calls = 1;
    for (let at = 1; at <= calls; at++) {
      for (const when of ['before', 'after'] as const) {
        await empty(store);
        log = new MemoryLog();
        intents = new MemoryIntents();
        generator = new Generator({ partition, seed: at });
        await write(generator.takeover());
        await write(generator.commit([{}, {}], [{}]));
        await write(generator.tick());
        await write(generator.takeover());
        await write(generator.commit());
        const bad = faulty(at, when);
        await loadTo({ log, store: bad.store, intents: bad.intents as never }, partition, generator.head.seq);
        expect(await heldBy(store, partition), `${when} call ${at}`).toEqual(expectedOf(generator));
        expect(await check(store), `${when} call ${at}`).toMatchObject({ ok: true });
        calls = Math.max(calls, bad.calls());
      }
    }
    expect(calls).toBeGreaterThan(20);
  });

  test('a load that was cut off in the middle, by another token, is redone', async () => {
    await write(generator.takeover());
    await write(generator.commit([{}, {}, {}]));
    await write(generator.commit([{}, {}]));
    await load();
    const whole = await heldBy(store, partition);
    // Some rows of the range are gone, and the record says that it was only meant.
    await store.command('ALTER TABLE rated_blocks DELETE WHERE out_seq = 2 AND block = 1 SETTINGS mutations_sync = 2');
    intents.record = { ...intents.record!, state: 'intent' };
    await load();
    expect(await heldBy(store, partition)).toEqual(whole);
    expect(intents.record).toMatchObject({ state: 'done', attempt: 1 });
  });

  test('a record older than the store (before, same, containing) adds nothing', async () => {
    await write(generator.takeover());
    await write(generator.commit());
    await load();
    const early = { record: intents.record, revision: intents.revision };
    await write(generator.commit());
    await load();
    for (const record of [early.record, undefined, { ...intents.record!, state: 'intent' as const }]) {
      intents.record = record;
      await load();
      expect(await heldBy(store, partition)).toEqual(expectedOf(generator));
      expect(await check(store)).toMatchObject({ ok: true });
    }
  });

  test('two loaders on one partition load each row once', async () => {
    await write(generator.takeover());
    for (let i = 0; i < 30; i++) await write(generator.commit());
    await Promise.all([load(), load()]);
    expect(await heldBy(store, partition)).toEqual(expectedOf(generator));
  });

  test('a month of log time that ends within the range makes two loads', async () => {
    generator = new Generator({ partition, startMs: Date.UTC(2026, 10, 30, 23, 59, 58) });
    await write(generator.takeover());
    for (let i = 0; i < 4; i++) await write(generator.commit());
    await load();
    expect(await heldBy(store, partition)).toEqual(expectedOf(generator));
    expect(await store.query('SELECT DISTINCT toYYYYMM(log_time) AS month FROM rated_blocks ORDER BY month')).toEqual([{ month: 202611 }, { month: 202612 }]);
    expect(intents.record?.base.seq).toBe(2);
  });
});

describe('FENCE', () => {
  test('rows beyond the base of a take-over are void, whether or not the numbers come again', async () => {
    await write(generator.takeover());
    await write(generator.commit());
    await write(generator.commit());
    const survivor = generator.clone();
    await write(generator.takeover());
    for (let i = 0; i < 3; i++) await write(generator.commit());
    await load();
    expect(await heldBy(store, partition)).toEqual(expectedOf(generator));
    // The broker loses its tail: the next owner starts from commit 3 and gives out incarnation 2 once more.
    log.rewind(streams.rated(partition), 3);
    generator = survivor;
    await write(generator.takeover('another'));
    await write(generator.commit([{ account: 1 }]));
    await load();
    expect(await heldBy(store, partition)).toEqual(expectedOf(generator));
    expect(await check(store)).toMatchObject({ ok: true });
  });

  test('views hide void rows before they are removed', async () => {
    await write(generator.takeover());
    for (let i = 0; i < 3; i++) await write(generator.commit());
    await load();
    await store.command(
      `INSERT INTO takeovers (partition, incarnation, out_seq, log_time, nonce, base_incarnation, base_out_seq, void_rows)
       VALUES (${partition}, 2, 3, now64(3), 'x', 1, 2, 5), (${partition + 1}, 9, 1, now64(3), 'x', 1, 0, 5)`,
    );
    expect(await store.query('SELECT DISTINCT out_seq FROM valid_blocks')).toEqual([{ out_seq: '2' }]);
    expect(await store.query('SELECT max(out_seq) AS last FROM rated_rows')).toEqual([{ last: '2' }]);
  });

  test('a message that does not chain is ignored, and what chains goes on', async () => {
    await write(generator.takeover());
    await write(generator.commit());
    const stranger = generator.clone();
    stranger.tick();
    await write(new TextEncoder().encode('not a commit\n'));
    await write(stranger.commit());
    // The owner takes over from the commit that chains; two strangers lie between.
    const header = JSON.parse(new TextDecoder().decode(generator.takeover()).split('\n')[0]!);
    await write(new TextEncoder().encode(`${JSON.stringify(header)}\n`));
    await loadTo({ log, store, intents }, partition, 5);
    const held = await heldBy(store, partition);
    expect(held).toEqual(expectedOf(generator));
    expect(intents.record?.end).toMatchObject({ seq: 5, incarnation: 2 });
  });

  test('blocks that are not as announced stop the partition and load nothing', async () => {
    await write(generator.takeover());
    await write(generator.commit());
    const bytes = generator.commit();
    await write(bytes.subarray(0, bytes.length - 1));
    await loadTo({ log, store, intents }, partition, 2);
    const stop = new AbortController();
    const { PartitionLoader } = await import('./partition.ts');
    const { silentEvents } = await import('../testing/harness.ts');
    const loader = new PartitionLoader({ log, store, intents, events: silentEvents }, partition);
    const running = loader.run(stop.signal);
    while (loader.failure === undefined) await new Promise((resolve) => setTimeout(resolve, 2));
    stop.abort();
    await running;
    expect(loader.failure).toMatchObject({ code: 'LOAD_MALFORMED' });
    expect(loader.head.seq).toBe(2);
    expect(await store.query('SELECT max(out_seq) AS last FROM rated_blocks')).toEqual([{ last: '2' }]);
  });
});

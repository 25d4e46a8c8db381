import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { streams } from '#core/messages/names.ts';
import { clickhouseError } from '#platform/clickhouse/errors.ts';
import type { Store } from '#platform/clickhouse/index.ts';
import { Generator } from '../testing/generator.ts';
import { append, check, expectedOf, heldBy, loadTo, MemoryIntents, testLoader, testStore } from '../testing/harness.ts';
import { MemoryLog } from '../testing/memoryLog.ts';

/** Each history is a partition of its own in the one store of this process. */
let partition = 0;
let store: Awaited<ReturnType<typeof testStore>>;
let log: MemoryLog;
let intents: MemoryIntents;
let generator: Generator;

beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store[Symbol.asyncDispose]());
beforeEach(() => begin());

function begin(options: { seed?: number; startMs?: number } = {}): void {
  partition += 1;
  log = new MemoryLog();
  intents = new MemoryIntents();
  generator = new Generator({ partition, ...options });
}

const write = (message: Uint8Array) => append(log, partition, message);
const load = (through: Store = store) => loadTo({ log, store: through, intents }, partition, generator.head.seq);

const passOn: Store = {
  query: (sql, parameters) => store.query(sql, parameters),
  command: (sql, parameters) => store.command(sql, parameters),
  insertTsv: (table, columns, lines, options) => store.insertTsv(table, columns, lines, options),
  [Symbol.asyncDispose]: async () => {},
};

/** Fails on call number `at`, and on one while it recovers, before or after the call took effect; counts the calls. */
function faulty(at: number, when: 'before' | 'after') {
  let calls = 0;
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    calls += 1;
    const isBad = calls === at || calls === at + 4;
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
    // What a stranger may have named a key.
    const detail = 'a\tb\\c\n\r\u0000\u2028é';
    for (let i = 0; i < 20; i++)
      await write(i % 5 === 0 ? generator.tick() : generator.commit([{}, {}], i === 7 ? [{ detail }] : []));
    await load();
    expect(await heldBy(store, partition)).toEqual(expectedOf(generator));
    expect(await store.query(`SELECT detail FROM refusals WHERE partition = ${partition}`)).toEqual([{ detail }]);
    expect(await store.query("SELECT count() AS missing FROM rated_rows WHERE resource = ''")).toEqual([
      { missing: '0' },
    ]);
    expect(await check(store)).toMatchObject({ ok: true, difference: '0', rows: generator.rows, faults: [] });
  });

  test('a crash before or after every single call leaves each row once', async () => {
    let runs = 0;
    for (let at = 1, isReached = true; isReached; at++) {
      for (const when of ['before', 'after'] as const) {
        begin({ seed: at });
        await write(generator.takeover());
        await write(generator.commit([{}, {}], [{}]));
        await write(generator.tick());
        await write(generator.takeover());
        await write(generator.commit());
        const bad = faulty(at, when);
        await loadTo({ log, store: bad.store, intents: bad.intents as never }, partition, generator.head.seq);
        expect(await heldBy(store, partition), `${when} call ${at}`).toEqual(expectedOf(generator));
        isReached = bad.calls() >= at;
        runs += 1;
      }
    }
    expect(runs).toBeGreaterThan(40);
    expect(await check(store)).toMatchObject({ ok: true, difference: '0' });
  });

  test('an insert that timed out and lands after it was tried again stores nothing twice', async () => {
    await write(generator.takeover());
    await write(generator.commit([{}, {}]));
    const late: (() => Promise<void>)[] = [];
    let isLost = true;
    const slow: Store = {
      ...passOn,
      async insertTsv(...insert) {
        if (isLost) {
          isLost = false;
          late.push(() => store.insertTsv(...insert));
          throw clickhouseError('CLICKHOUSE_UNREACHABLE', 'Timeout error.');
        }
        await store.insertTsv(...insert);
        for (const land of late.splice(0)) await land();
      },
    };
    await load(slow);
    await write(generator.commit());
    await load();
    expect(await heldBy(store, partition)).toEqual(expectedOf(generator));
    expect(await check(store)).toMatchObject({ ok: true });
  });

  test('a store that refuses is asked again for ever; meanwhile the loader says why it waits', async () => {
    await write(generator.takeover());
    await write(generator.commit());
    const down = clickhouseError('CLICKHOUSE_FULL');
    let isDown = true;
    const refusing = { ...passOn, query: (...asked: Parameters<Store['query']>) => (isDown ? Promise.reject(down) : store.query(...asked)) }; // prettier-ignore
    const stop = new AbortController();
    const loader = testLoader({ log, store: refusing as Store, intents, pauseMsMax: 0 }, partition);
    const running = loader.run(stop.signal);
    const until = async (isTrue: () => boolean) => {
      while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 2));
    };
    await until(() => loader.failures >= 3);
    expect(loader.failure).toBe(down);
    expect(loader.head.seq).toBe(0);
    isDown = false;
    await until(() => loader.head.seq === generator.head.seq);
    expect([loader.failure, loader.failures]).toEqual([undefined, 0]);
    stop.abort();
    await running;
    expect(await heldBy(store, partition)).toEqual(expectedOf(generator));
  });

  test('what the store has lost, all or the newest of it, is read again from the log', async () => {
    await write(generator.takeover());
    for (let i = 0; i < 5; i++) {
      await write(generator.commit());
      await load();
    }
    for (const from of [4, 0]) {
      for (const table of ['rated_blocks', 'resources', 'takeovers', 'loads'])
        await store.command(
          `ALTER TABLE ${table} DELETE WHERE partition = ${partition} AND out_seq >= ${from} SETTINGS mutations_sync = 2`,
        );
      await write(generator.commit());
      await load();
      expect(await heldBy(store, partition)).toEqual(expectedOf(generator));
      expect(await check(store)).toMatchObject({ ok: true });
    }
  });

  test('two loaders on one partition load each row once', async () => {
    await write(generator.takeover());
    for (let i = 0; i < 30; i++) await write(generator.commit());
    const one = () => loadTo({ log, store, intents, pauseMsMax: 2000 }, partition, generator.head.seq);
    await Promise.all([one(), one()]);
    expect(await heldBy(store, partition)).toEqual(expectedOf(generator));
  });

  test('a month of log time that ends within the range makes two loads', async () => {
    begin({ startMs: Date.UTC(2026, 10, 30, 23, 59, 56) });
    await write(generator.takeover());
    for (let i = 0; i < 4; i++) await write(generator.commit());
    await load();
    expect(await heldBy(store, partition)).toEqual(expectedOf(generator));
    expect(
      await store.query(
        `SELECT DISTINCT toYYYYMM(log_time) AS month FROM rated_blocks WHERE partition = ${partition} ORDER BY month`,
      ),
    ).toEqual([{ month: 202611 }, { month: 202612 }]);
    expect(intents.record?.base.seq).toBe(3);
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

  test('a log that begins anew leaves nothing of what was loaded before', async () => {
    await write(generator.takeover());
    await write(generator.commit());
    await write(generator.takeover());
    for (let i = 0; i < 3; i++) await write(generator.commit());
    await load();
    log = new MemoryLog();
    generator = new Generator({ partition, seed: 99 });
    await write(generator.takeover());
    await write(generator.commit());
    await load();
    expect(await heldBy(store, partition)).toEqual(expectedOf(generator));
    expect(await check(store)).toMatchObject({ ok: true });
  });

  test('rows that land after a take-over has made them void are never shown', async () => {
    await write(generator.takeover());
    await write(generator.commit());
    await write(generator.takeover());
    await write(generator.commit());
    await load();
    const shown = `SELECT count() AS rows FROM valid_blocks WHERE partition = ${partition}`;
    const before = await store.query(shown);
    // An insert that timed out may be taken all the same, whenever the server comes to it.
    await store.command(
      `INSERT INTO rated_blocks SELECT * REPLACE (toUInt64(4) AS out_seq) FROM rated_blocks WHERE partition = ${partition} AND incarnation = 1`,
    );
    expect(await store.query(shown)).toEqual(before);
    expect(await check(store)).toMatchObject({ ok: true, difference: '0' });
  });

  test('views hide void rows before they are removed', async () => {
    await write(generator.takeover());
    for (let i = 0; i < 3; i++) await write(generator.commit());
    await load();
    await store.command(
      `INSERT INTO takeovers (partition, incarnation, out_seq, log_time, nonce, base_incarnation, base_out_seq, void_rows)
       VALUES (${partition}, 2, 3, now64(3), 'x', 1, 2, 5), (${partition + 1000}, 9, 1, now64(3), 'x', 1, 0, 5)`,
    );
    expect(await store.query(`SELECT DISTINCT out_seq FROM valid_blocks WHERE partition = ${partition}`)).toEqual([
      { out_seq: '2' },
    ]);
    expect(await store.query(`SELECT max(out_seq) AS last FROM rated_rows WHERE partition = ${partition}`)).toEqual([
      { last: '2' },
    ]);
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
    const loader = testLoader({ log, store, intents }, partition);
    const running = loader.run(stop.signal);
    while (loader.failure === undefined) await new Promise((resolve) => setTimeout(resolve, 2));
    stop.abort();
    await running;
    expect(loader.failure).toMatchObject({ code: 'LOAD_MALFORMED' });
    expect(loader.head.seq).toBe(2);
    expect(await store.query(`SELECT max(out_seq) AS last FROM rated_blocks WHERE partition = ${partition}`)).toEqual([
      { last: '2' },
    ]);
  });
});

/** The loader against a ClickHouse that is a process of its own: slow, refusing, gone, killed in mid-insert, late with what was asked. */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { clickhouseLimits } from '#platform/clickhouse/limits.ts';
import { openStore, type Store } from '#platform/clickhouse/index.ts';
import { sleep } from '#platform/lifecycle.ts';
import { freePort } from '#platform/nats/testServer.ts';
import { migrate } from '../schema/migrate.ts';
import type { Mood } from '../testing/clickhouseFront.ts';
import { Generator } from '../testing/generator.ts';
import { append, check, expectedOf, heldBy, loadTo, MemoryIntents, testLoader } from '../testing/harness.ts';
import { MemoryLog } from '../testing/memoryLog.ts';

const dir = mkdtempSync(join(tmpdir(), 'meterline-clickhouse-'));
let port: number;
let child: ChildProcess;
let store: Store;
let partition = 0;
let log: MemoryLog;
let intents: MemoryIntents;
let generator: Generator;

const heard = (word: string): Promise<void> =>
  new Promise((resolve) => {
    const listen = (message: unknown) => {
      if (message !== word) return;
      child.off('message', listen);
      resolve();
    };
    child.on('message', listen);
  });
const be = (mood: Mood) => child.send(mood);

async function start(): Promise<void> {
  child = fork(join(import.meta.dirname, '..', 'testing', 'clickhouseFront.ts'), [dir, String(port)]);
  await heard('listening');
}
async function kill(): Promise<void> {
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exit;
}

beforeAll(async () => {
  port = await freePort();
  await start();
  store = await openStore(`http://127.0.0.1:${port}`);
  await migrate(store);
}, 60_000);
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await kill();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(async () => {
  partition += 1;
  log = new MemoryLog();
  intents = new MemoryIntents();
  generator = new Generator({ partition });
  await append(log, partition, generator.takeover());
});

async function write(commits: number, blocks = 3): Promise<void> {
  for (let i = 0; i < commits; i++)
    await append(log, partition, generator.commit(Array.from({ length: blocks }, () => ({ samples: 50 }))));
}

/** A loader that runs until it has failed, or all is loaded. */
function run() {
  const stop = new AbortController();
  const loader = testLoader({ log, store, intents, pauseMsMax: 20 }, partition);
  const running = loader.run(stop.signal);
  return {
    loader,
    whole: () => expect.poll(() => loader.head.seq, { timeout: 30_000 }).toBe(generator.head.seq),
    async stop() {
      stop.abort();
      await running;
    },
  };
}

async function expectWhole(): Promise<void> {
  expect(await heldBy(store, partition)).toEqual(expectedOf(generator));
  expect(await check(store)).toMatchObject({ ok: true, difference: '0' });
}

describe('ONCE', () => {
  test('slow: commits that come meanwhile are loaded together, and nothing else waits for them', async () => {
    be({ insertMs: 100 });
    const { loader, whole, stop } = run();
    for (let i = 0; i < 20; i++) {
      await write(1);
      await sleep(20);
    }
    await whole();
    expect(loader.failures).toBe(0);
    await stop();
    be({});
    const loads = await store.query<{ loads: string }>(
      `SELECT count() AS loads FROM loads WHERE partition = ${partition}`,
    );
    expect(Number(loads[0]!.loads)).toBeLessThan(20);
    await expectWhole();
  });

  test('refusing: the loader says why, asks again for ever, and goes on by itself', async () => {
    await write(3);
    const { loader, whole, stop } = run();
    for (const [refuse, code] of [
      ['Code: 252. DB::Exception: Too many parts (3000). (TOO_MANY_PARTS)', 'CLICKHOUSE_REFUSED'],
      ['Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)', 'CLICKHOUSE_FULL'],
      ['Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)', 'CLICKHOUSE_REFUSED'],
    ] as const) {
      be({ refuse });
      await write(1);
      await expect.poll(() => loader.failure, { timeout: 20_000 }).toMatchObject({ code });
    }
    expect(loader.failures).toBeGreaterThan(0);
    be({});
    await whole();
    expect([loader.failure, loader.failures]).toEqual([undefined, 0]);
    await stop();
    await expectWhole();
  });

  test('killed in mid-insert, again and again, and away for a while: each row once', async () => {
    await write(2);
    const { loader, whole, stop } = run();
    for (let round = 0; round < 5; round++) {
      const inserting = heard('inserting');
      await write(40);
      await inserting;
      // From the arrival of the request to after its rows are synced: some 40 ms.
      await sleep(round * 10);
      await kill();
      if (round === 3) await expect.poll(() => loader.failure).toMatchObject({ code: 'CLICKHOUSE_UNREACHABLE' });
      await start();
    }
    await whole();
    await stop();
    await expectWhole();
  }, 120_000);

  test('answering after a time-out: what is done after all is not done twice, whether it comes before or after its repetition', async () => {
    const limits = clickhouseLimits as { insertTimeoutMs: number };
    const before = limits.insertTimeoutMs;
    limits.insertTimeoutMs = 150;
    const impatient = await openStore(`http://127.0.0.1:${port}`);
    limits.insertTimeoutMs = before;
    for (const insertMs of [200, 600]) {
      await write(2);
      be({ insertMs });
      const stop = new AbortController();
      const loader = testLoader({ log, store: impatient, intents, pauseMsMax: 100 }, partition);
      const running = loader.run(stop.signal);
      await expect.poll(() => loader.failure, { timeout: 20_000 }).toMatchObject({ code: 'CLICKHOUSE_UNREACHABLE' });
      const landed = heard('inserted');
      be({});
      await landed;
      await expect.poll(() => loader.head.seq, { timeout: 20_000 }).toBe(generator.head.seq);
      await sleep(insertMs);
      stop.abort();
      await running;
      await write(1);
      await loadTo({ log, store, intents }, partition, generator.head.seq);
      await expectWhole();
    }
    await impatient[Symbol.asyncDispose]();
  }, 60_000);
});

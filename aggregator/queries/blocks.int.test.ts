/** Blocks as a simulation reads them, against the very lines that were loaded. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readBlocks } from '#core/reference/audit/blocks.ts';
import { splitCommit } from '#core/messages/rated.ts';
import { Generator } from '../testing/generator.ts';
import { append, loadTo, MemoryIntents, testStore } from '../testing/harness.ts';
import { MemoryLog } from '../testing/memoryLog.ts';
import { blocksInOrder, type StoredBlock } from './blocks.ts';

const partition = 1;
const day = 24 * 3600 * 1000;
const startMs = Date.UTC(2026, 10, 20, 12);
/** Place in the log, start and figures of each row of the tenant, as the log has them, with log time. */
const logged: { readonly row: string; readonly startMs: number; readonly logTimeMs: number }[] = [];
let store: Awaited<ReturnType<typeof testStore>>;

const ms = (text: string): number => Number(text.replace('.', ''));
const plain = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

function note(message: Uint8Array): void {
  for (const block of readBlocks(new TextDecoder().decode(splitCommit(message).blocks))) {
    if (block!.scalar('tenant') !== 'northwind') continue;
    const [place, amounts, offsets] = [
      `${block!.scalar('out_seq')}-${block!.scalar('block')}`,
      block!.list('amounts'),
      block!.list('offset'),
    ];
    block!.list('quantities').forEach((quantity, i) => {
      const row = `${place}-${i} ${block!.scalar('price')} ${plain(quantity)} ${plain(amounts[i]!)}`;
      logged.push({
        row,
        startMs: ms(block!.scalar('first')) + Number(offsets[i]),
        logTimeMs: ms(block!.scalar('log_time')),
      });
    });
  }
}

const rowsOf = (blocks: readonly StoredBlock[]): string[] =>
  blocks.flatMap(({ out_seq, block, price, quantities, amounts }) =>
    (quantities as string[]).map(
      (quantity, i) => `${[out_seq, block, i].join('-')} ${price as string} ${plain(quantity)} ${plain(amounts[i]!)}`,
    ),
  );

beforeAll(async () => {
  store = await testStore();
  const log = new MemoryLog();
  const generator = new Generator({ partition, startMs, tenants: ['northwind', 'southwind'] });
  await append(log, partition, generator.takeover());
  for (let n = 0; n < 12; n++) {
    const tenant = n % 4 === 3 ? 'southwind' : 'northwind';
    const specs = [1, 2, 3].map((samples) => ({
      tenant,
      samples,
      startMs: startMs + n * day,
      stepMs: samples * 7_000_000,
    }));
    const message = generator.commit(specs);
    note(message);
    await append(log, partition, message);
  }
  await loadTo({ log, store, intents: new MemoryIntents() }, partition, generator.head.seq);
});
afterAll(() => store[Symbol.asyncDispose]());

async function pages(asked: {
  time: 'log' | 'usage';
  from?: number;
  to?: number;
  limit: number;
  outSeqMax?: number;
}): Promise<string[]> {
  const { outSeqMax = 1000, ...question } = asked;
  const blocks: StoredBlock[] = [];
  for (let cursor: string | undefined; ;) {
    // What is loaded meanwhile is in no later page.
    const scope = { tenant: 'northwind', partition, outSeqMax: cursor === undefined ? outSeqMax : 1000 };
    const page = await blocksInOrder(store, { scope, ...question, cursor });
    blocks.push(...page.blocks);
    if (page.cursor === null) return rowsOf(blocks);
    cursor = page.cursor;
  }
}

test('blocks come whole and once, in the order of the log, however they are paged', async () => {
  const all = logged.map(({ row }) => row);
  expect(await pages({ time: 'log', limit: 200 })).toEqual(all);
  expect(await pages({ time: 'log', limit: 4, outSeqMax: 8 })).toEqual(
    all.filter((row) => Number(row.split('-')[0]) <= 8),
  );
});

test('of a stretch comes all that it holds and what came before in its months; of log time nothing that came after', async () => {
  const [from, to] = [logged[9]!.logTimeMs, logged.at(-5)!.logTimeMs];
  expect(await pages({ time: 'log', from, to, limit: 200 })).toEqual(
    logged.filter(({ logTimeMs }) => logTimeMs < to).map(({ row }) => row),
  );
  const usage = { from: startMs + 2 * day, to: startMs + 5 * day };
  const given = new Set(await pages({ time: 'usage', ...usage, limit: 200 }));
  const held = logged.filter((row) => row.startMs >= usage.from && row.startMs < usage.to);
  expect(held.length).toBeGreaterThan(0);
  expect(held.filter(({ row }) => !given.has(row))).toEqual([]);
  expect(await pages({ time: 'usage', from: 0, to: 1, limit: 200 })).toEqual([]);
});

test('a cursor that no page gave out is refused', async () => {
  const scope = { tenant: 'northwind', partition, outSeqMax: 9 };
  await expect(blocksInOrder(store, { scope, time: 'log', limit: 1, cursor: '1' })).rejects.toMatchObject({
    code: 'CURSOR_INVALID',
  });
});

/** What budgets would have counted, against the rows themselves. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Generator } from '../testing/generator.ts';
import { append, loadTo, MemoryIntents, testStore } from '../testing/harness.ts';
import { MemoryLog } from '../testing/memoryLog.ts';
import { budgetSums } from './budgetSums.ts';

const partition = 1;
const startMs = Date.UTC(2026, 10, 20, 12);
const day = 86_400_000;
let store: Awaited<ReturnType<typeof testStore>>;

beforeAll(async () => {
  store = await testStore();
  const log = new MemoryLog();
  const generator = new Generator({ partition, startMs, tenants: ['northwind', 'southwind'] });
  await append(log, partition, generator.takeover());
  for (let n = 0; n < 6; n++) {
    const specs = [1, 2, 3].map((samples) => ({ tenant: n % 3 === 2 ? 'southwind' : 'northwind', samples, startMs: startMs + n * day, stepMs: samples * 7_000_000 }));
    await append(log, partition, generator.commit(specs));
  } // prettier-ignore
  await loadTo({ log, store, intents: new MemoryIntents() }, partition, generator.head.seq);
});
afterAll(() => store[Symbol.asyncDispose]());

const rowsOf = (more: string) =>
  store.query<{ account: number; currency: string; amount: string; quantity: string; resource: string; at: string; log: string }>(
    `SELECT account, currency, toString(amount) AS amount, toString(quantity) AS quantity, resource, toUnixTimestamp64Milli(start) AS at, toUnixTimestamp64Milli(log_time) AS log
     FROM rated_rows WHERE tenant = 'northwind' AND kind != 'unmetered' ${more}`,
  ); // prettier-ignore
const total = (texts: readonly string[]) => texts.reduce((sum, text) => sum + Number(text), 0);

test('sums by quarter of an hour are those of the rows: of money, of a meter, of resources, up to a log time', async () => {
  const rows = await rowsOf('');
  const accounts = [...new Set(rows.map(({ account }) => account))];
  const currencies = [...new Set(rows.map(({ currency }) => currency))].filter((currency) => currency !== '');
  const all = { logTimeMaxMs: startMs + 900 * day, fromMs: 0, accounts, currencies };
  const money = await budgetSums(store, 'northwind', all);
  expect(money.length).toBeGreaterThan(3);
  expect(total(money.map(({ sum }) => sum))).toBeCloseTo(total(rows.map(({ amount }) => amount)), 6);
  for (const { atMs } of money) expect(atMs % 900_000).toBe(0);
  const some = rows[0]!;
  const within = rows.filter(({ resource, at }) => resource === some.resource && Number(at) >= startMs + day);
  const narrowed = await budgetSums(store, 'northwind', { ...all, fromMs: startMs + day, resources: [some.resource] });
  expect(total(narrowed.map(({ sum }) => sum))).toBeCloseTo(total(within.map(({ amount }) => amount)), 6);
  const logged = rows.map(({ log }) => Number(log)).sort((a, b) => a - b);
  const before = await budgetSums(store, 'northwind', { ...all, logTimeMaxMs: logged[0]! });
  expect(total(before.map(({ sum }) => sum))).toBeCloseTo(total(rows.filter(({ log }) => Number(log) <= logged[0]!).map(({ amount }) => amount)), 6); // prettier-ignore
  const [{ meter }] = (await store.query<{ meter: string }>(`SELECT any(meter) AS meter FROM rated_rows WHERE tenant = 'northwind' AND kind != 'unmetered'`)) as [{ meter: string }]; // prettier-ignore
  const measured = await budgetSums(store, 'northwind', { ...all, meter });
  expect(total(measured.map(({ sum }) => sum))).toBeCloseTo(total((await rowsOf(`AND meter = '${meter}'`)).map(({ quantity }) => quantity)), 6); // prettier-ignore
  expect(measured.every(({ currency }) => currency === '')).toBe(true);
});

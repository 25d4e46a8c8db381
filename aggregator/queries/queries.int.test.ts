/** Answers of the store against a plain reading of the very lines that were loaded. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exploreGroupsMax } from '#core/messages/api.ts';
import { blockColumns, splitCommit } from '#core/messages/rated.ts';
import { rebuildRollup } from '../schema/rollup.ts';
import { Generator, type BlockSpec } from '../testing/generator.ts';
import { append, check, loadTo, MemoryIntents, testStore } from '../testing/harness.ts';
import { MemoryLog } from '../testing/memoryLog.ts';
import { explore, type ExploreQuestion } from './explore.ts';
import { topResources } from './figures.ts';
import { loadedHead } from './heads.ts';
import { rows, type RowsQuestion } from './rows.ts';
import { tallyRows } from './tally.ts';
import { exploreWorth } from './worth.ts';

type Dimension = ExploreQuestion['by'][number];

/** A charge row as the log has it; decimals in 10⁻¹². */
interface PlainRow extends Readonly<Record<Exclude<Dimension, 'resource' | 'day' | 'hour'>, string>> {
  readonly tenant: string;
  readonly path: readonly number[];
  readonly price: number;
  readonly outSeq: number;
  readonly startMs: number;
  readonly resource: number;
  readonly quantity: bigint;
  readonly amount: bigint;
  readonly samples: number;
  readonly isLate: boolean;
  readonly id: string;
}

const partition = 1;
const timeZone = 'Asia/Kathmandu';
const units = new Map([
  ['cpu', 'us'],
  ['disk', 'By.ms'],
]);
const logged: PlainRow[] = [];
const log = new MemoryLog();
const intents = new MemoryIntents();
const generator = new Generator({ partition, tenants: ['northwind', 'southwind'] });
let store: Awaited<ReturnType<typeof testStore>>;

const pico = (text: string): bigint => {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const size = BigInt(whole + fraction.padEnd(12, '0'));
  return text.startsWith('-') ? -size : size;
};

function plainRows(message: Uint8Array): PlainRow[] {
  const lines = new TextDecoder().decode(splitCommit(message).blocks).split('\n').slice(0, -1);
  return lines.flatMap((line) => {
    const cells = line.split('\t');
    const cell = (name: (typeof blockColumns)[number][0]) => cells[blockColumns.findIndex(([of]) => of === name)]!;
    const list = (name: (typeof blockColumns)[number][0]) => cell(name).slice(1, -1).split(',');
    const place = ['partition', 'incarnation', 'out_seq', 'block'] as const;
    return list('idx').map((_, i) => ({
      tenant: cell('tenant'),
      account: cell('account'),
      service: cell('service'),
      component: cell('component'),
      cell: cell('cell'),
      meter: cell('meter'),
      producer: cell('producer'),
      kind: cell('kind'),
      // A month of Berlin begins on the evening before it in UTC.
      booked: new Date(Number(cell('booked_start')) * 1000 + day).toISOString().slice(0, 7),
      isLate: Number(cell('closed_until')) > 0,
      path: list('path').map(Number),
      price: Number(cell('price')),
      outSeq: Number(cell('out_seq')),
      startMs: Number(cell('first').replace('.', '')) + Number(list('offset')[i]),
      resource: Number(list('resource')[i]),
      quantity: pico(list('quantities')[i]!),
      amount: pico(list('amounts')[i]!),
      samples: list('secondary').includes(String(i + 1)) ? 0 : 1,
      id: [...place.map(cell), i].join('-'),
    }));
  });
}

const day = 24 * 3600 * 1000;
const startMs = Date.UTC(2026, 10, 20, 12);

/** Blocks of every kind that the rater writes: whole, mixed, without samples, over midnight, negative adjustments. */
const blockSpec: fc.Arbitrary<BlockSpec> = fc.record({
  tenant: fc.constantFrom('northwind', 'southwind'),
  kind: fc.constantFrom('usage', 'usage', 'usage', 'unpriced', 'unmetered', 'adjustment'),
  late: fc.constantFrom(false, false, true),
  startMs: fc.integer({ min: startMs, max: startMs + 3 * day }),
  stepMs: fc.constantFrom(0, 1000, 3_600_000, 20_000_000),
  samples: fc.integer({ min: 1, max: 12 }),
  secondaryShare: fc.constantFrom(0, 0, 0.5, 1),
  quantity: fc.constantFrom('0', '2', '0.000000000001', '-7.5', '9999999999999999999999'),
});

async function write(message: Uint8Array): Promise<void> {
  logged.push(...plainRows(message));
  await append(log, partition, message);
}

const load = () => loadTo({ log, store, intents }, partition, generator.head.seq);

beforeAll(async () => {
  store = await testStore();
  await write(generator.takeover());
  for (const specs of fc.sample(fc.array(blockSpec, { minLength: 1, maxLength: 6 }), { seed: 7, numRuns: 60 }))
    await write(generator.commit(specs));
  await load();
});
afterAll(() => store[Symbol.asyncDispose]());

const filters: fc.Arbitrary<RowsQuestion['filters']> = fc.record(
  {
    from: fc.integer({ min: startMs - day, max: startMs + 5 * day }),
    to: fc.integer({ min: startMs - day, max: startMs + 5 * day }),
    account: fc.integer({ min: 1, max: 5 }),
    service: fc.constantFrom('Compute', 'Storage'),
    cell: fc.constantFrom('', 'peak', '["eu","gold"]'),
    meter: fc.constantFrom('cpu', 'disk', 'none'),
    resource: fc.constantFrom('web-1', 'db:orders', 'nobody'),
    kind: fc.constantFrom('usage', 'unpriced', 'unmetered', 'adjustment'),
    late: fc.boolean(),
  },
  { requiredKeys: [] },
);

const scope = fc.record({
  tenant: fc.constantFrom('northwind', 'southwind'),
  partition: fc.constant(partition),
  outSeqMax: fc.integer({ min: 0, max: 70 }),
});

async function resourceIds(): Promise<ReadonlyMap<string, number>> {
  const found = await store.query<{ tenant: string; id: number; name: string }>(
    'SELECT tenant, id, name FROM resources',
  );
  return new Map(found.map(({ tenant, id, name }) => [`${tenant}|${name}`, id]));
}

function matching(
  { tenant, outSeqMax }: RowsQuestion['scope'],
  asked: RowsQuestion['filters'],
  ids: ReadonlyMap<string, number>,
): PlainRow[] {
  const { from = 0, to = Number.POSITIVE_INFINITY, account, service, cell, meter, resource, kind, late } = asked;
  return logged.filter(
    (row) =>
      row.tenant === tenant && row.outSeq <= outSeqMax && row.startMs >= from && row.startMs < to &&
      (account === undefined || row.path.includes(account)) && (service === undefined || row.service === service) &&
      (cell === undefined || row.cell === cell) && (meter === undefined || row.meter === meter) && (kind === undefined || row.kind === kind) && (late === undefined || row.isLate === late) &&
      (resource === undefined || row.resource === ids.get(`${tenant}|${resource}`)),
  ); // prettier-ignore
}

function keyOf(row: PlainRow, dimension: Dimension, names: ReadonlyMap<string, string>): string {
  if (dimension === 'resource') return names.get(`${row.tenant}|${row.resource}`)!;
  if (dimension !== 'day' && dimension !== 'hour') return row[dimension];
  const zoned = Temporal.Instant.fromEpochMilliseconds(row.startMs).toZonedDateTimeISO(timeZone);
  return dimension === 'day'
    ? zoned.toPlainDate().toString()
    : zoned
        .round({ smallestUnit: 'hour', roundingMode: 'floor' })
        .toString({ smallestUnit: 'minute', timeZoneName: 'never' });
}

test('explore adds up just what a plain reading of the log adds up, whatever is asked', async () => {
  const ids = await resourceIds();
  const names = new Map([...ids].map(([key, id]) => [`${key.split('|')[0]}|${id}`, key.split('|')[1]!]));
  const by = fc.uniqueArray(
    fc.constantFrom<Dimension>(
      'account',
      'service',
      'component',
      'cell',
      'meter',
      'resource',
      'producer',
      'day',
      'hour',
      'kind',
      'booked',
    ),
    { maxLength: 3 },
  );
  await fc.assert(
    fc.asyncProperty(scope, by, filters, async (of, dimensions, asked) => {
      const answer = await explore(store, {
        scope: of,
        by: dimensions,
        filters: asked,
        timeZone,
        currency: 'EUR',
        units,
      });
      const wanted = Object.entries(
        Object.groupBy(matching(of, asked, ids), (row) =>
          JSON.stringify(dimensions.map((dimension) => keyOf(row, dimension, names))),
        ),
      ).map(([key, found]) => {
        const members = found!;
        const meters = new Set(members.map((row) => row.meter));
        const isClear =
          meters.size === 1 &&
          members.every((row) => row.kind !== 'unmetered') &&
          new Set(members.filter((row) => row.price > 0).map((row) => row.service)).size <= 1;
        const unit = isClear ? units.get(members[0]!.meter)! : '';
        return {
          key: JSON.parse(key) as string[],
          amount: members.reduce((sum, row) => sum + row.amount, 0n),
          quantity: unit === '' ? '' : members.reduce((sum, row) => sum + row.quantity, 0n),
          unit,
          samples: members.reduce((sum, row) => sum + row.samples, 0),
        };
      });
      const found = answer.groups.map((group) => ({
        ...group,
        amount: pico(group.amount),
        quantity: group.quantity === '' ? '' : pico(group.quantity),
      }));
      const order = (a: { key: readonly string[] }, b: { key: readonly string[] }) =>
        JSON.stringify(a.key) < JSON.stringify(b.key) ? -1 : 1;
      expect(found.toSorted(order)).toEqual(wanted.toSorted(order));
      expect(found.map(({ amount }) => amount)).toEqual(
        wanted.map(({ amount }) => amount).toSorted((a, b) => (a < b ? 1 : a > b ? -1 : 0)),
      );
      expect(pico(answer.total.amount)).toBe(wanted.reduce((sum, { amount }) => sum + amount, 0n));
      expect(answer.total.samples).toBe(wanted.reduce((sum, { samples }) => sum + samples, 0));
      expect(answer.other).toEqual({ groups: 0, amount: '0', samples: 0 });
    }),
    { numRuns: 60, seed: 11 },
  );
});

test('groups beyond the last that is listed are in the rest, exactly', async () => {
  const ids = await resourceIds();
  for (const i of Array.from({ length: 20 }).keys())
    await write(
      generator.commit([
        { tenant: 'southwind', samples: 40, stepMs: 3_600_000, startMs: startMs + i * 40 * 3_600_000 },
      ]),
    );
  await load();
  const of = { tenant: 'southwind', partition, outSeqMax: generator.head.seq };
  const { groups, other, total } = await explore(store, {
    scope: of, by: ['hour', 'account'], filters: {}, timeZone, currency: 'EUR', units,
  }); // prettier-ignore
  const all = matching(of, {}, ids);
  expect(groups).toHaveLength(exploreGroupsMax);
  expect(other.groups).toBe(
    new Set(all.map((row) => `${keyOf(row, 'hour', new Map())}|${row.account}`)).size - groups.length,
  );
  expect(pico(total.amount)).toBe(all.reduce((sum, { amount }) => sum + amount, 0n));
  expect(groups.reduce((sum, { amount }) => sum + pico(amount), pico(other.amount))).toBe(pico(total.amount));
  expect(groups.reduce((sum, { samples }) => sum + samples, other.samples)).toBe(total.samples);
});

test('pages of rows are the rows of the log, newest first, each once, while loading goes on', async () => {
  const ids = await resourceIds();
  await fc.assert(
    fc.asyncProperty(scope, filters, fc.integer({ min: 1, max: 40 }), async (of, asked, limit) => {
      const wanted = matching(of, asked, ids).map((row) => row.id);
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await rows(store, { scope: of, filters: asked, limit, cursor });
        expect(page.rows.length).toBeLessThanOrEqual(limit);
        found.push(...page.rows.map((row) => row.id));
        cursor = page.cursor ?? undefined;
      } while (cursor !== undefined && found.length <= wanted.length);
      expect(found.toSorted()).toEqual(wanted.toSorted());
      const places = found.map((id) => id.split('-').slice(2).map((part) => part.padStart(9, '0')).join('-')); // prettier-ignore
      expect(places).toEqual(places.toSorted().toReversed());
    }),
    { numRuns: 25, seed: 13 },
  );
  const question = { scope: { tenant: 'northwind', partition, outSeqMax: 30 }, filters: {}, limit: 20 };
  const first = await rows(store, question);
  await write(generator.commit([{ tenant: 'northwind', samples: 5 }]));
  await load();
  const { outSeq } = await loadedHead(store, partition);
  const second = { ...question, scope: { ...question.scope, outSeqMax: outSeq }, cursor: first.cursor! };
  const whole = await rows(store, { ...question, limit: 40 });
  expect([...first.rows, ...(await rows(store, second)).rows]).toEqual(whole.rows);
  await expect(rows(store, { ...second, cursor: '2-1-3-0-0' })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
});

test('the daily rollup is the sum of single rows, also when it is made again while loading goes on', async () => {
  const perDay = async () =>
    store.query(`SELECT toString(day) AS day, tenant, account, meter, kind, service, sum(quantity) AS quantity, sum(amount) AS amount,
        toUInt32(sum(samples)) AS samples, toUInt32(sum(rows)) AS rows FROM rollup_daily
      GROUP BY day, tenant, account, meter, kind, service ORDER BY day, tenant, account, meter, kind, service`);
  const loading = (async () => {
    for (let i = 0; i < 10; i++) await write(generator.commit([{ startMs: startMs + i * day, secondaryShare: 0.5 }]));
    await load();
  })();
  await Promise.all([rebuildRollup(store), loading]);
  await rebuildRollup(store);
  const wanted = Object.entries(
    Object.groupBy(logged, (row) =>
      [
        new Date(row.startMs).toISOString().slice(0, 10),
        row.tenant,
        row.account,
        row.meter,
        row.kind,
        row.service,
      ].join('|'),
    ),
  ).map(([key, found]) => ({
    key,
    quantity: found!.reduce((sum, row) => sum + row.quantity, 0n),
    amount: found!.reduce((sum, row) => sum + row.amount, 0n),
    samples: found!.reduce((sum, row) => sum + row.samples, 0),
    rows: found!.length,
  }));
  const found = ((await perDay()) as Record<string, string | number>[]).map((row) => ({
    key: ['day', 'tenant', 'account', 'meter', 'kind', 'service'].map((name) => row[name]).join('|'),
    quantity: pico(String(row['quantity'])),
    amount: pico(String(row['amount'])),
    samples: row['samples'],
    rows: row['rows'],
  }));
  const order = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1);
  expect(found.toSorted(order)).toEqual(wanted.toSorted(order));
});

test('what is charged in a pricing unit is summed by itself, and is worth what the point of each day says', async () => {
  const of = (currency: string, outSeqMax: number) => ({
    scope: { tenant: 'southwind', partition, outSeqMax }, by: [], filters: {}, timeZone, currency, units,
  }); // prettier-ignore
  const before = await explore(store, of('EUR', generator.head.seq));
  const period = { startMs, endMs: startMs + 30 * day };
  const top = await topResources(store, 'southwind', { ...period, currency: 'EUR' });
  // One row an hour before each of three midnights, and one an hour after it.
  const midnightMs = Temporal.Instant.fromEpochMilliseconds(startMs + day).toZonedDateTimeISO(timeZone).startOfDay().epochMilliseconds; // prettier-ignore
  const specs = [0, 1, 2].map((days) => ({
    tenant: 'southwind', currency: 'TOKENS', account: 4, samples: 2, stepMs: 7_200_000, amountPico: 10n ** 12n, startMs: midnightMs + days * day - 3_600_000,
  })); // prettier-ignore
  await write(generator.commit(specs));
  await load();
  const { outSeq } = await loadedHead(store, partition);
  expect((await explore(store, of('EUR', outSeq))).total).toEqual(before.total);
  expect(await topResources(store, 'southwind', { ...period, currency: 'EUR' })).toEqual(top);
  const question = of('TOKENS', outSeq);
  expect((await explore(store, question)).total).toEqual({ amount: '6', samples: 6 });
  const noonMs = midnightMs + 43_200_000;
  const points = [{ fromMs: midnightMs, amount: '0.002' }, { fromMs: noonMs, amount: '3' }]; // prettier-ignore
  const unit = { id: 'TOKENS', name: 'Tokens', decimals: 0, value: { currency: 'EUR', points } };
  expect(await exploreWorth(store, question, unit)).toEqual({
    currency: 'EUR', amount: '9.004', unvalued: '1',
    points: [{ ...points[0], amount: '0.004', perUnit: '0.002', units: '2' }, { ...points[1], amount: '9', perUnit: '3', units: '3' }],
  }); // prettier-ignore
});

test('sums at the stated bounds keep every digit', async () => {
  // Tallies below 10²⁶ base units and 10¹⁸ currency units; a block holds as many as it has resources.
  const quantity = '99999999999999999999999999';
  const amountPico = 10n ** 30n - 1n;
  const specs = Array.from({ length: 40 }, () => ({
    tenant: 'northwind', account: 4, samples: 100, quantity, amountPico, startMs: startMs + 30 * day,
  })); // prettier-ignore
  await write(generator.commit(specs));
  await load();
  const { outSeq } = await loadedHead(store, partition);
  const question = { scope: { tenant: 'northwind', partition, outSeqMax: outSeq }, timeZone, currency: 'EUR', units };
  for (const by of [['account'], ['resource', 'day']] as const) {
    const { groups } = await explore(store, { ...question, by, filters: { from: startMs + 29 * day } });
    expect(groups.reduce((sum, group) => sum + pico(group.quantity), 0n)).toBe(4000n * pico(quantity));
    expect(groups.reduce((sum, group) => sum + pico(group.amount), 0n)).toBe(4000n * amountPico);
  }
  await rebuildRollup(store);
  const sums = await store.query<{ quantity: string; amount: string }>(
    `SELECT quantity, amount FROM rollup_daily WHERE tenant = 'northwind' AND account = 4 AND day = '2026-12-20'`,
  );
  expect(sums.map((row) => [pico(row.quantity), pico(row.amount)])).toEqual([
    [4000n * pico(quantity), 4000n * amountPico],
  ]);
  expect(await check(store)).toMatchObject({ ok: true, difference: '0', faults: [] });
  await store.command(`INSERT INTO rated_blocks SELECT * FROM rated_blocks WHERE out_seq = ${outSeq}`);
  const { ok, difference, faults } = await check(store);
  expect({ ok, faults }).toMatchObject({ ok: false, faults: [{ tenant: 'northwind', account: 4 }] });
  expect(pico(difference)).toBe(4000n * amountPico);
});

test('the rows of a tally add up: those of its account or, of a pool, of every account', async () => {
  const place = { partition, account: 2, price: 0, meter: 'cpu', cell: '', periodStartMs: Date.UTC(2026, 9, 31, 23), resource: undefined };
  const of = logged.filter(({ tenant, price, meter, kind }) => tenant === 'northwind' && price === 0 && meter === 'cpu' && kind !== 'unmetered');
  const own = of.filter(({ account }) => account === '2');
  expect(own.length).toBeGreaterThan(0);
  expect(of.length).toBeGreaterThan(own.length);
  for (const [isPool, mine] of [[false, own], [true, of]] as const) {
    const found = await tallyRows(store, 'northwind', { ...place, isPool });
    const sum = (of: 'quantity' | 'amount') => mine.reduce((all, row) => all + row[of], 0n);
    expect([pico(found.quantity), pico(found.amount)]).toEqual([sum('quantity'), sum('amount')]);
    expect([found.first.outSeq, found.last.outSeq]).toEqual([mine[0]!.outSeq, mine.at(-1)!.outSeq]);
  }
}); // prettier-ignore

/** The proof of every row, for each price model and each aggregation: the figures come out, and none fits when it is changed. */
import { expect, test } from 'vitest';
import type { WhySample } from '#core/messages/api.ts';
import type { Aggregation, MeterRecord } from '#core/messages/control.ts';
import type { LeafModel, PriceModel, PriceRecord } from '#core/messages/price.ts';
import { RatedWorld } from '../../testing/ratedWorld.ts';
import { explainRow } from './why.ts';

const perUnit: LeafModel = { kind: 'perUnit', unitPrice: '0.03' };
const graduated: LeafModel = {
  kind: 'graduated',
  tiers: [
    { upTo: '100', unitPrice: '0.1', flat: '0' },
    { upTo: null, unitPrice: '0.05', flat: '2' },
  ],
};
const models: PriceModel[] = [
  perUnit,
  graduated,
  { kind: 'flat', amount: '3' },
  { ...graduated, kind: 'volume' },
  { kind: 'package', size: '50', price: '3', partial: 'up' },
  { kind: 'packageTiers', reach: 'top', tiers: [{ size: '50', count: '2', price: '4' }, { size: '20', count: null, price: '1' }] },
  { kind: 'stairstep', tiers: [{ upTo: '100', amount: '5' }, { upTo: null, amount: '8' }] },
  { kind: 'percentage', percent: '2.9', perEvent: '0.3', freeEvents: '2', freeValue: '50', free: 'totals' },
  { kind: 'percentage', percent: '2.9', perEvent: '0.3', freeEvents: '9', freeValue: '50', free: 'whicheverFirst', minimum: '0.1' },
  { kind: 'graduatedPercentage', tiers: [{ upTo: '100', percent: '1', flat: '2' }, { upTo: null, percent: '2', flat: '3' }] },
  { kind: 'dynamic', multiplier: '1.1' },
  { kind: 'perEvent', unitPrice: '0.01', fee: '0.2', minimum: '0.25', maximum: '0.8' },
  { kind: 'matrix', rules: [{ name: 'in', match: { way: 'in' }, model: { kind: 'perEvent', unitPrice: '1', fee: '2' } }], otherwise: graduated },
  { kind: 'grouped', by: ['way', 'disk'], groupsMax: 10, model: graduated },
  { kind: 'schedule', bands: [{ name: 'day', days: ['mon'], from: '08:00', to: '18:00', model: graduated }], otherwise: perUnit },
]; // prettier-ignore
const aggregations: Aggregation[] = ['sum', 'count', 'max', 'latest', 'unique', 'percentile', 'samplePercentile'];

const priceOf = (model: PriceModel, terms: Partial<PriceRecord> = {}): PriceRecord => ({
  id: 1, key: 'k', version: 1, service: 's', component: 'c', meter: 'm', currency: 'EUR', account: 0, effectiveFromMs: 0,
  tallyScope: 'account', unit: { name: 'u', numerator: '1', denominator: '3' }, allowance: '0', model, ...terms,
}); // prettier-ignore

function meterOf(aggregation: Aggregation): MeterRecord {
  const isCounted = aggregation === 'count' || aggregation === 'unique';
  return {
    id: 'm', metric: 'io', unit: isCounted ? '1' : 'By', scale: 0, aggregation, filter: {},
    ...(aggregation === 'unique' ? { distinct: 'disk' } : {}),
    ...(aggregation === 'percentile' ? { slots: { lengthMs: 86_400_000, discardPercent: '0' } } : {}),
    ...(aggregation === 'samplePercentile' ? { samples: { discardPercent: '20', countMax: 100 } } : {}),
  }; // prettier-ignore
}

/** Four commits of two batches, in which samples of four series grow, shrink and cross eight o'clock. */
function ratedBy(price: PriceRecord, meter: MeterRecord): RatedWorld {
  const world = new RatedWorld();
  world.publish([
    { kind: 'meter', ...meter },
    { kind: 'price', ...price },
  ]);
  const kind = meter.aggregation === 'timeWeighted' || meter.aggregation === 'recurring' ? 'level' : 'delta';
  for (let batch = 0; batch < 8; batch++) {
    world.send({
      resources: ['h1', 'h2'],
      metrics: [{ name: 'io', unit: 'By', scale: 0, kind }],
      dims: [{ way: 'in', disk: 'a' }, { way: 'out', disk: batch < 4 ? 'b' : 'c' }],
      series: [[0, 0, 0], [0, 0, 1], [1, 0, 0], [1, 0, 1]],
      ticks: [[batch * 3000, 3000, 0]],
      s: [0, 1, 2, 3], k: [0, 0, 0, 0],
      q: [17 + batch * 31, 90 - batch * 7, 0, (batch * 37) % 50],
      raw: [null, null, null, null],
    }); // prettier-ignore
    if (batch % 2 === 1) world.commit();
  }
  return world;
}

async function proofs(world: RatedWorld) {
  const ports = world.ports();
  const rows = world.rows();
  expect(rows.length).toBeGreaterThan(31);
  return Promise.all(rows.map((row) => explainRow(ports, world.log, 'acme', row.id) as Promise<WhySample>));
}

const failed = (why: { checks: readonly { name: string; ok: boolean; detail: string }[] }) =>
  why.checks.filter((check) => !check.ok);

const cases: [string, PriceRecord, MeterRecord][] = [
  ...models.map((model): [string, PriceRecord, MeterRecord] => [model.kind, priceOf(model), meterOf('sum')]),
  ...aggregations.map((each): [string, PriceRecord, MeterRecord] => [each, priceOf(graduated), meterOf(each)]),
  ['grouped maximum', priceOf(models.find(({ kind }) => kind === 'grouped')!), meterOf('max')],
  ['levels that go on', priceOf(graduated), { ...meterOf('sum'), aggregation: 'recurring', recurs: { by: 'second' } }],
  ['an estimate', priceOf(graduated), { ...meterOf('unique'), exact: { upTo: 2, beyond: 'approximate' } }],
  ['two directions', priceOf(graduated), { ...meterOf('percentile'), slots: { lengthMs: 86_400_000, discardPercent: '0', directions: { dimension: 'way', in: ['in'], out: ['out'], take: 'max', of: 'percentiles' } } }],
  ['levels', priceOf(graduated), meterOf('timeWeighted')],
  ['a pool by the quarter', priceOf(graduated, { account: 1, tallyScope: 'subtree', period: { kind: 'calendar', interval: 'quarter' } }), meterOf('sum')],
  ['a pool in groups by the week', priceOf(models.find(({ kind }) => kind === 'grouped')!, { account: 1, tallyScope: 'subtree', period: { kind: 'calendar', interval: 'week' } }), meterOf('max')],
  ['per resource', priceOf(models.find(({ kind }) => kind === 'matrix')!, { tallyScope: 'resource' }), meterOf('sum')],
  ['rounded events in bands', priceOf(models.find(({ kind }) => kind === 'schedule')!, { quantity: { at: 'event', mode: 'up', increment: '5', first: '10' } }), meterOf('sum')],
  ['rounded events', priceOf(graduated, { quantity: { at: 'event', mode: 'up', increment: '5', first: '10' }, discountPercent: '10', maximum: '20' }), meterOf('sum')],
]; // prettier-ignore

test.each(cases)('%s: every row is proved', async (_, price, meter) => {
  const all = await proofs(ratedBy(price, meter));
  for (const why of all) {
    expect(failed(why)).toEqual([]);
    const isEmpty = why.tally.chargeAfter === '0';
    if (!isEmpty) expect(why.tally.stepsAfter.length).toBeGreaterThan(0);
  }
  const cells = new Set(all.map((why) => why.tally.cell));
  expect(cells.size > 1).toBe('rules' in price.model || 'by' in price.model || 'bands' in price.model);
});

test.each(cases)('%s: a row that says another amount or quantity is not proved', async (_, price, meter) => {
  const world = ratedBy(price, meter);
  const ports = world.ports();
  const row = world.rows().at(-5)!;
  for (const change of [{ amount: '77' }, { quantity: '123456' }]) {
    const store = { ...ports.store, row: async () => ({ ...row, ...change }) };
    const why = await explainRow({ ...ports, store }, world.log, 'acme', row.id);
    expect(failed(why).map(({ name }) => name)).toContain('commit');
    expect(failed(why).length).toBeGreaterThan(1);
  }
});

test('what a level comes to by the end of its month is proved, and told from usage before its price', async () => {
  const meter: MeterRecord = { ...meterOf('sum'), aggregation: 'recurring', recurs: { by: 'second' } };
  const world = ratedBy(priceOf(graduated), meter);
  world.tick(Date.UTC(2026, 11, 1));
  const booked = (await proofs(world)).filter(({ row }) => row.kind === 'adjustment');
  expect(booked.length).toBeGreaterThan(2);
  for (const why of booked) {
    expect(failed(why)).toEqual([]);
    expect([why.of, why.row.amount === '0']).toEqual(['adjustment', false]);
  }
});

test('an estimate says that it is one', async () => {
  const all = await proofs(
    ratedBy(priceOf(graduated), { ...meterOf('unique'), exact: { upTo: 2, beyond: 'approximate' } }),
  );
  const told = all.flatMap(({ checks }) => checks.filter(({ name, detail }) => name === 'growth' && detail.includes('approximate'))); // prettier-ignore
  expect(told.length).toBeGreaterThan(0);
});

test('a price that would have put the sample elsewhere does not prove it', async () => {
  const matrix = models.find(({ kind }) => kind === 'matrix')!;
  const world = ratedBy(priceOf(matrix), meterOf('sum'));
  const ports = world.ports();
  const row = world.rows().at(-1)!;
  const other = { ...priceOf({ ...matrix, otherwise: perUnit } as PriceModel), approvedBy: '', approvedAtMs: 0 };
  const why = await explainRow(
    { ...ports, master: { ...ports.master, price: async () => other } },
    world.log,
    'acme',
    row.id,
  );
  expect(failed(why).map(({ name }) => name)).toEqual(['tally', 'charge']);
  // A row that names another part, of which the store has rows, too.
  const store = { ...ports.store, row: async () => ({ ...row, cell: 'in' }) };
  const elsewhere = await explainRow({ ...ports, store }, world.log, 'acme', row.id);
  expect(failed(elsewhere).map(({ name }) => name)).toEqual(['commit', 'cell']);
});

test('what leaves a newest value or a number of resources alone names the row that says why', async () => {
  for (const aggregation of ['latest', 'unique'] as const) {
    const meter = { ...meterOf(aggregation), distinct: '' };
    const world = ratedBy(priceOf(perUnit), meter);
    const all = await proofs(world);
    const growth = all.map(({ row, checks }) => ({ row, ...checks.find(({ name }) => name === 'growth')! }));
    expect(growth.filter(({ ok }) => !ok)).toEqual([]);
    const kept = growth.filter(({ detail }) => detail.includes('ow 0-1-'));
    expect(kept.length).toBe(aggregation === 'unique' ? 30 : 0);
    for (const { row } of kept) expect(row.quantity).toBe('0');
    // Were the earlier row not there, this one would have to count.
    const ports = world.ports();
    const store = { ...ports.store, tallyWitness: async () => growth[0]!.row.id };
    const first = await explainRow({ ...ports, store }, world.log, 'acme', growth[0]!.row.id);
    expect(failed(first).map(({ name }) => name)).toEqual(['growth']);
  }
});

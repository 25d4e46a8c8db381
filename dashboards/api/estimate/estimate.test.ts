import { expect, test } from 'vitest';
import type { PriceRecord } from '#core/messages/control.ts';
import type { LeafModel, PriceModel } from '#core/messages/price.ts';
import { RatedWorld, worldStartMs } from '../../testing/ratedWorld.ts';
import { estimatePrice, type EstimatePorts, type EstimateQuestion } from './estimate.ts';

const perUnit: LeafModel = { kind: 'perUnit', unitPrice: '2' };
const tiers: LeafModel = {
  kind: 'graduated',
  tiers: [
    { upTo: '10', unitPrice: '2', flat: '0' },
    { upTo: null, unitPrice: '1', flat: '5' },
  ],
};
const priceOf = (model: PriceModel, terms: Partial<PriceRecord> = {}): PriceRecord => ({
  id: 1, key: 'k', version: 1, service: 's', component: 'c', meter: 'm', currency: 'EUR', account: 0, effectiveFromMs: 0,
  tallyScope: 'account', unit: { name: 'min', numerator: '1', denominator: '60' }, allowance: '0', model, ...terms,
}); // prettier-ignore

/** Two batches of 120 s each in a commit of its own, on the host of account 3; `way` says the cell. */
function worldOf(price: PriceRecord): { readonly world: RatedWorld; readonly ports: EstimatePorts } {
  const world = new RatedWorld();
  world.publish([
    { kind: 'meter', id: 'm', metric: 'call', unit: 's', scale: 0, aggregation: 'sum', filter: {} },
    { kind: 'price', ...price },
  ]);
  for (let batch = 0; batch < 2; batch++) {
    world.send({
      metrics: [{ name: 'call', unit: 's', scale: 0, kind: 'delta' }], dims: [{ way: 'in' }, { way: 'out' }],
      series: [[0, 0, 0], [0, 0, 1]], ticks: [[batch * 1000, 1000, 0]], s: [0, 1], k: [0, 0], q: [120, 60], raw: [null, null],
    }); // prettier-ignore
    world.commit();
  }
  return { world, ports: world.ports() };
}

function ask(price: PriceRecord, change: Partial<EstimateQuestion> = {}) {
  const { world, ports } = worldOf(price);
  const question = { price: 'k', quantity: '4', events: 1, account: 'a3', dims: {}, atMs: worldStartMs, ...change };
  return estimatePrice(ports, world.log, 'acme', question);
}

test('usage comes on top of what is tallied, and nothing is changed', async () => {
  const { world, ports } = worldOf(priceOf(tiers));
  const question = { price: 'k', quantity: '5', events: 1, account: 'a3', dims: {}, atMs: worldStartMs };
  const once = await estimatePrice(ports, world.log, 'acme', question);
  // Six minutes so far; five more pass the tier of ten, and owe its flat.
  expect(once).toMatchObject({
    standing: 'found', tallyBefore: '360', tallyAfter: '660', chargeBefore: '12', chargeAfter: '26', increment: '14', isExact: true,
  }); // prettier-ignore
  expect(once.stepsAfter.map(({ amount }) => amount)).toEqual(['20', '1', '5']);
  expect(await estimatePrice(ports, world.log, 'acme', question)).toEqual(once);
});

test('the part that takes the sample is asked, by its dimensions or its time', async () => {
  const matrix: PriceModel = { kind: 'matrix', rules: [{ name: 'in', match: { way: 'in' }, model: tiers }], otherwise: perUnit }; // prettier-ignore
  expect(await ask(priceOf(matrix), { dims: { way: 'in' } })).toMatchObject({ cell: 'in', tallyBefore: '240', increment: '8' }); // prettier-ignore
  expect(await ask(priceOf(matrix))).toMatchObject({ cell: 'otherwise', tallyBefore: '120', increment: '8' });
  const grouped: PriceModel = { kind: 'grouped', by: ['way'], groupsMax: 9, model: tiers };
  expect(await ask(priceOf(grouped), { dims: { way: 'new' } })).toMatchObject({ standing: 'empty', tallyBefore: '0' }); // prettier-ignore
  const day = { name: 'day', days: ['mon' as const], from: '08:00', to: '18:00', model: tiers };
  const schedule: PriceModel = { kind: 'schedule', bands: [day], otherwise: perUnit };
  // It rates ten seconds before eight.
  expect(await ask(priceOf(schedule))).toMatchObject({ cell: 'otherwise', standing: 'found', tallyBefore: '360' });
  const later = { atMs: worldStartMs + 3_600_000 };
  expect(await ask(priceOf(schedule), later)).toMatchObject({ cell: 'day', standing: 'empty', increment: '8' });
});

test('a price that is in force for a part of the period charges by the figures for that part', async () => {
  const fromMs = Date.UTC(2026, 10, 15, 23);
  const price = priceOf(perUnit, { allowance: '10', effectiveFromMs: fromMs, prorate: { by: 'day', allowance: true } });
  const asked = await ask(price);
  // Five of the ten minutes are free in the latter half of November: six were used, four more come.
  expect(asked).toMatchObject({ chargeBefore: '2', chargeAfter: '10', increment: '8' });
  expect(asked.stepsAfter.map(({ label }) => label)).toEqual(['in force for 15 of 30 days', 'allowance', 'all']);
});

test('before its first row a new version goes on from where the version before stands', async () => {
  const { world, ports } = worldOf(priceOf(tiers));
  const next = { ...priceOf(tiers), id: 2, version: 2, approvedBy: 'anna', approvedAtMs: 1 };
  const question = { price: 'k', quantity: '5', events: 1, account: 'a3', dims: {}, atMs: worldStartMs };
  const asked = (price: typeof next) => {
    const prices = async () => [...(await ports.master.prices('acme')), price];
    return estimatePrice({ ...ports, master: { ...ports.master, prices } }, world.log, 'acme', question);
  };
  // Six minutes stand in the tiers of the version before: four more at 2, one at 1, and the flat.
  expect(await asked(next)).toMatchObject({
    standing: 'carried',
    tallyBefore: '0',
    chargeBefore: '0',
    increment: '14',
  });
  expect(await asked({ ...next, onVersion: 'restart' })).toMatchObject({ standing: 'empty', increment: '10' });
});

test('each of several events is charged, and those before it count', async () => {
  const perEvent: LeafModel = { kind: 'perEvent', unitPrice: '0.1', fee: '1', maximum: '1.3' };
  const answer = await ask(priceOf(perEvent), { quantity: '4', events: 3 });
  expect(answer).toMatchObject({ increment: '3.9', tallyBefore: '360', tallyAfter: '1080' });
});

test('an account without usage starts at nothing; a resource has its own tally', async () => {
  expect(await ask(priceOf(perUnit), { account: 'a2' })).toMatchObject({ standing: 'empty', chargeBefore: '0', increment: '8' }); // prettier-ignore
  const each = priceOf(perUnit, { tallyScope: 'resource' });
  expect(await ask(each, { resource: 'h1' })).toMatchObject({ standing: 'found', tallyBefore: '360' });
});

test.each([
  [{ price: 'other' }, priceOf(perUnit), 'no price other'],
  [{ account: 'nobody' }, priceOf(perUnit), 'no account nobody'],
  [{}, priceOf(perUnit, { account: 2 }), 'price of a2'],
  [{}, priceOf(perUnit, { tallyScope: 'resource' }), 'name one'],
  [{ atMs: 5 }, priceOf(perUnit, { effectiveFromMs: 6 }), 'in force'],
  [{}, priceOf({ kind: 'matrix', rules: [{ name: 'a', match: { way: 'a' }, model: perUnit }], otherwise: null }), 'dimensions'],
])('what cannot be estimated is told: %j', async (change, price, detail) => {
  await expect(ask(price, change)).rejects.toMatchObject({ code: 'ESTIMATE_INVALID', message: expect.stringContaining(detail) });
}); // prettier-ignore

test('in a pool all count, over its own period; outside of periods nothing is priced', async () => {
  const period = { kind: 'calendar', interval: 'year' } as const;
  const pool = priceOf(tiers, { account: 1, tallyScope: 'subtree', period });
  // The usage of account 3, asked for account 2.
  const asked = await ask(pool, { account: 'a2', quantity: '5' });
  expect(asked).toMatchObject({ account: { slug: 'a2' }, standing: 'found', tallyBefore: '360', increment: '14' });
  expect([asked.periodStartMs, asked.periodEndMs]).toEqual([Date.UTC(2025, 11, 31, 23), Date.UTC(2026, 11, 31, 23)]);
  const list = { kind: 'list', dates: ['2026-12-01', '2027-01-01'] } as const;
  await expect(ask(priceOf(tiers, { period: list }))).rejects.toMatchObject({ code: 'ESTIMATE_INVALID' });
});

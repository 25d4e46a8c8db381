/** The proof of rows that no single sample explains: points of a series, allowances carried over, fees. */
import { expect, test } from 'vitest';
import type { ControlChange, FeeRecord, MeterRecord, PriceRecord } from '#core/messages/control.ts';
import type { WhyAdjustment, WhyFee } from '#core/messages/api.ts';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { RatedWorld, worldStartMs } from '../../testing/ratedWorld.ts';
import { explainRow } from './why.ts';

const meter: MeterRecord = { id: 'm', metric: 'io', unit: 'By', scale: 0, aggregation: 'sum', filter: {} };
const priceOf = (terms: Partial<PriceRecord>): PriceRecord => ({
  id: 1, key: 'k', version: 1, service: 's', component: 'c', meter: 'm', currency: 'EUR', account: 0, effectiveFromMs: 0,
  tallyScope: 'account', unit: { name: 'MWh', numerator: '1', denominator: '1' }, allowance: '0', model: { kind: 'perUnit', unitPrice: '1' }, ...terms,
}); // prettier-ignore

/** Usage of so much at an instant, a second long, in a commit of its own or with what comes before it. */
function use(world: RatedWorld, atMs: number, quantity: number): void {
  world.send({
    resources: ['h1'], metrics: [{ name: 'io', unit: 'By', scale: 0, kind: 'delta' }], dims: [], series: [[0, 0, -1]],
    baseMs: atMs, ticks: [[0, 1000, 0]], s: [0], k: [0], q: [quantity], raw: [null],
  }); // prettier-ignore
}

async function proofs(world: RatedWorld) {
  const rows = world.rows();
  const all = await Promise.all(rows.map((row) => explainRow(world.ports(), world.log, 'acme', row.id)));
  expect(all.flatMap(({ row, checks }) => checks.filter(({ ok }) => !ok).map((check) => ({ id: row.id, ...check })))).toEqual([]); // prettier-ignore
  return all;
}

test('usage at a point that comes late, and is corrected, is proved before and after', async () => {
  const world = new RatedWorld();
  const hourMs = 3_600_000;
  const startMs = Math.floor(worldStartMs / hourMs) * hourMs;
  const points = (value: string, revision: number): ControlChange => ({ kind: 'seriesPoints', series: 'epex', points: [{ fromMs: startMs, value, revision, source: 'exchange' }] }); // prettier-ignore
  world.publish([
    { kind: 'meter', ...meter },
    { kind: 'series', id: 'epex', name: 'Day ahead', currency: 'EUR', unit: 'MWh', interval: 'hour', timeZone: 'Europe/Berlin' }, // prettier-ignore
    { kind: 'price', ...priceOf({ model: { kind: 'spot', series: 'epex' } }) },
  ]);
  use(world, worldStartMs, 3);
  world.commit();
  world.publish([points('50', 1)]);
  use(world, worldStartMs + 2000, 2);
  world.commit();
  // Another value under a revision that is known is rejected.
  world.publish([points('99', 1)]);
  world.publish([points('40', 2)]);
  world.commit();
  const all = await proofs(world);
  const charged = all.map(({ row, ...why }) => [row.kind, row.amount, 'tally' in why ? why.tally.chargeAfter : '']);
  expect(charged.filter(([kind]) => kind === 'adjustment')).toEqual([
    ['adjustment', '150', '150'],
    ['adjustment', '-50', '200'],
  ]);
  const last = all.at(-1) as WhyAdjustment;
  expect([last.of, last.tally.chargeBefore, last.tally.stepsAfter.map(({ amount }) => amount)]).toEqual(['adjustment', '250', ['200']]); // prettier-ignore
});

test('a row in a pricing unit is worth what the point in force on its day says', async () => {
  const world = new RatedWorld();
  const dayMs = 86_400_000;
  const points = [{ fromMs: worldStartMs - dayMs, amount: '0.002' }, { fromMs: worldStartMs + dayMs, amount: '5' }]; // prettier-ignore
  const tokens = { kind: 'pricingUnit', id: 'TOKENS', name: 'Tokens', decimals: 0 } as const;
  const price: ControlChange = { kind: 'price', ...priceOf({ currency: 'TOKENS' }) };
  // Not published yet: the message is rejected, and the price with it.
  world.publish([{ kind: 'meter', ...meter }, price]);
  world.publish([{ kind: 'meter', ...meter }, tokens, price]);
  use(world, worldStartMs, 3);
  world.commit();
  const [silent] = await proofs(world);
  expect(silent!.worth).toEqual({ currency: null, amount: '0', points: [], unvalued: silent!.row.amount });
  world.publish([{ ...tokens, value: { currency: 'EUR', points } }]);
  world.commit();
  const [row] = await proofs(world);
  const amount = formatAmount(parseAmount(row!.row.amount)! / 500n);
  const { fromMs, amount: perUnit } = points[0]!;
  expect([row!.row.currency, row!.worth]).toEqual(['TOKENS', { currency: 'EUR', amount, unvalued: '0', points: [{ fromMs, perUnit, units: row!.row.amount, amount }] }]); // prettier-ignore
});

test('what a closed month left of its allowance is proved where it is used, and where it lowers what was charged', async () => {
  const world = new RatedWorld();
  world.publish([
    { kind: 'meter', ...meter },
    { kind: 'price', ...priceOf({ allowance: '100', rollover: { periods: 1 } }) },
  ]);
  const decemberMs = Date.UTC(2026, 10, 30, 23);
  use(world, worldStartMs, 30);
  world.commit();
  world.nowMs = decemberMs + 86_400_000;
  use(world, decemberMs, 120);
  world.commit();
  use(world, decemberMs + 2000, 5);
  world.publish([{ kind: 'close', account: 1, untilMs: decemberMs, reason: 'month end' }]);
  world.commit();
  use(world, decemberMs + 4000, 50);
  world.commit();
  const all = await proofs(world);
  const december = all.filter(({ row }) => row.startMs >= decemberMs);
  expect(december.map(({ row }) => [row.kind, row.amount])).toEqual([
    ['usage', '20'],
    ['usage', '5'],
    ['adjustment', '-25'],
    ['usage', '5'],
  ]);
  // Under which terms the second was rated, its commit does not say.
  expect(december[1]!.checks.find(({ name }) => name === 'charge')?.detail).toContain('verify');
});

test('what a version in mid-period changed is proved, and the steps say for how long each is in force', async () => {
  const world = new RatedWorld();
  const terms = { allowance: '30', prorate: { by: 'day', allowance: true } } as const;
  world.publish([
    { kind: 'meter', ...meter },
    { kind: 'price', ...priceOf(terms) },
  ]);
  use(world, worldStartMs, 100);
  world.commit();
  const novemberMs = Date.UTC(2026, 9, 31, 23);
  const next = { id: 2, version: 2, effectiveFromMs: novemberMs + 20 * 86_400_000 } as const;
  world.publish([{ kind: 'price', ...priceOf({ ...terms, ...next }) }]);
  world.commit();
  use(world, worldStartMs + 2000, 5);
  world.commit();
  const all = (await proofs(world)) as WhyAdjustment[];
  const told = all.map(({ row, tally }) => [row.kind, row.price, row.amount, ...tally.stepsAfter.map(({ label, amount }) => `${label}: ${amount}`)]); // prettier-ignore
  expect(told).toEqual([
    ['usage', 1, '70', 'allowance: 0', 'all: 70'],
    ['adjustment', 1, '10', 'in force for 20 of 30 days: 0', 'allowance: 0', 'all: 80'],
    ['usage', 2, '5', 'in force for 10 of 30 days: 0', 'allowance: 0', 'all: 95'],
  ]);
});

test('every row of a fee is explained in steps, what fell due and what a new version corrected', async () => {
  const world = new RatedWorld();
  const novemberMs = Date.UTC(2026, 9, 31, 23);
  const fee = (version: number, terms: FeeRecord['terms'], more: Partial<FeeRecord> = {}): ControlChange => ({
    kind: 'fee', id: version, key: 'desk', version, service: 'Support', component: 'Desk', currency: 'EUR', account: 2,
    calendar: { kind: 'calendar', interval: 'month' }, terms, ...more,
  }); // prettier-ignore
  const recurring = (quantity: string, more = {}): FeeRecord['terms'] => ({
    kind: 'recurring', terms: 'advance', proration: 'day', onDecrease: 'credit', term: { fromMs: novemberMs, toMs: null, pauses: [] },
    amounts: [{ fromMs: novemberMs, amount: '30' }], quantities: [{ fromMs: novemberMs, quantity }], ...more,
  }); // prettier-ignore
  world.publish([fee(1, recurring('3'))]);
  world.commit();
  const seats = [{ fromMs: novemberMs, quantity: '3' }, { fromMs: novemberMs + 10 * 86_400_000, quantity: '5' }]; // prettier-ignore
  world.publish([fee(2, recurring('3', { quantities: seats }))]);
  world.commit();
  const shares = [{ service: 'Support', component: 'People', weight: '2' }, { service: 'Tools', component: 'Desk', weight: '1' }]; // prettier-ignore
  world.publish([
    { ...fee(3, { kind: 'oneTime', amount: '100', atMs: worldStartMs }, { allocation: shares }), key: 'setup', version: 1 } as ControlChange, // prettier-ignore
    { ...fee(4, { kind: 'installments', total: '100', decimals: 2, dueAtMs: [novemberMs, novemberMs + 1, worldStartMs * 2], onEnd: 'due' }), key: 'rack', version: 1 } as ControlChange, // prettier-ignore
  ]);
  world.commit();
  const all = (await proofs(world)) as WhyFee[];
  const told = all.map(({ row, steps, other }) => [row.cell, row.amount, other?.version, steps.map(({ label }) => label).join('; ')]); // prettier-ignore
  expect(told).toEqual([
    ['fee', '90', undefined, 'fee, 30 of 30 days'],
    ['feeCredit', '-60', 2, 'unused part, 20 of 30 days'],
    ['fee', '100', 1, 'fee, 20 of 30 days'],
    ['oneTime', '66.666666666667', undefined, 'one-time fee; other parts of the bundle'],
    ['oneTime', '33.333333333333', undefined, 'one-time fee; other parts of the bundle'],
    ['installment', '33.34', undefined, 'installment'],
    ['installment', '33.33', undefined, 'installment'],
  ]);
  for (const { row, steps } of all)
    expect(formatAmount(steps.reduce((sum, { amount }) => sum + parseAmount(amount)!, 0n))).toBe(row.amount);
  const { row } = all[1]!;
  const ports = world.ports();
  const store = { ...ports.store, row: async () => ({ ...row, amount: '-61' }) };
  const forged = await explainRow({ ...ports, store }, world.log, 'acme', row.id);
  expect(forged.checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['commit', 'charge']);
});

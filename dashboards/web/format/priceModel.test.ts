import { expect, test } from 'vitest';
import type { LeafModel, PriceModel, PriceRecord } from '#core/messages/price.ts';
import { cellOf, leafTable, modelName, termsText, unitLabel } from './priceModel.ts';

const price = { unit: { name: 'GB', numerator: '1', denominator: '1' }, currency: 'EUR' };
const flat: LeafModel = { kind: 'flat', amount: '1' };

const leaves: [LeafModel, ...string[][]][] = [
  [{ kind: 'perUnit', unitPrice: '0.1' }, ['0.1']],
  [flat, ['1']],
  [
    { kind: 'graduated', tiers: [{ upTo: '10', unitPrice: '2', flat: '0' }, { upTo: '1000', unitPrice: '1', flat: '0' }, { upTo: null, unitPrice: '0.5', flat: '0' }] },
    ['up to 10', '2'], ['10 to 1,000', '1'], ['above 1,000', '0.5'],
  ],
  [{ kind: 'volume', tiers: [{ upTo: null, unitPrice: '2', flat: '3' }] }, ['all', '2', '3']],
  [{ kind: 'package', size: '10', price: '3', partial: 'up' }, ['10', '3', 'owed whole']],
  [{ kind: 'packageTiers', reach: 'all', tiers: [{ size: '5', count: '2', price: '4' }, { size: '2', count: null, price: '1' }] }, ['2', '5', '4'], ['all more', '2', '1']],
  [{ kind: 'stairstep', tiers: [{ upTo: '1', amount: '5' }, { upTo: null, amount: '8' }] }, ['up to 1', '5'], ['above 1', '8']],
  [{ kind: 'percentage', percent: '2.9', perEvent: '0.3', free: 'whicheverFirst', freeEvents: '3', freeValue: '15', maximum: '9' }, ['2.9 %', '0.3', '3 samples or, if sooner, 15 EUR', '9']],
  [{ kind: 'percentage', percent: '1', perEvent: '0', free: 'totals' }, ['1 %', '0']],
  [{ kind: 'graduatedPercentage', tiers: [{ upTo: null, percent: '2', flat: '1' }] }, ['all', '2 %', '1']],
  [{ kind: 'dynamic', multiplier: '1.1' }, ['1.1']],
  [{ kind: 'perEvent', unitPrice: '0.1', fee: '1', minimum: '2' }, ['1', '0.1', '2']],
]; // prettier-ignore

test.each(leaves)('the figures of %j are a table', (leaf, ...rows) => {
  const table = leafTable(leaf, price);
  expect(table.rows).toEqual(rows);
  for (const row of table.rows) expect(row).toHaveLength(table.head.length);
  expect(modelName(leaf)).not.toBe('');
});

const otherwise: LeafModel = { kind: 'perUnit', unitPrice: '2' };
const parted: [PriceModel, string, LeafModel, string][] = [
  [{ kind: 'matrix', rules: [{ name: 'eu', match: { region: 'eu' }, model: flat }], otherwise }, 'eu', flat, 'eu (region=eu)'],
  [{ kind: 'matrix', rules: [], otherwise }, 'otherwise', otherwise, 'all else'],
  [{ kind: 'grouped', by: ['mount', 'type'], groupsMax: 9, model: flat }, '["/","ext4"]', flat, 'mount=/ type=ext4'],
  [{ kind: 'schedule', bands: [{ name: 'day', days: ['mon', 'tue'], from: '08:00', to: '18:00', model: flat }], otherwise }, 'day', flat, 'day (mon, tue 08:00–18:00)'],
  [{ kind: 'schedule', bands: [], otherwise }, 'otherwise', otherwise, 'all other hours'],
]; // prettier-ignore

test.each(parted)('a part of %j is told by its key', (model, key, leaf, cell) => {
  expect(cellOf(model, key)).toEqual({ leaf, cell });
});

test('a price of one part has no name for it', () => {
  expect(cellOf(flat, '')).toEqual({ leaf: flat, cell: undefined });
});

test('what stands around the model is told in words', () => {
  const record: PriceRecord = {
    ...price, id: 1, key: 'k', version: 1, service: 's', component: 'c', meter: 'm', account: 0, effectiveFromMs: 0, tallyScope: 'account',
    allowance: '1000', model: flat, discountPercent: '5', maximum: '90', quantity: { at: 'event', mode: 'up', increment: '60', first: '120' },
  }; // prettier-ignore
  expect(termsText(record)).toEqual([
    'each sample is rounded up to steps of 60 GB, the first of 120',
    '1,000 GB a month are free',
    '5 % discount',
    'at most 90 EUR a month',
  ]);
  const pool: PriceRecord = { ...record, allowance: '0', tallyScope: 'subtree', period: { kind: 'anniversary', anchor: 'account', interval: 'quarter' } }; // prettier-ignore
  expect(termsText(pool).slice(2)).toEqual([
    'at most 90 EUR a quarter',
    'counted by the quarter from the start of the account',
    'shared by all accounts below, each charged as its usage came, and by quantity when the period closes',
  ]);
  const parted: PriceRecord = { ...record, prorate: { by: 'day', allowance: true, maximum: true } };
  expect(termsText(parted).at(-1)).toBe(
    'by the day, less of the allowance and the maximum where it is in force for a part of a period',
  );
  expect(unitLabel('{host}')).toBe('host');
});

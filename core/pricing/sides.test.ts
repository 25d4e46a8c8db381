/** Which parameters of a price act on the charge, and which on what is tallied (README, "Sides"). */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PriceModel, PriceRecord } from '#core/messages/price.ts';
import { compilePrice } from './compile.ts';
import type { PriceSeries } from './series/points.ts';
import { usage } from './testing/arbitrary.ts';
import { priceOf, tallied, type Event } from './testing/prices.ts';

const page = readFileSync(new URL('./README.md', import.meta.url), 'utf8');
const perUnit = { kind: 'perUnit', unitPrice: '1' } as const;
const tier = { unitPrice: '1', flat: '0' };
const percentage = { kind: 'percentage', percent: '1', perEvent: '1', free: 'totals' } as const;
const first = { ...percentage, free: 'whicheverFirst', freeEvents: '1', freeValue: '5' } as const;
const spot = { kind: 'spot', series: 'hourly' } as const;
const perEvent = { kind: 'perEvent', unitPrice: '1', fee: '1' } as const;
const rule = { at: 'tally', mode: 'up', increment: '2' } as const;
const perRound = { ...rule, at: 'event' } as const;
const match = (region: string) => ({ name: region, match: { region }, model: perUnit });
const band = (to: string) => ({ name: 'day', days: ['thu'], from: '00:00', to, model: perUnit }) as const;

/** A price, the changed model and the changed record, by the parameter that differs. */
const changes: Readonly<Record<string, readonly [PriceRecord, PriceRecord]>> = {
  'perUnit.unitPrice': models(perUnit, { ...perUnit, unitPrice: '2' }),
  'flat.amount': models({ kind: 'flat', amount: '1' }, { kind: 'flat', amount: '2' }),
  'graduated.tiers': tiers('graduated'),
  'volume.tiers': tiers('volume'),
  'package.size': models(packages('2', '1', 'up'), packages('3', '1', 'up')),
  'package.price': models(packages('2', '1', 'up'), packages('2', '2', 'up')),
  'package.partial': models(packages('2', '1', 'up'), packages('2', '1', 'down')),
  'packageTiers.tiers': models(packageTiers('2', 'all'), packageTiers('3', 'all')),
  'packageTiers.reach': models(packageTiers('2', 'all'), packageTiers('2', 'top')),
  'stairstep.tiers': models(stairs('1'), stairs('2')),
  'graduatedPercentage.tiers': models(shares('1'), shares('2')),
  'dynamic.multiplier': models({ kind: 'dynamic', multiplier: '1' }, { kind: 'dynamic', multiplier: '2' }),
  'percentage of totals': models(percentage, { ...percentage, percent: '2', perEvent: '2', freeEvents: '1', freeValue: '1' }), // prettier-ignore
  'percentage.free': models({ ...percentage, freeEvents: '1', freeValue: '5' }, first),
  'percentage.percent by event': models(first, { ...first, percent: '2' }),
  'percentage.perEvent by event': models(first, { ...first, perEvent: '2' }),
  'percentage.freeEvents by event': models(first, { ...first, freeEvents: '2' }),
  'percentage.freeValue by event': models(first, { ...first, freeValue: '2' }),
  'percentage.minimum': models(percentage, { ...percentage, minimum: '2' }),
  'percentage.maximum': models(percentage, { ...percentage, maximum: '1' }),
  'perEvent.unitPrice': models(perEvent, { ...perEvent, unitPrice: '2' }),
  'perEvent.fee': models(perEvent, { ...perEvent, fee: '2' }),
  'perEvent.minimum': models(perEvent, { ...perEvent, minimum: '9' }),
  'perEvent.maximum': models(perEvent, { ...perEvent, maximum: '2' }),
  allowance: records({ allowance: '0' }, { allowance: '5' }),
  discountPercent: records({}, { discountPercent: '10' }),
  maximum: records({}, { maximum: '3' }),
  'quantity at tally': records({ quantity: rule }, { quantity: { ...rule, mode: 'down', increment: '3', first: '6' } }),
  'quantity.threshold': records({ quantity: perRound }, { quantity: { ...perRound, threshold: '5' } }),
  'quantity.at': records({ quantity: rule }, { quantity: perRound }),
  'quantity.mode at event': records({ quantity: perRound }, { quantity: { ...perRound, mode: 'down' } }),
  'quantity.increment at event': records({ quantity: perRound }, { quantity: { ...perRound, increment: '3' } }),
  'quantity.first at event': records({ quantity: perRound }, { quantity: { ...perRound, first: '8' } }),
  unit: records({}, { unit: { name: 'pair', numerator: '1', denominator: '2' } }),
  'unit of an event-wise price': [priceOf(perEvent), priceOf(perEvent, { unit: { name: 'pair', numerator: '1', denominator: '2' } })], // prettier-ignore
  'matrix.rules.match': models({ kind: 'matrix', rules: [match('eu')], otherwise: null }, { kind: 'matrix', rules: [match('us')], otherwise: null }), // prettier-ignore
  'grouped.by': models({ kind: 'grouped', by: ['region'], groupsMax: 9, model: perUnit }, { kind: 'grouped', by: ['tier'], groupsMax: 9, model: perUnit }), // prettier-ignore
  'schedule.bands': models({ kind: 'schedule', bands: [band('12:00')], otherwise: null }, { kind: 'schedule', bands: [band('24:00')], otherwise: null }), // prettier-ignore
  'spot.series': models({ ...spot, series: 'hourly' }, { ...spot, series: 'daily' }),
  'spot.multiplier': models(spot, { ...spot, multiplier: '2' }),
  'spot.adder': models(spot, { ...spot, adder: '-1' }),
  'spot.minimum': models(spot, { ...spot, minimum: '2' }),
  'spot.maximum': models(spot, { ...spot, maximum: '0' }),
};

/** A series is called as its intervals are. */
function seriesOf(id: string): PriceSeries {
  const record = { id, name: '', currency: 'EUR', unit: 'unit', interval: id === 'daily' ? 'day' : 'hour', timeZone: 'UTC' } as const; // prettier-ignore
  return { record, points: [{ fromMs: 0, value: '1', revision: 1, source: '' }] };
}

function models(before: PriceModel, after: PriceModel): readonly [PriceRecord, PriceRecord] {
  return [priceOf(before), priceOf(after)];
}
function records(before: Partial<PriceRecord>, after: Partial<PriceRecord>): readonly [PriceRecord, PriceRecord] {
  return [priceOf(perUnit, before), priceOf(perUnit, after)];
}
function tiers(kind: 'graduated' | 'volume') {
  return models({ kind, tiers: [{ upTo: '2', ...tier }, { upTo: null, ...tier }] }, { kind, tiers: [{ upTo: '3', ...tier, flat: '1' }, { upTo: null, ...tier }] }); // prettier-ignore
}
function packages(size: string, price: string, partial: 'up' | 'down'): PriceModel {
  return { kind: 'package', size, price, partial };
}
function packageTiers(size: string, reach: 'all' | 'top'): PriceModel {
  return { kind: 'packageTiers', reach, tiers: [{ size, count: '1', price: '2' }, { size: '1', count: null, price: '1' }] }; // prettier-ignore
}
function stairs(amount: string): PriceModel {
  return { kind: 'stairstep', tiers: [{ upTo: null, amount }] };
}
function shares(percent: string): PriceModel {
  return { kind: 'graduatedPercentage', tiers: [{ upTo: null, percent, flat: '0' }] };
}

const place = { dims: { region: 'eu', tier: 'gold' }, atMs: 15 * 3_600_000, timeZone: 'UTC', boundary: () => {} };

/** What is tallied of these events: the cell, and what the price notes of each. */
function noted(price: PriceRecord, events: readonly Event[]) {
  const cell = compilePrice(price, { scale: 0 }, seriesOf).cellAt(place);
  return cell === undefined ? undefined : { key: cell.key, values: tallied(cell, events).map(({ value }) => value) };
}

const some: Event[] = [3n, 1n, 7n].map((quantity) => ({ quantity, events: 1n }));
const said = new Map(
  /\| parameter +\| side.*\n.*\n((?:\|.*\n)+)/
    .exec(page)![1]!
    .trimEnd()
    .split('\n')
    .map((line): [string, string] => {
      const [, parameter, side] = line.split('|').map((text) => text.trim());
      return [parameter!.replaceAll('`', ''), side!];
    }),
);

test('The table of sides names every parameter that is tried, and no other', () => {
  expect([...said.keys()].sort()).toEqual(Object.keys(changes).sort());
});

test.each(Object.entries(changes))('%s acts on the side that the table says', (parameter, [before, after]) => {
  if (said.get(parameter) === 'tally') expect(noted(after, some)).not.toEqual(noted(before, some));
  else {
    expect(said.get(parameter)).toBe('charge');
    fc.assert(
      fc.property(usage, (events) => {
        expect(noted(after, events)).toEqual(noted(before, events));
      }),
    );
  }
});

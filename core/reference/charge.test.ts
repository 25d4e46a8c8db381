import { describe, expect, test } from 'vitest';
import type { PriceModel, PriceRecord } from '../messages/control.ts';
import { chargeOf, notedOf } from './charge.ts';
import { text, whole } from './number.ts';

const price = (model: PriceModel, more: Partial<PriceRecord> = {}): PriceRecord => ({
  id: 1, key: 'k', version: 1, service: 's', component: 'c', meter: 'm', currency: 'EUR', account: 0, effectiveFromMs: 0,
  tallyScope: 'account', unit: { name: 'unit', numerator: '1', denominator: '1' }, allowance: '0', model, ...more,
}); // prettier-ignore

const perUnit = (unitPrice: string, more: Partial<PriceRecord> = {}) => price({ kind: 'perUnit', unitPrice }, more);
const graduated = (tiers: [string | null, string, string][], more: Partial<PriceRecord> = {}) =>
  price({ kind: 'graduated', tiers: tiers.map(([upTo, unitPrice, flat]) => ({ upTo, unitPrice, flat })) }, more);
const tiers = graduated([['100', '0.10', '0'], ['1000', '0.05', '2'], [null, '0.01', '5']]); // prettier-ignore
const perHour = { name: 'h', numerator: '1', denominator: '3600000000' };

const charge = (record: PriceRecord, scale: number, quantities: readonly bigint[], cell = ''): string => {
  const events = quantities.map((quantity) => ({ quantity, isStart: true }));
  return text(whole(chargeOf(record, cell, scale, notedOf(record, cell, scale, events))).div(1e12));
};

describe('charge of a tally, worked out by hand', () => {
  const cases: [string, PriceRecord, number, string, string][] = [
    ['nothing costs nothing', tiers, 0, '0', '0'],
    ['nothing costs nothing, even where the first tier has a flat', graduated([[null, '1', '9']]), 0, '0', '0'],
    ['the first unit owes the flat of the first tier', graduated([[null, '1', '9']]), 0, '1', '10'],
    ['per unit', perUnit('0.25'), 0, '7', '1.75'],
    ['per unit at scale 3', perUnit('0.25'), 3, '7', '0.00175'],
    ['microseconds by the hour: 1/3 h', perUnit('0.30', { unit: perHour }), 0, '1200000000', '0.1'],
    ['one microsecond: 0.04/3.6e9 = 1.111e-11, down', perUnit('0.04', { unit: perHour }), 0, '1', '0.000000000011'],
    ['in the first tier', tiers, 0, '99', '9.9'],
    ['on the border of the first tier', tiers, 0, '100', '10'],
    ['one beyond: the second tier and its flat', tiers, 0, '101', '12.05'],
    ['on the border of the second tier', tiers, 0, '1000', '57'],
    ['in the open tier', tiers, 0, '1500', '67'],
    ['a fraction beyond the border, scale 2', tiers, 2, '10001', '12.0005'],
    ['below the allowance', perUnit('1', { allowance: '10' }), 0, '9', '0'],
    ['at the allowance', perUnit('1', { allowance: '10' }), 0, '10', '0'],
    ['beyond the allowance', perUnit('1', { allowance: '10' }), 0, '11', '1'],
    ['a fractional allowance of converted units', perUnit('3.6', { allowance: '0.5', unit: perHour }), 0, '1800000001', '0.000000001'],
    ['the allowance comes before the tiers', { ...tiers, allowance: '50' }, 0, '151', '12.05'],
    ['half rounds to even, down', perUnit('0.000000000001', { unit: { name: 'u', numerator: '1', denominator: '2' } }), 0, '1', '0'],
    ['half rounds to even, up', perUnit('0.000000000003', { unit: { name: 'u', numerator: '1', denominator: '2' } }), 0, '1', '0.000000000002'],
    ['a tie behind a repeating fraction is still a tie: (1/3)·1.5e-12', perUnit('0.0000000000015', { unit: { name: 'u', numerator: '1', denominator: '3' } }), 0, '1', '0'],
    ['the same tie above: (1/3)·4.5e-12', perUnit('0.0000000000045', { unit: { name: 'u', numerator: '1', denominator: '3' } }), 0, '1', '0.000000000002'],
    ['each step is rounded by itself: 0.5 + 0.5 of 1e-12 make 0', graduated([['1', '0.0000000000005', '0'], [null, '0.0000000000005', '0']]), 0, '2', '0'],
    ['a flat is rounded too', graduated([[null, '0', '0.0000000000015']]), 0, '1', '0.000000000002'],
    ['24 digits of quantity', perUnit('0.01'), 0, '1000000000000000000000000', '10000000000000000000000'],
  ]; // prettier-ignore
  test.each(cases)('%s', (_name, record, scale, tally, expected) => {
    expect(charge(record, scale, [BigInt(tally)])).toBe(expected);
  });

  test('a negative tally is never a credit', () => {
    expect(charge(tiers, 0, [-5n])).toBe('0');
  });
});

/** Events: a quantity, or the quantity of a part cut off an event. */
type Usage = bigint | { readonly part: bigint };

function chargeOfEvents(record: PriceRecord, usage: readonly Usage[], cell = ''): string {
  let begun = 0n;
  const events = usage.map((one) => {
    const isStart = typeof one === 'bigint';
    const event = { quantity: isStart ? one : one.part, isStart, begun: isStart ? 0n : begun };
    begun = event.begun + event.quantity;
    return event;
  });
  return text(whole(chargeOf(record, cell, 0, notedOf(record, cell, 0, events))).div(1e12));
}

const two = (figures: object, rest: object) => [{ upTo: '100', ...figures }, { upTo: null, ...rest }]; // prettier-ignore
const units = two({ unitPrice: '0.10', flat: '0' }, { unitPrice: '0.05', flat: '2' });
const fives = [{ size: '5', count: '2', price: '4' }, { size: '2', count: null, price: '1' }]; // prettier-ignore
const card = {
  kind: 'percentage',
  percent: '1',
  perEvent: '5',
  free: 'whicheverFirst',
  freeEvents: '3',
  freeValue: '15',
};
const bounded = { kind: 'percentage', percent: '2.99', perEvent: '0', free: 'totals', minimum: '1.75', maximum: '12' };

describe('the worked examples of SPEC 8.4, and what lies beside them', () => {
  const cases: [string, object, Usage[], string][] = [
    ['perUnit', { kind: 'perUnit', unitPrice: '0.25' }, [7n], '1.75'],
    ['flat', { kind: 'flat', amount: '9.99' }, [1n, 2n], '9.99'],
    ['flat, of nothing', { kind: 'flat', amount: '9.99' }, [0n], '0'],
    ['graduated', { kind: 'graduated', tiers: units }, [150n], '14.5'],
    ['volume', { kind: 'volume', tiers: units }, [150n], '9.5'],
    ['volume, on the bound', { kind: 'volume', tiers: units }, [100n], '10'],
    ['package up', { kind: 'package', size: '10', price: '3', partial: 'up' }, [21n], '9'],
    ['package down', { kind: 'package', size: '10', price: '3', partial: 'down' }, [21n], '6'],
    ['packageTiers, all', { kind: 'packageTiers', reach: 'all', tiers: fives }, [12n], '9'],
    ['packageTiers, top', { kind: 'packageTiers', reach: 'top', tiers: fives }, [12n], '6'],
    ['packageTiers, top, on the bound', { kind: 'packageTiers', reach: 'top', tiers: fives }, [10n], '8'],
    ['stairstep', { kind: 'stairstep', tiers: [{ upTo: '10', amount: '5' }, { upTo: null, amount: '8' }] }, [11n], '8'],
    ['percentage of totals', { kind: 'percentage', percent: '1', perEvent: '0.5', free: 'totals', freeEvents: '2', freeValue: '100' }, [400n, 0n, 500n, 100n], '10'],
    ['graduatedPercentage', { kind: 'graduatedPercentage', tiers: two({ percent: '2', flat: '0' }, { percent: '1', flat: '1' }) }, [150n], '3.5'],
    ['dynamic', { kind: 'dynamic', multiplier: '1.1' }, [12n], '13.2'],
    ['perEvent', { kind: 'perEvent', unitPrice: '0.01', fee: '0.2', minimum: '0.5' }, [10n, 80n], '1.5'],
    ['perEvent, cut in two', { kind: 'perEvent', unitPrice: '0.01', fee: '0.2', minimum: '0.5' }, [10n, { part: 70n }], '1.2'],
    ['whichever limit comes first', card, [10n, 10n, 10n], '10.15'],
    ['whichever: the fourth event owes all of its value', card, [1n, 1n, 1n, 1n], '5.01'],
    ['whichever: both limits at once owe all', { ...card, freeEvents: '1' }, [10n, 10n], '5.1'],
    ['a minimum and a maximum an event', bounded, [10n, 80n, 10_000n], '16.142'],
    ['two of three events free, of whose value nothing is', { ...bounded, perEvent: '2', freeEvents: '2' }, [10n, 80n, 10_000n], '16.142'],
    ['the first value free', { ...bounded, freeValue: '30' }, [10n, 80n, 10_000n], '15.544'],
  ]; // prettier-ignore
  test.each(cases)('%s', (_name, model, usage, expected) => {
    expect(chargeOfEvents(price(model as PriceModel), usage)).toBe(expected);
  });

  const perSecond = { kind: 'perUnit', unitPrice: '1' } as const;
  const rule = (of: Partial<NonNullable<PriceRecord['quantity']>>): Partial<PriceRecord> => ({
    quantity: { at: 'event', mode: 'up', increment: '1', ...of },
  });
  const quantities: [string, Partial<PriceRecord>, Usage[], string][] = [
    ['60/1', rule({ first: '60' }), [1n, 61n, 0n], '121'],
    ['30/7: 70 s are 30 + 6 · 7', rule({ first: '30', increment: '7' }), [70n], '72'],
    ['the parts of an event add up to it, rounded once', rule({ first: '60', increment: '6' }), [30n, { part: 28n }, { part: 7n }], '66'],
    ['each event or the tally', rule({ increment: '60' }), [61n, 61n], '240'],
    ['the tally, not each event', rule({ at: 'tally', increment: '60' }), [61n, 61n], '180'],
    ['half to even counts increments after the first', rule({ mode: 'halfEven', first: '10', increment: '10' }), [25n, 35n], '60'],
    ['half away from zero', rule({ mode: 'halfAwayFromZero', increment: '10' }), [25n, 35n], '70'],
    ['up to the threshold nothing', rule({ at: 'tally', increment: '10', threshold: '15' }), [12n], '0'],
    ['beyond the threshold all, rounded', rule({ at: 'tally', increment: '10', threshold: '15' }), [16n], '20'],
    ['rounded before the allowance', { ...rule({ at: 'tally', increment: '10' }), allowance: '15' }, [16n], '5'],
    ['discount before maximum', { discountPercent: '10', maximum: '85' }, [100n], '85'],
    ['the maximum of the period', { maximum: '7.5' }, [5n, 5n, 5n], '7.5'],
  ]; // prettier-ignore
  test.each(quantities)('%s', (_name, more, usage, expected) => {
    expect(chargeOfEvents(price(perSecond, more), usage)).toBe(expected);
  });
});

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

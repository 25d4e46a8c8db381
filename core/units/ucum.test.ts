import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { divide, multiply, one, ratio, readDecimal } from '../money/rational.ts';
import { pricedUnit, pricedUnitNames, tallyUnit } from './pricedUnits.ts';
import { conversionFactor, parseUnit } from './ucum.ts';

const exact = (text: string) => readDecimal(text)!;

test.each([
  ['h', 's', '3600'],
  ['d', 'h', '24'],
  ['us', 'h', undefined, 1n, 3_600_000_000n],
  ['By', 'bit', '8'],
  ['GiBy', 'By', '1073741824'],
  ['GB', 'GiBy', undefined, 1_953_125n, 2_097_152n],
  ['GiBy.h', 'By.s', '3865470566400'],
  ['Gbit/s', 'MBy/s', '125'],
  ['GBy/d', 'By/s', undefined, 10n ** 9n, 86_400n],
  ['kW.h', 'J', '3600000'],
  ['kWh', 'kW.h', '1'],
  ['MHz', '/min', '60000000'],
  ['kVA', 'VA', '1000'],
  ['%', '1', '0.01'],
  ['{request}', '1', '1'],
  ['1{request}/s', '/min', '60'],
  ['10*3{request}', '1', '1000'],
  ['10*-3', '1', '0.001'],
  ['m3', 'L', '1000'],
  ['g/(m.s)', 'kg.m-1.s-1', '0.001'],
  ['a/b', 'c', undefined],
  ['min', 'ms', '60000'],
  ['month', 'h', '730'],
  ['µs', 'us', '1'],
  ['s/s/s', 's-1', '1'],
] as [string, string, string?, bigint?, bigint?][])('one %s in %s', (from, to, text, numerator, denominator) => {
  const expected =
    text === undefined ? (numerator === undefined ? undefined : ratio(numerator, denominator)) : exact(text);
  expect(conversionFactor(from, to)).toEqual(expected);
});

test.each([
  ['W', 'VA'],
  ['By', '1'],
  ['By', 'By/s'],
  ['h', 'Hz'],
  ['W', 'Wh'],
])('%s is not %s', (from, to) => {
  expect(parseUnit(from)).toBeDefined();
  expect(parseUnit(to)).toBeDefined();
  expect(conversionFactor(from, to)).toBeUndefined();
});

test.each(['', ' s', 's ', 's..h', 's.', '(s', 's)', '()', '0', 'GiX', 'Kih', 'Gis', 'kmin', 'furlong', 'toString', 'constructor', 's0', 's99', '{a', '{a}}', '1.5.s', 'x'.repeat(101)])(
  '%j is not a unit',
  (text) => expect(parseUnit(text)).toBeUndefined(),
); // prettier-ignore

describe('conversion', () => {
  const units = fc.constantFrom('s', 'ms', 'h', 'd', 'wk', 'min', 'us', 'month', 'a');
  test('goes there and back, by way of any third, without a loss', () => {
    fc.assert(
      fc.property(units, units, units, (a, b, c) => {
        const [ab, bc, ac] = [conversionFactor(a, b)!, conversionFactor(b, c)!, conversionFactor(a, c)!];
        expect(multiply(ab, bc)).toEqual(ac);
        expect(conversionFactor(b, a)).toEqual(divide(one, ab));
      }),
    );
  });
});

test('a meter may be priced in any unit of what it tallies', () => {
  expect(pricedUnit('By.ms', 'TiBy.d')).toEqual({
    name: 'TiBy·d',
    numerator: '1',
    denominator: (1024n ** 4n * 86_400_000n).toString(),
  });
  expect(pricedUnit('kW.h', 'MJ')).toMatchObject({ numerator: '18', denominator: '5' });
  expect(pricedUnitNames('kW.h')).toEqual(['kW·h']);
  expect([tallyUnit('By', 'max'), tallyUnit('By', 'count'), tallyUnit('{seat}', 'timeWeighted')]).toEqual([
    'By',
    '1',
    '{seat}.ms',
  ]);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  compareAmounts,
  formatMoney,
  formatMoneyExact,
  formatMoneyShort,
  knowPricingUnits,
  moneyParts,
  plotValue,
  subtractAmounts,
  sumAmounts,
} from './money.ts';

knowPricingUnits([{ id: 'TOKENS', decimals: 1 }]);

test.each([
  ['48213.094217830164', 'EUR', '€48,213.09', '€48,213.094217830164'],
  ['-0.005', 'EUR', '−€0.01', '−€0.005000000000'],
  ['1234567890123456789.999', 'USD', '$1,234,567,890,123,456,790.00', '$1,234,567,890,123,456,789.999000000000'],
  ['1234.5', 'JPY', '¥1,235', '¥1,234.500000000000'],
  ['1.0005', 'BHD', 'BHD 1.001', 'BHD 1.000500000000'],
  ['0', 'EUR', '€0.00', '€0.000000000000'],
  ['-1234.56', 'TOKENS', '−1,234.6 TOKENS', '−1,234.560000000000 TOKENS'],
  ['3', 'POINTS', '3.00 POINTS', '3.000000000000 POINTS'],
])('%s %s shows as %s, exactly as %s', (amount, currency, rounded, exact) => {
  expect(formatMoney(amount, currency)).toBe(rounded);
  expect(formatMoneyExact(amount, currency)).toBe(exact);
});

test('parts are cut, not rounded, and put together again are the exact amount', () => {
  expect(moneyParts('48213.099999999999', 'EUR')).toEqual({
    sign: '',
    symbol: '€',
    unit: '',
    whole: '48,213',
    minor: '09',
    fine: '9999999999',
  });
  fc.assert(
    fc.property(fc.bigInt(-(10n ** 37n), 10n ** 37n), (pico) => {
      const text = sumAmounts([decimal(pico)]);
      const parts = moneyParts(text, 'EUR');
      const digits = BigInt(`${parts.whole.replaceAll(',', '')}${parts.minor}${parts.fine}`);
      expect(parts.sign === '' ? digits : -digits).toBe(pico);
    }),
  );
});

test('sums and differences are exact far beyond what a binary number holds', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt(-(10n ** 30n), 10n ** 30n)), fc.bigInt(-(10n ** 30n), 10n ** 30n), (many, one) => {
      const sum = sumAmounts(many.map(decimal));
      expect(sum).toBe(sumAmounts([decimal(many.reduce((a, b) => a + b, 0n))]));
      expect(sumAmounts([subtractAmounts(sum, decimal(one)), decimal(one)])).toBe(sum);
      expect(compareAmounts(sum, subtractAmounts(sum, '0.000000000001'))).toBe(1);
    }),
  );
});

test('a limit shows the decimals that it has', () => {
  expect(['0.18', '0.144', '60000', '1.100'].map((amount) => formatMoneyShort(amount, 'EUR'))).toEqual([
    '€0.18',
    '€0.144',
    '€60,000.00',
    '€1.10',
  ]);
});

test('a pixel position is near enough', () => {
  expect(plotValue('48213.094217830164')).toBeCloseTo(48213.094217830164, 6);
});

/** An integer of 10⁻¹² as decimal text. */
function decimal(pico: bigint): string {
  const digits = (pico < 0n ? -pico : pico).toString().padStart(13, '0');
  return `${pico < 0n ? '-' : ''}${digits.slice(0, -12)}.${digits.slice(-12)}`;
}

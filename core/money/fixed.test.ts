import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allocate } from './allocate.ts';
import { minorDigits, roundToMinor } from './currency.ts';
import {
  divideRounded,
  formatDecimal,
  formatFixed,
  parseAmount,
  parseDecimal,
  parseRational,
  type RoundingMode,
} from './fixed.ts';

const Exact = Decimal.clone({ precision: 200, toExpNeg: -100, toExpPos: 100 });
const big = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
const scale = fc.integer({ min: 0, max: 12 });

describe('decimal text', () => {
  test('writes what decimal.js writes, and reads it back', () => {
    fc.assert(
      fc.property(big, scale, (value, digits) => {
        const expected = new Exact(value.toString()).div(new Exact(10).pow(digits));
        expect(formatDecimal(value, digits)).toBe(expected.toFixed());
        expect(formatFixed(value, digits)).toBe(expected.toFixed(digits));
        const isInRange = (value < 0n ? -value : value) < 10n ** BigInt(26 + digits);
        expect(parseDecimal(formatFixed(value, digits), digits)).toBe(isInRange ? value : undefined);
      }),
    );
  });

  test.each([
    '',
    ' 1',
    '1e3',
    '1,000',
    '.5',
    '5.',
    '+1',
    '--1',
    '0x10',
    'NaN',
    'Infinity',
    '1_000',
    '١',
    '1.0000000000001',
    '1' + '0'.repeat(26),
  ])('refuses %j as an amount', (text) => expect(parseAmount(text)).toBeUndefined());

  test('keeps a fraction exact', () => {
    expect(parseRational('0.0385')).toEqual({ numerator: 385n, denominator: 10_000n });
    expect(parseRational('1.' + '1'.repeat(25))).toBeUndefined();
  });
});

test('division rounds as decimal.js does, in every mode', () => {
  const modes: [RoundingMode, Decimal.Rounding][] = [
    ['halfEven', Decimal.ROUND_HALF_EVEN],
    ['halfAwayFromZero', Decimal.ROUND_HALF_UP],
    ['halfTowardsZero', Decimal.ROUND_HALF_DOWN],
    ['up', Decimal.ROUND_UP],
    ['down', Decimal.ROUND_DOWN],
    ['ceiling', Decimal.ROUND_CEIL],
    ['floor', Decimal.ROUND_FLOOR],
  ];
  const small = fc.bigInt({ min: -50n, max: 50n });
  fc.assert(
    fc.property(
      fc.oneof(big, small),
      fc.oneof(fc.bigInt({ min: 1n, max: 20n }), fc.bigInt({ min: 1n, max: 10n ** 20n })),
      (numerator, denominator) => {
        for (const [mode, rounding] of modes) {
          const expected = new Exact(numerator.toString())
            .div(denominator.toString())
            .toDecimalPlaces(0, rounding)
            .toFixed();
          expect(divideRounded(numerator, denominator, mode)).toBe(BigInt(expected));
        }
      },
    ),
  );
});

test('an allocation adds up, keeps the sign, and no part is a unit away from its share', () => {
  fc.assert(
    fc.property(
      big,
      fc.array(fc.bigInt({ min: 0n, max: 10n ** 12n }), { minLength: 1, maxLength: 12 }),
      (amount, weights) => {
        const parts = allocate(amount, weights);
        expect(parts.reduce((a, b) => a + b, 0n)).toBe(amount);
        const total = weights.reduce((a, b) => a + b, 0n);
        if (total === 0n) return;
        parts.forEach((part, i) => {
          const distance = part * total - amount * weights[i]!;
          expect(distance < total && distance > -total).toBe(true);
        });
      },
    ),
  );
});

test('amounts round to the minor unit of their currency, half away from zero', () => {
  expect(roundToMinor(parseAmount('1.005')!, 'EUR')).toBe(parseAmount('1.01'));
  expect(roundToMinor(parseAmount('-1.005')!, 'EUR')).toBe(parseAmount('-1.01'));
  expect(roundToMinor(parseAmount('0.5')!, 'JPY')).toBe(parseAmount('1'));
  expect(roundToMinor(parseAmount('0.0005')!, 'KWD')).toBe(parseAmount('0.001'));
  for (const text of ['XYZ', 'constructor', '__proto__']) expect(minorDigits(text)).toBeUndefined();
});

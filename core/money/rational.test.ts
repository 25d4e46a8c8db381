import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  add,
  compare,
  divide,
  multiply,
  ratio,
  readDecimal,
  roundToMultiple,
  subtract,
  toScaled,
  writeDecimal,
} from './rational.ts';

const integer = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
const fraction = fc
  .tuple(
    integer,
    integer.filter((value) => value !== 0n),
  )
  .map(([a, b]) => ratio(a, b));

test('fractions are a field, in lowest terms, with a positive denominator', () => {
  fc.assert(
    fc.property(fraction, fraction, fraction, (a, b, c) => {
      expect(multiply(a, add(b, c))).toEqual(add(multiply(a, b), multiply(a, c)));
      expect(subtract(add(a, b), b)).toEqual(a);
      if (b.numerator !== 0n) expect(multiply(divide(a, b), b)).toEqual(a);
      expect(add(a, b).denominator).toBeGreaterThan(0n);
      expect(compare(a, b)).toBe(-compare(b, a));
    }),
  );
});

test('what is written is read again, and one rounding is one rounding', () => {
  fc.assert(
    fc.property(integer, fc.integer({ min: 0, max: 30 }), (value, decimals) => {
      const exact = ratio(value, 10n ** BigInt(decimals));
      expect(readDecimal(writeDecimal(exact))).toEqual(exact);
    }),
  );
  expect(toScaled(readDecimal('1.005')!, 2, 'halfAwayFromZero')).toBe(101n);
  expect(roundToMultiple(readDecimal('61')!, readDecimal('60')!, 'up')).toEqual(ratio(120n));
  expect(readDecimal('1e5')).toBeUndefined();
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDecimal } from '../money/fixed.ts';
import { ByteText } from './byteText.ts';

const written = (write: (out: ByteText) => void): string => {
  const out = new ByteText();
  write(out);
  return Buffer.from(out.slice(0)).toString();
};

test('numbers are written as formatDecimal writes them', () => {
  const integer = fc.oneof(
    fc.maxSafeInteger(),
    fc.integer(),
    fc.tuple(fc.nat(9), fc.nat(15)).map(([a, b]) => a * 10 ** b),
  );
  fc.assert(
    fc.property(integer, fc.nat(12), (value, scale) => {
      expect(written((out) => out.decimal(value, scale))).toBe(formatDecimal(BigInt(value), scale));
      expect(written((out) => out.integer(value))).toBe(String(value));
    }),
    { numRuns: 5000 },
  );
});

test('text is UTF-8, whatever is in it, and grows beyond the first buffer', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 50 }), fc.nat(3), (text, times) => {
      const whole = text.repeat(1 + 2000 * times);
      expect(written((out) => out.text(whole))).toBe(Buffer.from(whole).toString());
    }),
  );
  expect(written((out) => out.text('a\ud800b'))).toBe('a\ufffdb');
});

test('an instant is unix seconds with ten digits and three decimals', () => {
  expect([0, 1, 1_793_486_460_020, 9_999_999_999_999].map((ms) => written((out) => out.instant(ms)))).toEqual([
    '0000000000.000',
    '0000000000.001',
    '1793486460.020',
    '9999999999.999',
  ]);
});

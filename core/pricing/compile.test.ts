import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import type { MeterRecord, PriceModel, PriceRecord } from '#core/messages/control.ts';
import { compilePrice } from './compile.ts';

const meter: MeterRecord = { id: 'cpu', metric: 'host.cpu.time', unit: 'us', scale: 0, aggregation: 'sum', filter: {} };
const price = (model: PriceModel, allowance = '0', numerator = '1', denominator = '3600000000'): PriceRecord => ({
  id: 1, key: 'k', version: 1, service: 's', component: 'c', meter: 'cpu', currency: 'EUR', account: 0, effectiveFromMs: 0,
  tallyScope: 'account', unit: { name: 'vCPU·h', numerator, denominator }, allowance, model,
}); // prettier-ignore

const graduated: PriceModel = {
  kind: 'graduated',
  tiers: [
    { upTo: '10', unitPrice: '0.05', flat: '0' },
    { upTo: '100', unitPrice: '0.04', flat: '1.5' },
    { upTo: null, unitPrice: '0.01', flat: '0' },
  ],
};
const hour = 3_600_000_000n;

describe('charge', () => {
  test.each([
    [0n, '0'],
    [hour, '0.05'],
    [10n * hour, '0.5'],
    [10n * hour + 1n, '2.000000000011'], // enters the second tier: its flat, and 1 µs at 0.04 / 3.6e9
    [100n * hour, '5.6'],
    [101n * hour, '5.61'],
  ])('graduated at %s µs is %s', (quantity, amount) => {
    expect(formatAmount(compilePrice(price(graduated), meter).charge(quantity))).toBe(amount);
  });

  test('an allowance is free to the last unit and not beyond', () => {
    const compiled = compilePrice(price({ kind: 'perUnit', unitPrice: '3.6' }, '2'), meter);
    expect(compiled.charge(2n * hour)).toBe(0n);
    expect(formatAmount(compiled.charge(2n * hour + 1n))).toBe('0.000000001');
  });

  test('each step is rounded once, half to even', () => {
    const compiled = compilePrice(price({ kind: 'perUnit', unitPrice: '0.000000000001' }, '0', '1', '2'), meter);
    expect([1n, 2n, 3n, 5n].map((q) => compiled.charge(q))).toEqual([0n, 1n, 2n, 2n]);
  });

  test('TELESCOPE: increments in any cut add up to the charge, the steps to the charge, and it never falls', () => {
    const decimal = fc.tuple(fc.nat(99), fc.nat(9999)).map(([a, b]) => `${a}.${String(b).padStart(4, '0')}`);
    const models = fc
      .array(fc.tuple(fc.integer({ min: 1, max: 50 }), decimal, decimal), { minLength: 1, maxLength: 5 })
      .map((tiers) => {
        let upTo = 0;
        return {
          kind: 'graduated' as const,
          tiers: tiers.map(([width, unitPrice, flat], index) => ({
            upTo: index === tiers.length - 1 ? null : `${(upTo += width)}.25`,
            unitPrice,
            flat,
          })),
        };
      });
    fc.assert(
      fc.property(
        models,
        decimal,
        fc.array(fc.bigInt({ min: 0n, max: 40n * hour }), { maxLength: 20 }),
        (model, allowance, parts) => {
          const compiled = compilePrice(price(model, allowance, '7', '25200000001'), meter);
          let total = 0n;
          let sum = 0n;
          for (const part of parts) {
            const increment = compiled.charge(total + part) - compiled.charge(total);
            expect(increment).toBeGreaterThanOrEqual(0n);
            sum += increment;
            total += part;
          }
          expect(sum).toBe(compiled.charge(total));
          expect(compiled.explain(total).reduce((a, step) => a + parseAmount(step.amount)!, 0n)).toBe(sum);
        },
      ),
    );
  });
});

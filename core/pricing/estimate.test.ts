import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatAmount } from '#core/money/fixed.ts';
import { compilePrice } from './compile.ts';
import { nothing } from './compiled.ts';
import { estimate, estimateEventsMax } from './estimate.ts';
import { leafPrice, usage } from './testing/arbitrary.ts';
import { priceOf, tallied } from './testing/prices.ts';

test('An estimate is what the same usage would be charged', () => {
  fc.assert(
    fc.property(leafPrice, usage, usage, (record, before, more) => {
      const cell = compilePrice(record, { scale: 0 }).whole!;
      const now = tallied(cell, before).at(-1) ?? nothing;
      const whole = more.map(({ quantity }) => ({ quantity, events: 1n as const }));
      const after = tallied(cell, whole, now).at(-1) ?? now;
      const { increment, measuresAfter } = estimate(cell, now, whole.map(({ quantity }) => ({ quantity, events: 1 }))); // prettier-ignore
      expect(increment).toBe(cell.charge(after) - cell.charge(now));
      expect(measuresAfter).toEqual(after);
    }),
    { numRuns: 500 },
  );
});

test('It says what it goes through, and may be negative', () => {
  const tiers = [
    { upTo: '100', unitPrice: '0.1', flat: '0' },
    { upTo: null, unitPrice: '0.05', flat: '2' },
  ];
  const cell = compilePrice(priceOf({ kind: 'volume', tiers }), { scale: 0 }).whole!;
  const { increment, stepsBefore, stepsAfter } = estimate(cell, { ...nothing, quantity: 100n }, [
    { quantity: 1n, events: 1 },
  ]);
  expect(formatAmount(increment)).toBe('-2.95');
  expect(stepsBefore.map(({ label }) => label)).toEqual(['tier 1, up to 100']);
  expect(stepsAfter.map(({ label }) => label)).toEqual(['tier 2, above 100', 'tier 2, flat']);
});

test('A million events of a plain price are one product; of a price that looks at each, too many', () => {
  const many = [{ quantity: 2n, events: 10 * estimateEventsMax }];
  const cellOf = (model: Parameters<typeof priceOf>[0]) => compilePrice(priceOf(model), { scale: 0 }).whole!;
  expect(formatAmount(estimate(cellOf({ kind: 'perUnit', unitPrice: '1' }), nothing, many).increment)).toBe('2000000');
  expect(() => estimate(cellOf({ kind: 'perEvent', unitPrice: '1', fee: '0' }), nothing, many)).toThrow(RangeError);
});

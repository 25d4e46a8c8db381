import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import {
  checkInstallments,
  installmentEndRows,
  installmentParts,
  installmentRows,
  oneTimeRow,
  type InstallmentPlan,
} from './plans.ts';
import { nothing } from '#core/pricing/compiled.ts';
import { compilePrice } from '#core/pricing/compile.ts';
import { leafPrice, usage } from '#core/pricing/testing/arbitrary.ts';
import { priceOf, tallied } from '#core/pricing/testing/prices.ts';
import { chargeWithZeroUsage, zeroUsageCharge } from './zeroUsage.ts';

const plan = (more: Partial<InstallmentPlan> = {}): InstallmentPlan => ({
  id: 'setup', currency: 'EUR', total: '1000', dueAtMs: [10, 20, 30], onEnd: 'due', ...more,
}); // prettier-ignore
const year = { startMs: 0, endMs: 100 };

test('README: 1,000.00 in three parts are 333.34, 333.33 and 333.33; weights 30, 30, 40 are 300, 300 and 400', () => {
  expect(installmentParts(plan()).map(formatAmount)).toEqual(['333.34', '333.33', '333.33']);
  expect(installmentParts(plan({ weights: ['30', '30', '40'] })).map(formatAmount)).toEqual(['300', '300', '400']);
  expect(installmentParts(plan({ currency: 'JPY' })).map(formatAmount)).toEqual(['334', '333', '333']);
});

test('a plan that ends early owes the rest at once, or nothing more', () => {
  const due = (p: InstallmentPlan) => installmentEndRows(p, 20, year).map((row) => formatAmount(row.amount));
  expect(installmentRows(plan(), { startMs: 0, endMs: 21 }).map((row) => row.step.label)).toEqual([
    'installment 1 of 3',
    'installment 2 of 3',
  ]);
  expect(due(plan())).toEqual(['333.33']);
  expect(due(plan({ onEnd: 'lapse' }))).toEqual([]);
});

test('any total in any number of parts adds up, over any cut of time into periods', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10 ** 9 }),
      fc.integer({ min: 1, max: 60 }),
      fc.nat(59),
      (cents, count, cut) => {
        const dueAtMs = Array.from({ length: count }, (_, i) => i * 10);
        const p = plan({ total: `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`, dueAtMs });
        const rows = [
          ...installmentRows(p, { startMs: 0, endMs: cut * 10 }),
          ...installmentRows(p, { startMs: cut * 10, endMs: 600 }),
        ];
        expect(rows).toHaveLength(count);
        expect(rows.reduce((sum, { amount }) => sum + amount, 0n)).toBe(parseAmount(p.total));
        const ends = installmentEndRows(p, cut * 10, year).reduce((sum, { amount }) => sum + amount, 0n);
        const due = rows.filter(({ atMs }) => atMs <= cut * 10).reduce((sum, { amount }) => sum + amount, 0n);
        expect(due + ends).toBe(parseAmount(p.total));
      },
    ),
  );
});

test('faults of a plan are told together; a one-time fee is one row', () => {
  expect(checkInstallments(plan({ total: '10.001', dueAtMs: [5, 5], weights: ['1'] })).map(({ path }) => path)).toEqual(
    ['total', 'dueAtMs[1]', 'weights'],
  );
  expect(checkInstallments(plan({ currency: 'constructor' })).map(({ code }) => code)).toEqual(['CURRENCY_UNKNOWN']);
  expect(formatAmount(oneTimeRow({ id: 'x', currency: 'EUR', amount: '99.5', atMs: 7 }, year).amount)).toBe('99.5');
  expect(() => oneTimeRow({ id: 'x', currency: 'EUR', amount: 'many', atMs: 7 }, year)).toThrow(RangeError);
});

test('without usage a model owes its flat, or that of its first tier', () => {
  const tiers = [{ upTo: '5', unitPrice: '1', flat: '2' }, { upTo: null, unitPrice: '1', flat: '7' }]; // prettier-ignore
  expect(formatAmount(zeroUsageCharge({ kind: 'flat', amount: '9' }))).toBe('9');
  expect(formatAmount(zeroUsageCharge({ kind: 'graduated', tiers }))).toBe('2');
  expect(zeroUsageCharge({ kind: 'perUnit', unitPrice: '3' })).toBe(0n);
});

test('without usage and within the allowance the flat stays owed, after discount and maximum; beyond, the charge is', () => {
  const model = { kind: 'graduated' as const, tiers: [{ upTo: null, unitPrice: '1', flat: '8' }] };
  const charge = (more: object, quantity: bigint) =>
    formatAmount(chargeWithZeroUsage(priceOf(model, more), { scale: 0 })({ ...nothing, quantity }));
  const of = (more: object) => [0n, 10n, 11n].map((quantity) => charge({ allowance: '10', ...more }, quantity));
  expect(of({})).toEqual(['8', '8', '9']);
  expect(of({ discountPercent: '50', maximum: '4.2' })).toEqual(['4', '4', '4.2']);
  const threshold = { at: 'tally', mode: 'up', increment: '1', threshold: '10' };
  expect(of({ allowance: '0', quantity: threshold })).toEqual(['8', '8', '19']);
});

test('with zero usage charged, a tally of any price owes its charge, or what an empty one owes', () => {
  fc.assert(
    fc.property(leafPrice, usage, (price, events) => {
      const charge = chargeWithZeroUsage(price, { scale: 0 });
      const cell = compilePrice(price, { scale: 0 }).whole!;
      const opening = charge(nothing);
      for (const measures of tallied(cell, events))
        expect([opening, cell.charge(measures)]).toContain(charge(measures));
    }),
  );
});

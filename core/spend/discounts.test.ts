import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { checkDiscounts, type Discount } from './discountRecords.ts';
import { applyDiscounts, useAfter, type DiscountRow, type DiscountUse } from './discounts.ts';
import type { SpendLine } from './lines.ts';
import { checkCode, redeem, type DiscountCode } from './redemption.ts';

const pico = (text: string): bigint => parseAmount(text)!;
const line = (id: string, list: string, more: Partial<SpendLine> = {}): SpendLine => ({
  id, account: 1, service: 's', component: 'c', price: id, plan: '', contract: '', quantity: 0n, list: pico(list), net: pico(list), ...more,
}); // prettier-ignore
const discount = (order: number, take: Discount['take'], more: Partial<Discount> = {}): Discount => ({
  id: `d${order}`, order, account: 1, take, base: 'left', duration: { kind: 'forever' }, fromMs: 0, toMs: null, ...more,
}); // prettier-ignore
const percent = (value: string): Discount['take'] => ({ kind: 'percent', percent: value });
const amount = (value: string): Discount['take'] => ({ kind: 'amount', amount: value });
const period = { startMs: 0, endMs: 100 };
const apply = (lines: SpendLine[], discounts: Discount[], use: DiscountUse = new Map()) =>
  applyDiscounts(lines, discounts, use, new Map(), period);
const told = (rows: readonly DiscountRow[]) => rows.map((row) => [row.by, formatAmount(row.amount)]);

describe('README', () => {
  test('20 % then 10 % of 100.00 take 20 and 8 of what is left, or 20 and 10 of the list', () => {
    const stack = (base: 'list' | 'left') => [
      discount(1, percent('20'), { base }),
      discount(2, percent('10'), { base }),
    ];
    expect(told(apply([line('a', '100')], stack('left')).rows)).toEqual([['d1', '-20'], ['d2', '-8']]); // prettier-ignore
    expect(told(apply([line('a', '100')], stack('list')).rows)).toEqual([['d1', '-20'], ['d2', '-10']]); // prettier-ignore
  });

  test('by volume of spend: 0 % to 1,000, 5 % to 5,000, 10 % beyond; 6,000 get 300 graduated and 600 by volume', () => {
    const tiers = [{ upTo: '1000', percent: '0' }, { upTo: '5000', percent: '5' }, { upTo: null, percent: '10' }]; // prettier-ignore
    const take = (reach: 'graduated' | 'volume', of: 'spend' | 'quantity' = 'spend') =>
      ({ kind: 'tiers', of, reach, tiers }) as const;
    const lines = [line('a', '4000', { quantity: pico('900') }), line('b', '2000', { quantity: pico('200') })];
    expect(told(apply(lines, [discount(1, take('graduated'))]).rows)).toEqual([['d1', '-300']]);
    expect(told(apply(lines, [discount(1, take('volume'))]).rows)).toEqual([['d1', '-600']]);
    // 1,100 units: 100 of them at 5 %.
    expect(told(apply(lines, [discount(1, take('graduated', 'quantity'))]).rows)).toEqual([['d1', '-27.272727272727']]);
  });
});

test('three coupons with scopes, one after the other, spread over what is left of their fees', () => {
  const fees = [1000, 2000, 3000, 4000, 1000, 2000, 3000, 4000].map((cents, i) => line(`bm${i + 1}`, String(cents)));
  const only = (...prices: string[]) => ({ only: { prices } });
  const coupons = [
    discount(1, amount('2000'), only('bm1', 'bm2')),
    discount(2, amount('1000'), only('bm5', 'bm6', 'bm7', 'bm8')),
    discount(3, amount('500')),
  ];
  const { rows, lines } = apply(fees, coupons);
  const shares = lines.map(({ list, net }) => formatAmount(list - net));
  expect(shares).toEqual([
    '676.470588235295', '1352.941176470588', '88.235294117647', '117.647058823529',
    '126.470588235294', '252.941176470588', '379.411764705882', '505.882352941177',
  ]); // prettier-ignore
  expect(rows.map((row) => formatAmount(row.amount))).toEqual(['-2000', '-1000', '-500']);
  expect(told(apply([line('a', '4'), line('b', '2')], [discount(1, amount('12'))]).rows)).toEqual([['d1', '-6']]);
});

test('exclusions, limits and mutual exclusion', () => {
  const lines = [line('a', '100', { service: 'compute' }), line('b', '100', { service: 'licence' })];
  const rows = (...discounts: Discount[]) => told(apply(lines, discounts).rows);
  expect(rows(discount(1, percent('10'), { except: { services: ['licence'] } }))).toEqual([['d1', '-10']]);
  expect(rows(discount(1, percent('10'), { maximum: '15' }))).toEqual([['d1', '-15']]);
  expect(rows(discount(1, percent('10')), discount(2, percent('50'), { notWith: ['d1'] }))).toEqual([['d1', '-20']]);
  const early = { fromMs: 0, toMs: 0 };
  expect(rows(discount(1, percent('10'), early), discount(2, percent('50'), { notWith: ['d1'] }))).toEqual([
    ['d2', '-100'],
  ]);
  expect(rows(discount(1, percent('10'), { account: 2 }))).toEqual([]);
});

test('once, so many periods, and in all so much: the use moves on at close', () => {
  const close = (one: Discount, times: number) => {
    let use: DiscountUse = new Map();
    return Array.from({ length: times }, () => {
      const { rows } = apply([line('a', '100')], [one], use);
      use = useAfter(use, rows);
      return formatAmount(rows.reduce((sum, row) => sum + row.amount, 0n));
    });
  };
  expect(close(discount(1, percent('10'), { duration: { kind: 'once' } }), 3)).toEqual(['-10', '0', '0']);
  expect(close(discount(1, percent('10'), { duration: { kind: 'periods', count: 2 } }), 3)).toEqual([
    '-10',
    '-10',
    '0',
  ]);
  expect(close(discount(1, amount('40'), { maximumTotal: '100' }), 4)).toEqual(['-40', '-40', '-20', '0']);
});

test('a code is redeemed within its dates and limits; the earlier wins the last one', () => {
  const code: DiscountCode = {
    code: 'NOV-26',
    discount: 'd1',
    fromMs: 10,
    toMs: 20,
    redemptionsMax: 2,
    redemptionsPerAccountMax: 1,
  };
  const redemptions = redeem(code, new Map(), 7, 10);
  const first = redemptions.taken ? redemptions.redemptions : new Map();
  const tries = [redeem(code, first, 7, 11), redeem(code, first, 8, 9), redeem(code, first, 8, 20), redeem(code, new Map([[7, 1], [8, 1]]), 9, 12)]; // prettier-ignore
  expect(tries.map((one) => (one.taken ? 'taken' : one.reason))).toEqual([
    'usedUpByAccount',
    'notYet',
    'over',
    'usedUp',
  ]);
  expect(checkCode({ ...code, code: 'x', redemptionsMax: 0 }).map(({ path }) => path)).toEqual([
    'code',
    'redemptionsMax',
  ]);
});

test('faults of a stack are told together', () => {
  const tiers = [{ upTo: '10', percent: '5' }, { upTo: '10', percent: '101' }]; // prettier-ignore
  const faults = checkDiscounts([
    discount(1, percent('-1')),
    discount(1, { kind: 'tiers', of: 'spend', reach: 'volume', tiers }, { id: 'x', notWith: ['y'], duration: { kind: 'periods', count: 0 } }),
  ]); // prettier-ignore
  expect(faults.map(({ path }) => path)).toEqual([
    'discounts[0].take.percent', 'discounts[1].order', 'discounts[1].duration.count', 'discounts[1].take.tiers',
    'discounts[1].take.tiers[1].percent', 'discounts[1].take.tiers[1].upTo', 'discounts[1].notWith',
  ]); // prettier-ignore
});

const takes: fc.Arbitrary<Discount['take']> = fc.oneof(
  fc.nat(100).map((n) => percent(String(n))),
  fc.nat(500).map((n) => amount(String(n))),
  fc.record({ of: fc.constantFrom('spend' as const, 'quantity' as const), reach: fc.constantFrom('graduated' as const, 'volume' as const), a: fc.nat(100), b: fc.nat(100) })
    .map(({ of, reach, a, b }) => ({ kind: 'tiers' as const, of, reach, tiers: [{ upTo: '50', percent: String(a) }, { upTo: null, percent: String(b) }] })),
); // prettier-ignore

test('CONSERVE of discounts: no line below 0, shares add up to rows, list less rows is what is left, in any order of the records', () => {
  const lists = fc.array(fc.tuple(fc.bigInt({ min: -(10n ** 13n), max: 10n ** 15n }), fc.bigInt({ min: 0n, max: 10n ** 14n })), { maxLength: 6 }); // prettier-ignore
  const stacks = fc.array(fc.tuple(takes, fc.constantFrom('list' as const, 'left' as const)), { maxLength: 5 });
  fc.assert(
    fc.property(lists, stacks, (amounts, stack) => {
      const lines = amounts.map(([list, quantity], i) => line(`l${i}`, '0', { list, net: list, quantity }));
      const discounts = stack.map(([take, base], i) => discount(i + 1, take, { base }));
      const { rows, lines: left } = apply(lines, discounts);
      for (const row of rows) expect(row.amount).toBeLessThan(0n);
      for (const row of rows) expect(row.shares.reduce((sum, share) => sum + share.amount, 0n)).toBe(row.amount);
      for (const one of left) expect(one.net).toBeGreaterThanOrEqual(one.list < 0n ? one.list : 0n);
      const sum = (list: readonly bigint[]) => list.reduce((a, b) => a + b, 0n);
      expect(sum(left.map(({ net }) => net))).toBe(
        sum(lines.map(({ list }) => list)) + sum(rows.map((row) => row.amount)),
      );
      expect(apply(lines.toReversed(), discounts.toReversed())).toEqual({ rows, lines: left });
    }),
    { numRuns: 300 },
  );
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { ratio } from '#core/money/rational.ts';
import type { SpendBound } from './bounds.ts';
import { commitmentRows, type Commitment } from './commitment.ts';
import type { Discount } from './discountRecords.ts';
import { useAfter, type DiscountUse } from './discounts.ts';
import { differenceRows, type NodeRow, type Parents, type SpendLine } from './lines.ts';
import { settle, type Agreements } from './settle.ts';

const pico = (text: string): bigint => parseAmount(text)!;
const line = (id: string, account: number, list: bigint): SpendLine => ({
  id, account, service: 's', component: 'c', price: 'p', plan: '', contract: '', quantity: 0n, list, net: list,
}); // prettier-ignore
const parents: Parents = new Map([[1, 0], [2, 1], [3, 1], [4, 2]]); // prettier-ignore
const commitment: Commitment = {
  id: 'k', account: 1, segments: [{ fromMs: 0, toMs: 300, amount: '1000' }], coveredPercent: '90', overagePercent: '110', payment: 'arrears', basis: 'net',
}; // prettier-ignore
const discount: Discount = {
  id: 'd', order: 1, account: 2, take: { kind: 'percent', percent: '10' }, base: 'left', duration: { kind: 'periods', count: 2 }, fromMs: 0, toMs: null,
}; // prettier-ignore
const bound: SpendBound = {
  id: 'b', account: 3, scope: { kind: 'subtree' }, minimum: '50', maximum: '100', minimumBasis: 'net', prorate: { minimum: true, maximum: false },
}; // prettier-ignore
const periods = [0, 100, 200].map((startMs) => ({ startMs, endMs: startMs + 100 }));
const sum = (rows: readonly { amount: bigint }[]) => rows.reduce((total, { amount }) => total + amount, 0n);
const agreements = (use: DiscountUse, before: bigint, index: number, of = commitment): Agreements => ({
  discounts: [discount], use, bounds: [bound],
  commitments: [{ commitment: of, segment: 0, before, booked: index === 0 ? [] : commitmentRows(of, { segment: 0, spent: before, closed: false }), isEnding: index === 2 }],
}); // prettier-ignore

describe('README', () => {
  test('discount, then commitment, then maximum, then minimum: each sees what the ones before it left', () => {
    const lines = [line('a', 4, pico('200')), line('b', 3, pico('150'))];
    const told = (closed: boolean, index: number) =>
      settle(lines, agreements(new Map(), pico('330'), index), parents, periods[index]!, closed).rows.map((row) => [row.by, row.account, row.reason, formatAmount(row.amount)]); // prettier-ignore
    expect(told(false, 1)).toEqual([
      ['d', 2, 'discount', '-20'],
      ['k/0', 1, 'commitmentRate', '-33'],
      ['b', 3, 'cap', '-50'],
    ]);
    const half = { ...agreements(new Map(), 0n, 2), commitments: [], shareOf: () => ratio(1n, 2n) };
    expect(settle([], half, parents, periods[2]!, true).rows.map((row) => formatAmount(row.amount))).toEqual(['25']);
    expect(told(true, 2)).toContainEqual(['k/0', 1, 'trueUp', '406']); // 1,000 − 90 % of (330 + 330)
  });
});

test('a line or a segment that is given twice is an error, not a double charge', () => {
  const once = agreements(new Map(), 0n, 0);
  const twice = { ...once, commitments: [...once.commitments, ...once.commitments] };
  expect(() => settle([], twice, parents, periods[0]!, true)).toThrow(/segment k\/0 is given twice/);
  expect(() => settle([line('a', 3, 1n), line('a', 4, 1n)], once, parents, periods[0]!, true)).toThrow(
    /line a is given twice/,
  );
});

test('a maximum does not take back what was committed to', () => {
  const capped = { ...bound, account: 1, maximum: '100' };
  const { rows } = settle([], { ...agreements(new Map(), 0n, 2), bounds: [capped] }, parents, periods[2]!, true);
  expect(rows.map((row) => [row.reason, formatAmount(row.amount)])).toEqual([['trueUp', '1000']]);
});

test('TREE and TELESCOPE above the tally: over any arrival, booked differences are the settled rows; three periods make the segment', () => {
  const arrivals = fc.array(fc.tuple(fc.nat(2), fc.constantFrom(1, 2, 3, 4), fc.bigInt({ min: 0n, max: 5n * 10n ** 14n })), { maxLength: 15 }); // prettier-ignore
  const payment = fc.constantFrom('advance' as const, 'arrears' as const);
  fc.assert(
    fc.property(
      arrivals,
      payment,
      fc.constantFrom('90', '100', '137'),
      fc.boolean(),
      (all, paid, coveredPercent, isBound) => {
        const of = { ...commitment, payment: paid, coveredPercent };
        let use: DiscountUse = new Map();
        let before = 0n;
        let owed = 0n;
        periods.forEach((period, index) => {
          const lines: SpendLine[] = [];
          let rows: NodeRow[] = [];
          const book = (closed: boolean) => {
            const settled = settle(
              lines,
              { ...agreements(use, before, index, of), bounds: isBound ? [bound] : [] },
              parents,
              period,
              closed,
            );
            const difference = differenceRows(rows, settled.rows);
            expect(sum(rows) + sum(difference)).toBe(sum(settled.rows));
            rows = [...rows, ...difference];
            return settled;
          };
          for (const [at, account, amount] of all) {
            if (at !== index) continue;
            lines.push(line(`l${lines.length}`, account, amount));
            book(false);
          }
          const closed = book(true);
          use = useAfter(use, closed.discounts);
          const list = lines.reduce((total, one) => total + one.list, 0n);
          owed += list + sum(rows);
          before += list + sum(closed.discounts);
        });
        expect(use.get('d')?.periods ?? 0).toBeLessThanOrEqual(2);
        const segment = commitmentRows(of, { segment: 0, spent: before, closed: true });
        if (!isBound) expect(owed).toBe(before + sum(segment));
      },
    ),
  );
});

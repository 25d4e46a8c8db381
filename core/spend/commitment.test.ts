import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { checkCommitment, commitmentLeft, commitmentRows, drawnBy, segmentAt, type Commitment } from './commitment.ts';
import { splitRows } from './pool.ts';

const commitment = (more: Partial<Commitment> = {}): Commitment => ({
  id: 'k', account: 1, segments: [{ fromMs: 0, toMs: 100, amount: '1000' }, { fromMs: 100, toMs: 200, amount: '2000' }],
  coveredPercent: '90', overagePercent: '120', payment: 'arrears', basis: 'list', ...more,
}); // prettier-ignore
const pico = (text: string): bigint => parseAmount(text)!;
const rows = (of: Commitment, list: string, closed: boolean, segment = 0) =>
  commitmentRows(of, { segment, spent: pico(list), closed }).map((row) => [row.reason, formatAmount(row.amount)]);

describe('README', () => {
  test('1,000.00 committed at 90 % of the list, 120 % beyond: 1,500.00 by list owe 1,466.67; 600.00 by list owe 1,000.00', () => {
    expect(rows(commitment(), '1500', true)).toEqual([
      ['commitmentRate', '-111.111111111111'],
      ['overage', '77.777777777778'],
    ]);
    expect(rows(commitment(), '600', false)).toEqual([['commitmentRate', '-60']]);
    expect(rows(commitment(), '600', true)).toEqual([
      ['commitmentRate', '-60'],
      ['trueUp', '460'],
    ]);
    expect(rows(commitment({ payment: 'advance' }), '600', true)).toEqual([
      ['commitmentRate', '-60'],
      ['prepayment', '1000'],
      ['drawdown', '-540'],
    ]);
    expect(formatAmount(commitmentLeft(commitment(), { segment: 0, spent: pico('600'), closed: false }))).toBe('460');
  });
});

test('segments are commitments of their own; what draws on one is its subtree and its services', () => {
  expect([0, 99, 100, 199, 200].map((at) => segmentAt(commitment(), at))).toEqual([0, 0, 1, 1, undefined]);
  const line = (account: number, service: string) => ({
    id: `${account}${service}`, account, service, component: '', price: '', plan: '', contract: '', quantity: 0n, list: 10n, net: 7n,
  }); // prettier-ignore
  const lines = [line(1, 'a'), line(2, 'a'), line(2, 'b'), line(9, 'a')];
  expect(drawnBy(commitment({ services: ['a'] }), lines, new Map([[2, 1]]))).toBe(20n);
  expect(drawnBy(commitment({ basis: 'net' }), lines, new Map([[2, 1]]))).toBe(21n);
  const bad = commitment({ segments: [{ fromMs: 0, toMs: 100, amount: '-1' }, { fromMs: 50, toMs: 50, amount: '1' }], coveredPercent: '0' }); // prettier-ignore
  expect(checkCommitment(bad).map(({ path }) => path)).toEqual(['segments[0].amount', 'segments[1]', 'segments[1].fromMs', 'coveredPercent']); // prettier-ignore
});

test('paid in advance or in arrears the sum is the same, never below the commitment, and order-free', () => {
  const percent = fc.integer({ min: 1, max: 200 }).map(String);
  const amounts = fc.array(fc.bigInt({ min: 0n, max: 10n ** 15n }), { maxLength: 8 });
  fc.assert(
    fc.property(
      percent,
      percent,
      fc.nat(2000).map(String),
      amounts,
      (coveredPercent, overagePercent, amount, parts) => {
        const one = commitment({ coveredPercent, overagePercent, segments: [{ fromMs: 0, toMs: 1, amount }] });
        const at = (list: bigint, closed: boolean, payment: 'advance' | 'arrears') =>
          list +
          commitmentRows({ ...one, payment }, { segment: 0, spent: list, closed }).reduce(
            (sum, row) => sum + row.amount,
            0n,
          );
        let list = 0n;
        let booked = 0n;
        for (const part of parts) {
          booked += at(list + part, false, 'arrears') - at(list, false, 'arrears');
          list += part;
        }
        expect(booked).toBe(at(list, false, 'arrears'));
        expect(at(list, true, 'advance')).toBe(at(list, true, 'arrears'));
        expect(at(list, true, 'arrears') + 1n).toBeGreaterThanOrEqual(pico(amount));
        expect(at(list, false, 'advance')).toBe(at(list, true, 'advance'));
      },
    ),
  );
});

test('a wide tally is shared out by quantity in rows that add up to nothing; as arrived nothing moves', () => {
  const members = fc.uniqueArray(
    fc.record({ id: fc.string({ minLength: 1, maxLength: 3 }), account: fc.nat(9), quantity: fc.bigInt({ min: 0n, max: 10n ** 9n }), provisional: fc.bigInt({ min: -(10n ** 9n), max: 10n ** 15n }) }),
    { selector: ({ id }) => id, minLength: 1, maxLength: 8 },
  ); // prettier-ignore
  fc.assert(
    fc.property(members, (list) => {
      const split = splitRows('t', list, 'proRata');
      expect(split.reduce((sum, { amount }) => sum + amount, 0n)).toBe(0n);
      expect(splitRows('t', list.toReversed(), 'proRata')).toEqual(split);
      expect(splitRows('t', list, 'asArrived')).toEqual([]);
    }),
  );
});

test('README: 10.00 charged as the first 6 and the last 4 arrived; used 1 to 2, so 3.33 and 6.67 are owed', () => {
  const two = [{ id: 'a', account: 4, quantity: 1n, provisional: pico('6') }, { id: 'b', account: 5, quantity: 2n, provisional: pico('4') }]; // prettier-ignore
  expect(splitRows('t', two, 'proRata').map(({ account, amount }) => [account, formatAmount(amount)])).toEqual([
    [4, '-2.666666666667'],
    [5, '2.666666666667'],
  ]);
  expect(() => splitRows('t', [two[0]!, two[0]!], 'proRata')).toThrow(/given twice/);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { ratio } from '#core/money/rational.ts';
import { boundRows, checkBounds, type SpendBound } from './bounds.ts';
import { differenceRows, isWithin, type NodeRow, type Parents, type SpendLine } from './lines.ts';

const line = (id: string, account: number, list: string, more: Partial<SpendLine> = {}): SpendLine => ({
  id, account, service: 's', component: 'c', price: 'p', plan: '', contract: '', quantity: 0n,
  list: parseAmount(list)!, net: parseAmount(list)!, ...more,
}); // prettier-ignore
const bound = (more: Partial<SpendBound>): SpendBound => ({
  id: 'b', account: 1, scope: { kind: 'subtree' }, minimumBasis: 'net', prorate: { minimum: true, maximum: false }, ...more,
}); // prettier-ignore
/** 1 over 2 and 3; 2 over 4 and 5. */
const parents: Parents = new Map([[1, 0], [2, 1], [3, 1], [4, 2], [5, 2]]); // prettier-ignore
const told = (rows: readonly NodeRow[]) =>
  rows.map((row) => [row.by, row.account, row.reason, formatAmount(row.amount)]);
const closed = { closed: true };

describe('README', () => {
  test('a department of 900 with a maximum of 800, in an organisation with a minimum of 1,000 of which 150 is used elsewhere', () => {
    const lines = [line('a', 4, '600'), line('b', 5, '300'), line('c', 3, '150')];
    const bounds = [bound({ id: 'org', minimum: '1000' }), bound({ id: 'dept', account: 2, maximum: '800' })];
    expect(told(boundRows(lines, bounds, parents, { closed: false }))).toEqual([['dept', 2, 'cap', '-100']]);
    expect(told(boundRows(lines, bounds, parents, closed))).toEqual([
      ['dept', 2, 'cap', '-100'],
      ['org', 1, 'minimum', '50'],
    ]);
  });
});

test('a prorated minimum as peers: 10.00 for 25 of 28 days with 8.00 used owes 0.93, 15 of 31 days with 2.00 owes 2.84', () => {
  const owed = (used: string, days: bigint, of: bigint) =>
    boundRows([line('a', 1, used)], [bound({ minimum: '10' })], parents, {
      closed: true,
      shareOf: () => ratio(days, of),
    });
  expect(told(owed('8', 25n, 28n))[0]![3]).toBe('0.928571428571');
  expect(told(owed('2', 15n, 31n))[0]![3]).toBe('2.838709677419');
  expect(owed('0', 0n, 31n)).toEqual([]);
  const over = [line('a', 1, '9')];
  const none = { closed: true, shareOf: () => ratio(0n) };
  expect(boundRows(over, [bound({ minimum: '1', maximum: '2' })], parents, none)).toEqual([]);
  const both = bound({ minimum: '6', maximum: '12', prorate: { minimum: true, maximum: true } });
  expect(told(boundRows(over, [both], parents, { closed: true, shareOf: () => ratio(1n, 2n) }))).toEqual([
    ['b', 1, 'cap', '-3'],
  ]);
});

test('by list price a discount does not call the true-up back', () => {
  const lines = [line('a', 1, '100', { net: parseAmount('60')! })];
  const owed = (minimumBasis: 'net' | 'list') =>
    told(boundRows(lines, [bound({ minimum: '100', minimumBasis })], parents, closed));
  expect(owed('net')).toEqual([['b', 1, 'minimum', '40']]);
  expect(owed('list')).toEqual([]);
});

test('inner scopes come first and count in the outer ones: price, plan, contract, subtree', () => {
  const tags = { plan: 'gold', contract: 'k1' };
  const lines = [
    line('a', 3, '10', tags),
    line('b', 3, '20', { ...tags, price: 'q' }),
    line('c', 3, '1000', { price: 'z' }),
  ];
  const bounds = [
    bound({ id: 'contract', scope: { kind: 'contract', contract: 'k1' }, minimum: '100' }),
    bound({ id: 'plan', scope: { kind: 'plan', ...tags }, maximum: '60' }),
    bound({ id: 'price', scope: { kind: 'price', price: 'p', ...tags }, minimum: '50' }),
  ];
  expect(told(boundRows(lines, bounds, parents, closed))).toEqual([
    ['price', 1, 'minimum', '40'],
    ['plan', 1, 'cap', '-10'],
    ['contract', 1, 'minimum', '40'],
  ]);
});

test('a scope counts what is of its plan and contract, and nothing that shares one of them', () => {
  const of = (plan: string, contract: string, price = 'p') =>
    line(plan + contract + price, 3, '10', { plan, contract, price });
  const lines = [of('gold', 'k1'), of('gold', 'k2'), of('tin', 'k1'), of('', ''), of('gold', 'k1', 'q')];
  const owed = (scope: SpendBound['scope']) =>
    boundRows(lines, [bound({ scope, minimum: '100', maximum: '100' })], parents, closed).map((row) =>
      formatAmount(row.amount),
    );
  expect(owed({ kind: 'plan', plan: 'gold', contract: 'k1' })).toEqual(['80']);
  expect(owed({ kind: 'contract', contract: 'k1' })).toEqual(['70']);
  expect(owed({ kind: 'price', price: 'p', plan: 'gold', contract: 'k1' })).toEqual(['90']);
  expect(owed({ kind: 'subtree' })).toEqual(['50']);
});

test('of one price the bound of the deeper account comes first, and its row counts in the other', () => {
  const scope = { kind: 'price', price: 'p', plan: '', contract: '' } as const;
  const bounds = [
    bound({ id: 'all', scope, minimum: '100' }),
    bound({ id: 'below', account: 2, scope, maximum: '30' }),
  ];
  const lines = [line('a', 4, '50'), line('b', 3, '40'), line('c', 3, '999', { price: 'q' })];
  expect(told(boundRows(lines, bounds, parents, closed))).toEqual([
    ['below', 2, 'cap', '-20'],
    ['all', 1, 'minimum', '30'],
  ]);
});

test('contradictions and duplicates are told, with path and what would be right', () => {
  const faults = checkBounds([
    bound({ minimum: '10', maximum: '9' }),
    bound({ id: 'c', account: 2 }),
    bound({ id: 'd', minimum: '1', maximum: '2', prorate: { minimum: false, maximum: true } }),
  ]);
  expect(faults.map(({ path }) => path)).toEqual(['bounds[0].maximum', 'bounds[1]', 'bounds[2].prorate.maximum', 'bounds[2]']); // prettier-ignore
});

const cents = fc
  .integer({ min: 0, max: 10 ** 7 })
  .map((n) => `${Math.floor(n / 100)}.${String(n % 100).padStart(2, '0')}`);
const worlds = fc.record({
  lines: fc.array(fc.record({ account: fc.constantFrom(1, 2, 3, 4, 5), list: cents, percent: fc.nat(100) }), { maxLength: 12 }),
  bounds: fc.uniqueArray(
    fc.record({ account: fc.constantFrom(1, 2, 3, 4, 5), low: cents, high: cents, basis: fc.constantFrom('net' as const, 'list' as const), days: fc.integer({ min: 1, max: 31 }) }),
    { maxLength: 5, selector: ({ account }) => account },
  ),
}); // prettier-ignore

test('TREE: with the rows of bounds each node still is its children and its own rows, and lies between minimum and maximum', () => {
  fc.assert(
    fc.property(worlds, ({ lines, bounds }) => {
      const spend = lines.map(({ account, list, percent }, i) =>
        line(`l${i}`, account, list, { net: (parseAmount(list)! * BigInt(100 - percent)) / 100n }),
      );
      const made = bounds.map(({ account, low, high, basis }) => {
        const [minimum, maximum] = parseAmount(low)! <= parseAmount(high)! ? [low, high] : [high, low];
        return bound({ id: `b${account}`, account, minimum, maximum, minimumBasis: basis });
      });
      const share = (one: SpendBound) =>
        ratio(BigInt(bounds.find(({ account }) => account === one.account)!.days), 31n);
      const rows = boundRows(spend, made, parents, { closed: true, shareOf: share });
      const own = (account: number) =>
        [...spend.filter((one) => one.account === account).map(({ net }) => net), ...rows.filter((row) => row.account === account).map(({ amount }) => amount)].reduce((a, b) => a + b, 0n); // prettier-ignore
      const node = (account: number): bigint =>
        [...parents]
          .filter(([, parent]) => parent === account)
          .reduce((sum, [child]) => sum + node(child), own(account));
      for (const one of made) {
        const balance = node(one.account);
        expect(balance).toBeLessThanOrEqual(parseAmount(one.maximum!)!);
        const days = share(one);
        const minimum = parseAmount(one.minimum!)! * days.numerator;
        if (one.minimumBasis === 'net') expect((balance + 1n) * days.denominator).toBeGreaterThanOrEqual(minimum);
      }
      const all = [...spend.map(({ net }) => net), ...rows.map(({ amount }) => amount)].reduce((a, b) => a + b, 0n);
      expect(node(1)).toBe(all);
      // What was booked while the period was open, and the differences later, are the rows of the close.
      const open = boundRows(spend.slice(0, 5), made, parents, { closed: false });
      const sum = (list: readonly NodeRow[]) => list.reduce((a, { amount }) => a + amount, 0n);
      expect(sum(open) + sum(differenceRows(open, rows))).toBe(sum(rows));
    }),
    { numRuns: 300 },
  );
});

test('an account tree that goes in a circle is refused', () => {
  expect(() => isWithin(7, 1, new Map([[7, 8], [8, 7]]))).toThrow(/circle/); // prettier-ignore
});

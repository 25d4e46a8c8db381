import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { ledgerAmount, ledgerIncrement, rateDate, revisionRows, type Conversion, type LedgerRow } from './ledger.ts';
import {
  checkRates,
  findRate,
  rateTable,
  type FoundRate,
  type MissingRate,
  type RatePoint,
  type RatePolicy,
} from './rates.ts';

const point = (base: string, quote: string, date: string, rate: string, revision = 0): RatePoint => ({
  id: `${base}${quote}-${date}-${revision}`, base, quote, date, rate, source: 'ECB', revision,
}); // prettier-ignore
const policy: RatePolicy = { fallbackDaysMax: 3, inverse: true, via: ['EUR'] };
const conversion: Conversion = { base: 'USD', quote: 'CHF', rateBy: 'day', timeZone: 'Europe/Berlin', policy };
const find = (points: RatePoint[], base: string, quote: string, date: string, rules = policy) =>
  findRate(rateTable(points), base, quote, date, rules);

describe('README', () => {
  test('100.00 USD in CHF through EUR: both legs exact, rounded once, both ids kept', () => {
    const points = [point('EUR', 'USD', '2026-11-20', '1.0837'), point('EUR', 'CHF', '2026-11-20', '0.9412')];
    const row = ledgerIncrement('2026-11-20', 0n, parseAmount('100')!, rateTable(points), conversion) as LedgerRow;
    // 100 × (1 / 1.0837) × 0.9412 = 86.850604410814…
    expect(formatAmount(row.ledgerAmount)).toBe('86.850604410815');
    expect(row).toMatchObject({ rateIds: ['EURUSD-2026-11-20-0', 'EURCHF-2026-11-20-0'], provisional: false });
  });

  test('Sunday takes the rate of Friday, marked provisional; four days are too far and it says what is missing', () => {
    const points = [point('USD', 'CHF', '2026-11-20', '0.88')];
    expect(find(points, 'USD', 'CHF', '2026-11-22')).toMatchObject({ daysBack: 2, date: '2026-11-20', way: 'direct' });
    expect(find(points, 'USD', 'CHF', '2026-11-24')).toEqual({
      missing: true, base: 'USD', quote: 'CHF', date: '2026-11-24', oldestDateTried: '2026-11-21',
      wanted: ['USD/CHF', 'USD/EUR and EUR/CHF'],
    }); // prettier-ignore
  });
});

test('the nearest day comes first, then the nearest way; an inverse serves only where it is allowed', () => {
  const points = [
    point('USD', 'CHF', '2026-11-19', '0.8'),
    point('CHF', 'USD', '2026-11-20', '1.25'),
    point('EUR', 'CHF', '2026-11-21', '0.94'),
    point('USD', 'EUR', '2026-11-21', '0.9'),
  ];
  const way = (date: string, rules: RatePolicy) => (find(points, 'USD', 'CHF', date, rules) as FoundRate).way;
  expect(way('2026-11-19', policy)).toBe('direct');
  expect(way('2026-11-20', policy)).toBe('inverse');
  expect(way('2026-11-20', { ...policy, inverse: false })).toBe('direct');
  expect(way('2026-11-21', policy)).toBe('triangulated');
  expect(way('2026-11-21', { ...policy, via: [] })).toBe('inverse');
  expect(find([], 'USD', 'EUR', '2026-11-21', { ...policy, via: ['EUR', 'GBP'] })).toMatchObject({
    wanted: ['USD/EUR', 'USD/GBP and GBP/EUR'],
  });
  expect(find([], 'EUR', 'EUR', '2026-11-21')).toMatchObject({ way: 'same', ids: [] });
});

test('one rate a period is that of its first day in the account zone', () => {
  const period = { startMs: Date.parse('2026-10-31T23:00:00Z'), endMs: Date.parse('2026-11-30T23:00:00Z') };
  const last = period.endMs - 1;
  expect(rateDate(conversion, last, period)).toBe('2026-11-30');
  expect(rateDate({ ...conversion, rateBy: 'period' }, last, period)).toBe('2026-11-01');
  expect(rateDate(conversion, period.startMs, period)).toBe('2026-11-01');
  expect(() => rateDate(conversion, period.endMs, period)).toThrow(RangeError);
});

test('faults of rates are told together', () => {
  const points = [point('USD', 'USD', '2026-02-30', '0'), point('XXX', 'EUR', '2026-1-1', '1e3'), point('EUR', 'USD', '2026-01-01', '1'), { ...point('EUR', 'USD', '2026-01-01', '2'), id: 'EURUSD-2026-01-01-0' }]; // prettier-ignore
  expect(checkRates(points, { ...policy, fallbackDaysMax: 99, via: ['???'] }).map(({ path }) => path)).toEqual([
    'points[3].id', 'points[0].quote', 'points[0].rate', 'points[0].date', 'points[1].base', 'points[1].rate',
    'points[1].date', 'points[3]', 'policy.fallbackDaysMax', 'policy.via[0]',
  ]); // prettier-ignore
});

const Exact = Decimal.clone({ precision: 200, toExpNeg: -100, toExpPos: 100, rounding: Decimal.ROUND_HALF_EVEN });
const dates = ['2026-11-01', '2026-11-02', '2026-11-03', '2026-11-04'];
const rates = fc.integer({ min: 1, max: 10 ** 8 }).map((n) => new Exact(n).div(10 ** 5).toFixed());
const tables = fc.record({ usd: fc.array(rates, { minLength: 4, maxLength: 4 }), chf: fc.array(rates, { minLength: 4, maxLength: 4 }) }); // prettier-ignore
const pointsOf = ({ usd, chf }: { usd: string[]; chf: string[] }, revision = 0): RatePoint[] =>
  dates.flatMap((date, i) => [
    point('EUR', 'USD', date, usd[i]!, revision),
    point('EUR', 'CHF', date, chf[i]!, revision),
  ]);
const amounts = fc.array(fc.tuple(fc.nat(3), fc.bigInt({ min: -(10n ** 16n), max: 10n ** 18n })), { maxLength: 20 });

test('FX: rows add up to the conversion of the charge of each date, before and after a revision; decimal.js finds the same', () => {
  fc.assert(
    fc.property(tables, tables, amounts, fc.subarray([0, 1, 2, 3]), (first, second, increments, revised) => {
      const points = pointsOf(first);
      const later = [...points, ...pointsOf(second, 1).filter(({ date }) => revised.includes(dates.indexOf(date)))];
      const table = rateTable(points);
      const charges = new Map<string, bigint>();
      let sum = 0n;
      for (const [index, increment] of increments) {
        const before = charges.get(dates[index]!) ?? 0n;
        charges.set(dates[index]!, before + increment);
        const row = ledgerIncrement(dates[index]!, before, before + increment, table, conversion) as LedgerRow;
        expect(row.amount).toBe(increment);
        sum += row.ledgerAmount;
      }
      expect(ledgerAmount(charges, table, conversion)).toBe(sum);
      const slow = (values: { usd: string[]; chf: string[] }[]) =>
        [...charges].reduce((total, [date, charge]) => {
          const index = dates.indexOf(date);
          const { usd, chf } = values[index]!;
          const pico = new Exact(charge.toString()).mul(chf[index]!).div(usd[index]!);
          return total + BigInt(pico.toDecimalPlaces(0).toFixed());
        }, 0n);
      expect(sum).toBe(slow([first, first, first, first]));
      const differences = revisionRows(charges, table, rateTable(later.toReversed()), conversion) as LedgerRow[];
      const total = differences.reduce((all, row) => all + row.ledgerAmount, sum);
      expect(total).toBe(ledgerAmount(charges, rateTable(later), conversion));
      expect(total).toBe(slow(dates.map((_, index) => (revised.includes(index) ? second : first))));
      expect(differences.every((row) => row.amount === 0n && row.reason === 'rateRevised')).toBe(true);
    }),
  );
});

test('a charge whose rate was missing is booked whole when it is found', () => {
  const table = rateTable([point('USD', 'CHF', '2026-11-20', '0.88')]);
  const charges = new Map([['2026-11-20', parseAmount('10')!]]);
  const rows = revisionRows(charges, rateTable([]), table, conversion) as LedgerRow[];
  expect(rows.map(({ reason, amount, ledgerAmount: of }) => [reason, amount, formatAmount(of)])).toEqual([
    ['rateFound', 0n, '8.8'],
  ]);
});

test('a revision that takes a rate away is told and changes nothing', () => {
  const before = rateTable([point('USD', 'CHF', '2026-11-20', '0.88')]);
  const rows = revisionRows(new Map([['2026-11-20', 5n]]), before, rateTable([]), conversion);
  expect(rows.map((row) => (row as MissingRate).missing)).toEqual([true]);
});

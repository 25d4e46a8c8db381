import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compare, ratio, writeDecimal, zero } from '#core/money/rational.ts';
import { exact } from '../fees/exact.ts';
import { debitMoney, spendable, type MoneyBalance } from './moneyBalances.ts';
import {
  checkRating,
  draw,
  refundIncrements,
  type Draw,
  type Rating,
  type UsageBalance,
  type Wallet,
} from './wallet.ts';

const money = (id: string, units: string, factor = '1', lowest: string | null = '0'): MoneyBalance => ({
  id, units: exact(units), factor: exact(factor), lowest: lowest === null ? null : exact(lowest),
}); // prettier-ignore
const rating = (rate: string, more: Partial<Rating> = {}): Rating => ({
  connectFee: '0',
  rate,
  per: '1',
  increment: '1',
  ...more,
});
const usage = (left: string, rate: Rating, lowest: string | null = '0'): UsageBalance => ({
  id: 'u', left: exact(left), lowest: lowest === null ? null : exact(lowest), rating: rate,
}); // prettier-ignore
function told(wallet: Wallet, draws: Draw) {
  const drawn = draw(wallet, draws);
  if (!drawn.enough) return drawn.reason;
  const text = { granted: drawn.granted, cost: drawn.cost, owed: drawn.owed };
  return {
    ...Object.fromEntries(Object.entries(text).map(([key, value]) => [key, writeDecimal(value, 12)])),
    usage: drawn.wallet.usage.map(({ left }) => writeDecimal(left, 12)),
    money: drawn.wallet.money.map(({ units }) => writeDecimal(units, 12)),
  };
}

describe('what peers grant, take and refuse', () => {
  const minutes = usage('40', rating('0', { connectFee: '0.01', per: '20', increment: '20' }));
  const call: Wallet = { usage: [minutes], money: [money('m', '1')], fallback: rating('0.10', { connectFee: '0.01' }) };

  test('README: 40 s included and 1.00: of 60 s 49 are granted for 0.91, the connection fee once', () => {
    expect(told(call, { request: '60', mode: 'part' })).toEqual({ granted: '49', cost: '0.91', owed: '0', usage: ['0'], money: ['0.09'] }); // prettier-ignore
    expect(told(call, { request: '40', mode: 'part' })).toMatchObject({ granted: '40', cost: '0.01' });
    expect(told(call, { request: '100', mode: 'all' })).toBe('INSUFFICIENT_CREDIT');
    expect(told(call, { request: '60', mode: 'part', rateMax: { rate: '1', per: '60' } })).toMatchObject({
      granted: '40',
    });
  });

  const fee = rating('0.1');
  test.each([
    ['60', '0', ['10'], '30', rating('0'), ['30', '30', ['10']]],
    ['60', '0', ['10'], '10', fee, ['10', '50', ['9']]],
    ['60', null, ['10'], '70', fee, ['70', '-10', ['3']]],
    ['60', '30', ['10'], '70', fee, ['30', '30', ['7']]],
    ['60', '0', ['5'], '55', fee, ['50', '10', ['0']]],
    ['60', '0', ['5', '5'], '55', fee, ['55', '5', ['0', '4.5']]],
    ['60', null, ['5', '5'], '70', fee, ['70', '-10', ['0', '3']]],
  ] as const)('included %s down to %s with money %s, asked for %s', (left, lowest, purse, request, rate, expected) => {
    const wallet = { usage: [usage(left, rate, lowest)], money: purse.map((units, i) => money(`m${i}`, units)) };
    const got = told(wallet, { request, mode: 'part' });
    expect(got).toMatchObject({ granted: expected[0], usage: [expected[1]], money: expected[2] });
  });

  test('money balances in order, with units of their own and below zero as far as each may fall', () => {
    const two = [money('a', '500', '100', '-200'), money('b', '1.25', '1', '-1')];
    expect(debitMoney(two, exact('9'), 'all')!.balances.map(({ units }) => writeDecimal(units))).toEqual([
      '-200',
      '-0.75',
    ]);
    expect(debitMoney(two, exact('600000000000'), 'all')).toBeUndefined();
    expect(writeDecimal(spendable(two)!)).toBe('9.25');
    expect(spendable([money('c', '0', '1', null)])).toBeUndefined();
  });

  test('sessions, postpaid debt, rounding, the most that a call costs, usage that earns, what is exact and what is started', () => {
    const session: Wallet = { usage: [], money: [money('m', '10000')], fallback: rating('1', { connectFee: '1' }) };
    expect(told(session, { request: '10800', mode: 'part' })).toMatchObject({ granted: '9999' });
    const eight: Wallet = { usage: [], money: [money('m', '5')], fallback: rating('1') };
    expect(told(eight, { request: '8', mode: 'owe' })).toMatchObject({
      granted: '8',
      cost: '8',
      owed: '3',
      money: ['0'],
    });
    const rounded = rating('0.05', { per: '60', connectFee: '0.15', round: { decimals: 2, mode: 'up' } });
    expect(told({ usage: [], money: [money('m', '1')], fallback: rounded }, { request: '24', mode: 'all' })).toMatchObject({ cost: '0.17', money: ['0.83'] }); // prettier-ignore
    const capped: Wallet = { usage: [], money: [money('m', '10')], fallback: rating('1', { maximum: '10' }) };
    expect(told(capped, { request: '1800', mode: 'all' })).toMatchObject({ granted: '1800', cost: '10' });
    const earns: Wallet = { usage: [usage('40', rating('1'))], money: [money('m', '1')], fallback: rating('-1') };
    expect(told(earns, { request: '30', mode: 'all' })).toMatchObject({ usage: ['39'], money: ['29'], cost: '-28' });
    const parts: Wallet = {
      usage: [usage('30', rating('0')), usage('15', rating('0.01'))],
      money: [money('m', '100')],
    };
    expect(told(parts, { request: '44.8251', mode: 'all' })).toMatchObject({
      usage: ['0', '0.1749'],
      money: ['99.85'],
    });
    expect(told({ usage: [usage('29', rating('0'))], money: [] }, { request: '30', mode: 'all' })).toBe(
      'INSUFFICIENT_CREDIT',
    );
    const thousand: Wallet = { usage: [], money: [money('a', '500'), money('b', '500')], fallback: rating('1') };
    expect(told(thousand, { request: '900', mode: 'part' })).toMatchObject({ money: ['0', '100'] });
    expect(told(thousand, { request: '1100', mode: 'part' })).toMatchObject({ granted: '1000', money: ['0', '0'] });
  });

  test('a rating that cannot be charged by, and a request below 0, are refused', () => {
    const bad = {
      ...rating('1', { per: '0', increment: '-1' }),
      rate: 'x',
      maximum: '-1',
      round: { decimals: 13, mode: 'up' },
    };
    expect(checkRating(bad).map(({ path }) => path)).toEqual(['rate', 'per', 'increment', 'maximum', 'round.decimals']);
    expect(() => draw({ ...call, fallback: rating('1', { increment: '0' }) }, { request: '1', mode: 'all' })).toThrow(
      /increment is 0/,
    );
    expect(() => draw(call, { request: '-1', mode: 'all' })).toThrow(RangeError);
  });

  test('increments go back to the balances that they came from', () => {
    const wallet: Wallet = { usage: [{ ...minutes, id: 'a', left: ratio(10n) }, { ...minutes, id: 'b', left: ratio(10n) }], money: [money('m', '100')] }; // prettier-ignore
    const back = refundIncrements(wallet, [{ money: '2' }, { money: '2', usage: { id: 'a', quantity: '3' } }, { usage: { id: 'b', quantity: '4' } }]); // prettier-ignore
    expect([...back.money.map(({ units }) => units), ...back.usage.map(({ left }) => left)].map((value) => writeDecimal(value))).toEqual(['104', '13', '14']); // prettier-ignore
    expect(() => refundIncrements(wallet, [{ usage: { id: 'x', quantity: '1' } }])).toThrow(/no balance x/);
  });
});

test('what is granted can be paid and one increment more could not; money taken = cost − owed; nothing falls below its limit', () => {
  const cents = fc.nat(500).map((n) => `${Math.floor(n / 100)}.${String(n % 100).padStart(2, '0')}`);
  const ratings = fc.record({ rate: cents, connectFee: cents, increment: fc.constantFrom('1', '6', '60', '0.5') })
    .map(({ rate, ...more }) => rating(rate, more)); // prettier-ignore
  const mode = fc.constantFrom('part' as const, 'owe' as const, 'all' as const);
  fc.assert(
    fc.property(
      fc.array(cents, { maxLength: 3 }),
      cents,
      ratings,
      ratings,
      fc.nat(300).map(String),
      mode,
      (purse, left, first, last, request, how) => {
        const wallet: Wallet = {
          usage: [usage(left, first)],
          money: purse.map((units, i) => money(`m${i}`, units)),
          fallback: last,
        };
        const drawn = draw(wallet, { request, mode: how });
        const sum = (list: readonly MoneyBalance[]) =>
          list.reduce((total, { units }) => total + Number(writeDecimal(units)), 0);
        if (!drawn.enough) {
          expect(how).toBe('all');
          return;
        }
        const taken = sum(wallet.money) - sum(drawn.wallet.money);
        expect(taken).toBeCloseTo(Number(writeDecimal(drawn.cost)) - Number(writeDecimal(drawn.owed)), 9);
        for (const { units } of drawn.wallet.money) expect(compare(units, zero)).toBeGreaterThanOrEqual(0);
        for (const one of drawn.wallet.usage) expect(compare(one.left, zero)).toBeGreaterThanOrEqual(0);
        if (how === 'part') expect(drawn.owed).toEqual(zero);
        const isWhole = compare(drawn.granted, exact(request)) === 0;
        if (how !== 'part') expect(isWhole).toBe(true);
        // Nothing more can be had at once: drawn again, the rest pays at most for its connection.
        if (how === 'part' && !isWhole && last.connectFee === '0.00') {
          const rest = writeDecimal(ratio(exact(request).numerator * drawn.granted.denominator - drawn.granted.numerator, drawn.granted.denominator)); // prettier-ignore
          const again = draw({ ...drawn.wallet, usage: [] }, { request: rest, mode: 'part' });
          expect(again.enough && compare(again.granted, zero)).toBe(0);
        }
      },
    ),
  );
});

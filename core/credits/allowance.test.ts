import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { allowances, checkAllowance, type AllowanceRule } from './allowance.ts';
import { checkEntitlements, entitled, type Entitlement } from './entitlements.ts';
import type { PricingUnitRecord } from '../messages/pricingUnit.ts';
import { worthOf } from './worth.ts';
import { checkPricingUnit, keepsValue, topUp, unitsAsMoney } from './units.ts';

const pico = (text: string): bigint => parseAmount(text)!;
const rule = (more: Partial<AllowanceRule> = {}): AllowanceRule => ({
  perPeriod: '100',
  carryMaximum: null,
  carryPeriods: null,
  ...more,
});
const totals = (of: AllowanceRule, ...used: string[]) =>
  allowances(of, used.map(pico)).map(({ total }) => formatAmount(total));

describe('allowances', () => {
  test('README: 100 a month, up to 50 carried for one month: used 30, 120, 0 gives 100, 150, 130, 150', () => {
    expect(totals(rule({ carryMaximum: '50', carryPeriods: 1 }), '30', '120', '0')).toEqual([
      '100',
      '150',
      '130',
      '150',
    ]);
  });

  test('without a cap all is carried, with "0" nothing; what was carried longest is used first and lapses first', () => {
    expect(totals(rule(), '0', '0', '250')).toEqual(['100', '200', '300', '150']);
    expect(totals(rule({ carryMaximum: '0' }), '0', '50')).toEqual(['100', '100', '100']);
    expect(totals(rule({ carryPeriods: 2 }), '0', '50', '0', '0')).toEqual(['100', '200', '250', '300', '300']);
  });

  test('late usage of a closed period changes what was carried from it on, as if it had come in time', () => {
    expect(totals(rule({ carryMaximum: '50' }), '60', '100')).toEqual(['100', '140', '140']);
    expect(totals(rule({ carryMaximum: '50' }), '80', '100')).toEqual(['100', '120', '120']);
  });

  test('CONSERVE: given = used within + carried + lapsed, as a count of single units says', () => {
    const rules = fc.record({
      perPeriod: fc.nat(9),
      cap: fc.option(fc.nat(12)),
      periods: fc.option(fc.integer({ min: 1, max: 3 })),
    });
    fc.assert(
      fc.property(rules, fc.array(fc.nat(15), { maxLength: 8 }), ({ perPeriod, cap, periods }, used) => {
        const one = rule({
          perPeriod: String(perPeriod),
          carryMaximum: cap === null ? null : String(cap),
          carryPeriods: periods,
        });
        let units: number[] = [];
        const slow = [...used, 0].map((quantity, now) => {
          units = units.filter((from) => periods === null || now - from <= periods);
          if (cap !== null) units = units.slice(Math.max(0, units.length - cap));
          units.push(...Array.from({ length: perPeriod }, () => now));
          const total = units.length;
          units = units.slice(quantity);
          return String(total);
        });
        expect(totals(one, ...used.map(String))).toEqual(slow);
      }),
    );
  });

  test('faults', () => {
    expect(checkAllowance(rule({ perPeriod: 'x', carryMaximum: '-1', carryPeriods: 0 }))).toHaveLength(3);
    expect(() => allowances(rule(), [-1n])).toThrow(RangeError);
  });
});

describe('pricing units', () => {
  const points = [{ fromMs: 10, amount: '0.002' }, { fromMs: 20, amount: '0.003' }]; // prettier-ignore
  const tokens: PricingUnitRecord = { id: 'TOKENS', name: 'Tokens', decimals: 0, value: { currency: 'EUR', points } };

  test('README: 1,500 tokens are 3.00 EUR before the 20th and 4.50 from then on', () => {
    const worth = (atMs: number) => unitsAsMoney(tokens.value, pico('1500'), atMs);
    expect([9, 10, 19, 20].map((at) => (worth(at) === undefined ? undefined : [formatAmount(worth(at)!.amount), worth(at)!.point]))).toEqual([undefined, ['3', points[0]], ['3', points[0]], ['4.5', points[1]]]); // prettier-ignore
    expect(unitsAsMoney(undefined, pico('1500'), 20)).toBeUndefined();
  });

  test('worth: point by point, what has none stays units, and a unit without a value is worth nothing that is known', () => {
    const parts = [[9, '7'], [10, '1500'], [19, '0.000000000001'], [25, '-0.5']] as const; // prettier-ignore
    const of = parts.map(([atMs, units]) => ({ atMs, units: pico(units) }));
    expect(worthOf(tokens, of)).toEqual({
      currency: 'EUR', amount: '2.9985', unvalued: '7',
      points: [{ fromMs: 10, perUnit: '0.002', units: '1500.000000000001', amount: '3' }, { fromMs: 20, perUnit: '0.003', units: '-0.5', amount: '-0.0015' }],
    }); // prettier-ignore
    expect(worthOf({}, of)).toEqual({ currency: null, amount: '0', points: [], unvalued: '1506.500000000001' });
  });

  test('a unit can never be a currency, and what it was worth stays', () => {
    const wrong = { id: 'USD', name: '', decimals: 13, value: { currency: 'TOKENS', points: [{ fromMs: 1, amount: '0' }, { fromMs: 1, amount: '1' }] } }; // prettier-ignore
    expect(checkPricingUnit(wrong).map(({ path }) => path)).toEqual([
      'id', 'name', 'decimals', 'value.currency', 'value.points[1].fromMs', 'value.points[0].amount',
    ]); // prettier-ignore
    const { value: _, ...silent } = tokens;
    const worth = (...given: typeof points) => ({ ...tokens, value: { currency: 'EUR', points: given } });
    expect(keepsValue(silent, tokens)).toBe(true);
    expect(keepsValue(tokens, { ...tokens, name: 'Token', decimals: 2 })).toBe(true);
    expect(keepsValue(tokens, worth(...points, { fromMs: 30, amount: '1' }))).toBe(true);
    expect(keepsValue(tokens, silent)).toBe(false);
    expect(keepsValue(tokens, worth(points[0]!))).toBe(false);
    expect(keepsValue(tokens, worth({ fromMs: 10, amount: '0.004' }, points[1]!))).toBe(false);
  });

  test('a top-up is rounded to the minor unit, however many decimals it was asked with', () => {
    expect(topUp('17.9699999999999988631316', '1', 'EUR')).toEqual({ credits: '17.97', price: '17.97' });
    expect(topUp('10', '0.333', 'EUR')).toEqual({ credits: '10', price: '3.33' });
    expect(topUp('100', '0.7', 'JPY')).toEqual({ credits: '100', price: '70' });
    expect(topUp('ten', '1', 'EUR')).toMatchObject({ path: 'credits' });
    expect(topUp('1', '0', 'EUR')).toMatchObject({ path: 'rate' });
    expect(topUp('1', '1', '???')).toMatchObject({ path: 'currency' });
  });
});

test('entitlements: a switch, a value, a hard and a soft limit', () => {
  const plan: Entitlement[] = [
    { feature: 'sso', kind: 'boolean', isOn: true },
    { feature: 'audit', kind: 'boolean', isOn: false },
    { feature: 'region', kind: 'static', value: 'eu' },
    { feature: 'hosts', kind: 'metered', limit: '10', soft: false },
    { feature: 'calls', kind: 'metered', limit: '10', soft: true },
    { feature: 'free', kind: 'metered', limit: null, soft: false },
  ];
  const asked = (feature: string, used = '0', request = '0') => entitled(plan, feature, pico(used), pico(request));
  expect([asked('sso'), asked('audit'), asked('x'), asked('free', '1000')].map(({ reason }) => reason)).toEqual([
    'granted',
    'off',
    'absent',
    'unlimited',
  ]);
  expect(asked('region').value).toBe('eu');
  expect([asked('hosts', '9', '1'), asked('hosts', '10'), asked('hosts', '9', '2'), asked('calls', '9', '2')].map(({ has, reason }) => [has, reason])).toEqual([
    [true, 'within'], [false, 'exhausted'], [false, 'exhausted'], [true, 'overage'],
  ]); // prettier-ignore
  expect(asked('calls', '9', '3')).toEqual({ has: true, reason: 'overage', left: 0n, overage: pico('2') });
  expect(checkEntitlements([...plan, { feature: 'zone', kind: 'static', value: '' }]).map(({ path }) => path)).toEqual([
    'entitlements[6].value',
  ]);
  expect(checkEntitlements([plan[3]!, { ...plan[3]!, limit: '-1' } as Entitlement])).toHaveLength(2);
});

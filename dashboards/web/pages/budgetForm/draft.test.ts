import { describe, expect, test } from 'vitest';
import { checkBudget } from '#core/budgets/check.ts';
import { budgetEntry, type BudgetRecord } from '#core/messages/budget.ts';
import type { MeterRecord } from '#core/messages/control.ts';
import { draftOf, emptyDraft, emptyThreshold, entryOf, idOf, isComplete, isSame, type Draft } from './draft.ts';
import { asTally, unitOf, unitText } from './units.ts';

const money: BudgetRecord = {
  id: 'b', account: 3, name: 'B', amount: '250', currency: 'EUR', period: 'quarter', carryOver: { maximum: '50' },
  scope: { services: ['Hosting'], components: ['A, B'], meters: ['cpu'], prices: ['k'], resources: ['h/*'], tags: { team: ['web', 'a=b'], site: ['x'] } },
  fx: [{ currency: 'USD', rate: '0.92', date: '2026-11-01' }],
  thresholds: [
    { percent: '80', action: 'notify' }, { absolute: '240', action: 'throttle', severity: 'critical' },
    { forecast: '110', action: 'notify' }, { rate: { amount: '20', hours: 24 }, action: 'block' },
  ],
  releaseAt: '90', forecast: true, targets: ['hook'], enabled: false,
}; // prettier-ignore
const { carryOver: _, forecast: _forecast, ...endless } = money;
const meter: MeterRecord = { id: 'cpu', metric: 'cpu', unit: 'us', scale: 0, aggregation: 'sum', filter: {} };
const quantity = (amount: string): BudgetRecord => ({
  id: 'q', account: 3, name: 'Q', amount, currency: '', meter: 'cpu', period: 'month', carryOver: {},
  thresholds: [{ absolute: amount, action: 'notify' }, { rate: { amount: '3600000000', hours: 1 }, action: 'notify' }], targets: [], enabled: true,
}); // prettier-ignore

describe('a budget that is opened and left as it is stays as it is', () => {
  test.each([
    ['money, with all there is', money, undefined],
    ['a quantity in its usual unit', quantity('9000000000'), meter],
    ['a quantity that hours cannot say', quantity('1000000000'), meter],
    ['the last hours', { ...endless, period: { kind: 'rolling', hours: 6 } }, undefined],
    ['an anniversary', { ...money, period: { kind: 'anniversary', anchor: 'account', interval: 'month' } }, undefined],
  ] as const)('%s', (_, record, of) => {
    const unit = unitOf(of, record);
    const entry = entryOf(draftOf(record, 'web', unit), unit, record);
    expect(entry).toEqual(budgetEntry(record, 'web'));
    expect(isSame(entry, record, 'web')).toBe(true);
    expect(isSame({ ...entry, amount: '1' }, record, 'web')).toBe(false);
  });
});

test('quantities are typed in the usual unit where it is exact, else in their own', () => {
  const exact = quantity('9000000000');
  expect([draftOf(exact, 'web', unitOf(meter, exact)).amount, unitText(unitOf(meter, exact), meter)]).toEqual([
    '2.5',
    'vCPU·h',
  ]);
  const odd = quantity('1000000000');
  expect([draftOf(odd, 'web', unitOf(meter, odd)).amount, unitText(unitOf(meter, odd), meter)]).toEqual([
    '1000000000',
    'µs',
  ]);
  expect(['2.5', '0', '1e3', '', '-1'].map((text) => asTally(text, unitOf(meter)))).toEqual([
    '9000000000', '0', '1e3', '', '-3600000000',
  ]); // prettier-ignore
});

describe('what is typed for a new one', () => {
  const typed = (change: Partial<Draft>) => entryOf({ ...emptyDraft('web', 'EUR'), name: ' Web, month ', amount: "1'250.50", ...change }, undefined); // prettier-ignore
  test('has an id of its name, and plain decimals', () => {
    expect(typed({})).toMatchObject({ id: 'web-month', name: 'Web, month', account: 'web', amount: '1250.50', period: 'month' }); // prettier-ignore
    expect(['1,250', '1 250 000.5', '2,5', '1,25'].map((amount) => typed({ amount })['amount'])).toEqual(['1250', '1250000.5', '2,5', '1,25']); // prettier-ignore
    expect(idOf('Büro & Söhne — Miete '.repeat(3))).toMatch(/^[a-z0-9-]{1,36}$/);
  });

  const { period } = emptyDraft('', '');
  test.each([
    ['month', 'month'],
    ['lifetime', 'lifetime'],
    ['rolling', { kind: 'rolling', hours: 24 }],
    ['anniversary', { kind: 'anniversary', anchor: 'account', interval: 'month' }],
    ['fiscal', { kind: 'fiscal', pattern: '4-4-5', endMonth: 12, endWeekday: 6, rule: 'last' }],
  ] as const)('a period of kind %s is one that can be published', (choice, said) => {
    const entry = typed({ period: { ...period, choice }, thresholds: [{ ...emptyThreshold, value: '80' }] });
    expect(entry['period']).toEqual(said);
    expect(checkBudget({ ...entry, account: 1 })).toEqual([]);
  });

  test('has nothing that goes on, and no forecast, where no period follows', () => {
    const entry = typed({ carries: true, forecast: true, period: { ...period, choice: 'rolling' } });
    expect(checkBudget({ ...entry, account: 1 })).toEqual([]);
  });

  test('is told as it stands where it is wrong, for the office to say so', () => {
    const wrong = typed({ amount: 'much', thresholds: [{ ...emptyThreshold, kind: 'rate', value: 'x', hours: 'y' }] });
    expect(checkBudget({ ...wrong, account: 1 }).map(({ path }) => path)).toEqual([
      'amount',
      'thresholds[0].rate.amount',
      'thresholds[0].rate.hours',
    ]);
  });

  test('is asked about when it has a name, an account, an amount and levels', () => {
    const draft = { ...emptyDraft('web', 'EUR'), name: 'B', amount: '1' };
    expect(isComplete(draft)).toBe(true);
    for (const change of [{ name: ' ' }, { account: '' }, { amount: '' }, { thresholds: [] }, { thresholds: [emptyThreshold] }])
      expect([change, isComplete({ ...draft, ...change })]).toEqual([change, false]);
  }); // prettier-ignore
});

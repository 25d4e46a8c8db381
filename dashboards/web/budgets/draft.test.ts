import { expect, test } from 'vitest';
import type { BudgetRecord } from '#core/messages/budget.ts';
import { budgetEntry } from '#core/messages/budget.ts';
import { draftOf, entryOf, idOf, newDraft } from './draft.ts';

const record: BudgetRecord = {
  id: 'b', account: 2, name: 'B', amount: '1500.5', currency: 'EUR', period: { kind: 'fiscal', pattern: '4-4-5', endMonth: 12, endWeekday: 7, rule: 'last' },
  carryOver: { maximum: '50' }, scope: { services: ['Hosting', 'Disk'], tags: { env: ['prod', 'live'], team: ['a=b'] } },
  fx: [{ currency: 'USD', rate: '0.9', date: '2026-10-01' }], releaseAt: '90', forecast: true, targets: ['hook'], enabled: false,
  thresholds: [{ percent: '80', action: 'notify' }, { absolute: '0', action: 'block', severity: 'info' }, { forecast: '110', action: 'notify' }, { rate: { amount: '5', hours: 24 }, action: 'throttle' }],
}; // prettier-ignore

test('a budget that is opened and saved says the same: what the form does not show goes on', () => {
  const text = (value: unknown): unknown => JSON.parse(JSON.stringify(value, (_, one: unknown) => (typeof one === 'number' ? String(one) : one))); // prettier-ignore
  for (const one of [
    record,
    { ...record, period: { kind: 'rolling', hours: 72 } as const, scope: { prices: ['p'] } },
    { ...record, currency: '', meter: 'cpu', period: 'lifetime' as const },
  ])
    expect(text(entryOf(draftOf(one, 'web'), one))).toEqual(text(budgetEntry(one, 'web')));
});

test('a new one reads what people type, and names itself', () => {
  const draft = { ...newDraft('web', 'EUR'), id: idOf('Render, month!'), amount: " 1'500,000.25 ", carriesOver: true };
  expect(entryOf(draft, undefined)).toEqual({
    id: 'render-month', name: 'render-month', account: 'web', currency: 'EUR', amount: '1500000.25', period: 'month', carryOver: {},
    thresholds: [{ percent: '80', action: 'notify' }, { percent: '100', action: 'throttle' }], targets: [], enabled: true,
  }); // prettier-ignore
});

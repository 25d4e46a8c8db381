import { expect, test } from 'vitest';
import type { BudgetRecord } from '../messages/budget.ts';
import { hasChangeShape } from '../reference/changeShape.ts';
import { budgetOf, Till } from '../testing/till.ts';
import { checkBudget } from './check.ts';

const wrong: readonly (readonly [Partial<Record<keyof BudgetRecord, unknown>>, string])[] = [
  [{ amount: '-1' }, 'amount'],
  [{ amount: '1e3' }, 'amount'],
  [{ currency: '' }, 'currency'],
  [{ meter: 'm' }, 'currency'],
  [{ period: 'fortnight' }, 'period'],
  [{ period: { kind: 'rolling', hours: 745 } }, 'period.hours'],
  [{ period: { kind: 'list', dates: ['2026-01-01', '2027-01-01'] } }, 'period.kind'],
  [{ period: 'lifetime', carryOver: {} }, 'carryOver'],
  [{ period: { kind: 'rolling', hours: 3 }, forecast: true }, 'forecast'],
  [{ scope: {} }, 'scope'],
  [{ scope: { services: [] } }, 'scope.services'],
  [{ scope: { tags: { env: 'prod' } } }, 'scope.tags.env'],
  [{ fx: [{ currency: 'EUR', rate: '1', date: '2026-01-01' }] }, 'fx[0].currency'],
  [{ fx: [{ currency: 'USD', rate: '0', date: '2026-02-30' }] }, 'fx[0].rate'],
  [{ thresholds: [{ action: 'notify' }] }, 'thresholds[0]'],
  [{ thresholds: [{ percent: '1', absolute: '1', action: 'notify' }] }, 'thresholds[0]'],
  [{ thresholds: [{ percent: '1', action: 'notify' }, { percent: '1', action: 'block' }] }, 'thresholds[1]'],
  [{ thresholds: [{ percent: '1', action: 'shout' }] }, 'thresholds[0].action'],
  [{ thresholds: [{ rate: { amount: '1', hours: 0 }, action: 'notify' }] }, 'thresholds[0].rate.hours'],
  [{ releaseAt: '101' }, 'releaseAt'],
  [{ colour: 'red' } as never, 'colour'],
]; // prettier-ignore

test.each(wrong)('every fault is told with its path, and both engines reject it: %j', (over, path) => {
  const { kind, ...record } = budgetOf(over as Partial<BudgetRecord>);
  expect(checkBudget(record).map((problem) => problem.path)).toContain(path);
  expect(hasChangeShape({ kind, ...record })).toBe(false);
});

test('what a sound budget must go with is asked of the tenant', () => {
  const till = new Till('2026-10-05T10:00', budgetOf());
  const refusedOf = (over: Partial<BudgetRecord>): string => {
    till.control(budgetOf(over));
    return till.refused;
  };
  expect(refusedOf({ id: 'n', account: 9 })).toBe('budget n: account 9 is not known');
  expect(refusedOf({ id: 'n', meter: 'z', currency: '' })).toBe('budget n: meter z is not known');
  expect(refusedOf({ id: 'n', meter: 'm', currency: '', amount: '0.5' })).toBe('budget n: 0.5 has more decimals than the 0 of meter m'); // prettier-ignore
  expect(refusedOf({ id: 'n', currency: 'POINTS' })).toContain('not an ISO 4217 code or a pricing unit');
  expect(refusedOf({ period: 'day' })).toBe('budget b: its account, currency, meter and period stay');
  expect(refusedOf({ id: 'n', period: { kind: 'anniversary', anchor: 'account', interval: 'month' } })).toContain('no start'); // prettier-ignore
  expect(refusedOf({ amount: '7' })).toBe('');
});

import { expect, test } from 'vitest';
import type { LiveBudget } from '#core/messages/api.ts';
import { outlookOf, spanText } from './budgetFigures.ts';

const day = 86_400_000;
const budget: LiveBudget = {
  id: 'b', account: 1, name: 'B', amount: '100', limit: '100', balance: '40', currency: 'EUR', state: 'within', thresholds: [],
  periodStartMs: 0, periodEndMs: 30 * day,
}; // prettier-ignore
const forecast = (expected: string) => ({ expected, low: expected, high: expected, atMs: 10 * day, method: 'pace' });

test('a budget lasts, or is used up on the way to what is expected, or at the pace of the last minute', () => {
  const at = (more: Partial<LiveBudget>, perHour?: string) => outlookOf({ ...budget, ...more }, 10 * day, perHour);
  expect(at({ balance: '100' })).toEqual({ kind: 'over' });
  // Half of what is to come is left: half of the time.
  expect(at({ forecast: forecast('160') })).toEqual({ kind: 'exceeds', hours: 240, by: 'forecast' });
  expect(at({ forecast: forecast('100') }, '99')).toEqual({ kind: 'within', points: 10_000 });
  expect(at({}, '6')).toEqual({ kind: 'exceeds', hours: 10, by: 'pace' });
  expect(at({}, '0.1')).toEqual({ kind: 'unknown' });
  expect(at({})).toEqual({ kind: 'unknown' });
});

test.each([[0.01, '1 min'], [0.5, '30 min'], [12.4, '12 h'], [49, '2 days'], [71.9, '2 days']])('%d hours are %s', (hours, text) => {
  expect(spanText(hours)).toBe(text);
}); // prettier-ignore

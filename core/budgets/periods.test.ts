import { expect, test } from 'vitest';
import type { BudgetRecord } from '../messages/budget.ts';
import { at, budgetOf, seedOf, Till } from '../testing/till.ts';

const carrying = budgetOf({ carryOver: { maximum: '60' } });

test('what is left goes on into the next period, at most the maximum, and with that again', () => {
  const till = new Till('2026-10-05T10:00', carrying);
  till.use(70);
  till.until('2026-11-01T00:00');
  expect(till.limit(carrying)).toBe(130n);
  expect(till.use(64)).toEqual([]);
  expect(till.use(1)).toEqual(['50 notify warned']);
  till.until('2026-12-01T00:00');
  expect(till.limit(carrying)).toBe(160n);
  // Nothing was used in December, nor looked at: January has 100 and what 160 left, at most 60.
  expect(till.until('2027-02-01T00:00')).toEqual([]);
  expect(till.limit(carrying)).toBe(160n);
});

test('late usage of the period before takes away what went on, and may cross a threshold of this one', () => {
  const till = new Till('2026-10-31T23:00', carrying);
  till.use(70);
  till.until('2026-11-01T01:00');
  expect(till.use(60)).toEqual([]);
  expect(till.use(20, { atMs: at('2026-10-31T23:30') })).toEqual(['50 notify warned']);
  expect(till.limit(carrying)).toBe(110n);
});

const kinds: readonly (readonly [BudgetRecord['period'], string, string])[] = [
  ['day', '2026-10-06T00:00', '2026-10-05'],
  ['week', '2026-10-12T00:00', 'W2026-10-05'],
  [{ kind: 'calendar', interval: 'week', weekStart: 7 }, '2026-10-11T00:00', 'W2026-10-04'],
  ['month', '2026-11-01T00:00', '2026-10'],
  ['quarter', '2027-01-01T00:00', '2026-Q4'],
  ['halfYear', '2027-01-01T00:00', '2026-H2'],
  ['year', '2027-01-01T00:00', '2026'],
  [{ kind: 'anniversary', anchor: '2026-01-31', interval: 'month' }, '2026-10-31T00:00', '2026-09-30'],
  [{ kind: 'fiscal', pattern: '4-4-5', endMonth: 12, endWeekday: 7, rule: 'last' }, '2026-10-26T00:00', 'FY2026-P10'],
];

test.each(kinds)('each kind of period ends at its time and starts anew: %j', (period, end, name) => {
  const till = new Till('2026-10-05T10:00', budgetOf({ period }));
  till.until(till.nowMs + 1000);
  if (period !== 'month') till.control(seedOf(till, 'b', []));
  expect(till.use(85)).toEqual(['50 notify warned', '80 throttle throttled']);
  expect(till.alerts[1]).toMatchObject({ id: `t:b:${name}:80:0`, periodEndMs: at(end) });
  expect(till.until(at(end) - 1)).toEqual([]);
  expect(till.until(at(end))).toEqual(['released release released period']);
  expect(till.use(50)).toEqual(['50 notify warned']);
});

test('a budget for all time never starts anew', () => {
  const till = new Till('2026-10-05T10:00', budgetOf({ period: 'lifetime' }));
  till.until(till.nowMs + 1000);
  till.use(60);
  expect(till.until('2028-10-05T10:00')).toEqual([]);
  expect(till.use(40)).toEqual(['80 throttle throttled', '100 block blocked']);
  expect(till.alerts[0]!.id).toBe('t:b:lifetime:80:0');
});

import { describe, expect, test } from 'vitest';
import type { ExploreGroup, LiveBudget } from '#core/messages/api.ts';
import type { BudgetRecord } from '#core/messages/budget.ts';
import { burnOf, filterOf, stepOf } from './burn.ts';
import { levelOf } from './levels.ts';
import { spread, ticksOf } from './scales.ts';

const at = (day: number, hour = 0) => Date.UTC(2026, 10, day, hour);
const budget: LiveBudget = {
  id: 'b', account: 7, name: 'B', amount: '100', limit: '100', balance: '12', currency: 'EUR', state: 'within', thresholds: [],
  periodStartMs: at(1), periodEndMs: at(31),
}; // prettier-ignore
const group = (key: string, amount: string): ExploreGroup => ({
  key: [key],
  amount,
  quantity: '',
  unit: '',
  samples: 1,
});
const clock = { timeZone: 'UTC', nowMs: at(5, 6) };

describe('the burn line', () => {
  test('goes from day to day, stays where nothing was spent, and ends at what the rater has', () => {
    const groups = [group('2026-11-05', '3'), group('2026-11-02', '4'), group('2026-11-01', '5')];
    expect(burnOf(groups, budget, clock)).toEqual([
      { atMs: at(1), spent: '0' },
      { atMs: at(2), spent: '5' },
      { atMs: at(3), spent: '9' },
      { atMs: at(5), spent: '9' },
      { atMs: at(5, 6), spent: '12' },
    ]);
  });

  test('what was agreed on is spread over it', () => {
    const agreed: ExploreGroup = { ...group('2026-11-05', '-4'), key: ['2026-11-05', 'agreement'] };
    const groups = [group('2026-11-01', '8'), group('2026-11-04', '8'), agreed];
    expect(burnOf(groups, budget, clock).map(({ spent }) => spent)).toEqual(['0', '6', '6', '12', '12']);
  });

  test('after a reset what went before does not count', () => {
    const groups = [group('2026-11-01', '30'), group('2026-11-04', '12')];
    expect(burnOf(groups, budget, clock).map(({ spent }) => spent)).toEqual(['0', '0', '0', '12', '12']);
  });
});

test('what a budget counts is one question to the store where its scope allows it', () => {
  const record = (scope: BudgetRecord['scope']): BudgetRecord => ({
    id: 'b', account: 7, name: 'B', amount: '100', currency: 'EUR', period: 'month', thresholds: [], targets: [], enabled: true, ...(scope && { scope }),
  }); // prettier-ignore
  const whole = { from: at(1), to: at(31), account: '7' };
  expect(filterOf(budget, record(undefined))).toEqual(whole);
  expect(filterOf(budget, record({ services: ['Compute'] }))).toEqual({ ...whole, service: 'Compute' });
  for (const scope of [{ services: ['a', 'b'] }, { resources: ['x/*'] }, { tags: { team: ['a'] } }])
    expect(filterOf(budget, record(scope))).toBeUndefined();
  expect([stepOf(budget), stepOf({ ...budget, periodEndMs: at(8) })]).toEqual(['day', 'hour']);
});

test('thresholds have a level where they are about what is spent', () => {
  expect(['80', 'absolute:25', 'forecast:100', 'rate:5:24h'].map((key) => levelOf(key, '50'))).toEqual([
    '40',
    '25',
    undefined,
    undefined,
  ]);
});

test('labels do not cover one another and stay inside; ticks are few', () => {
  expect(spread([{ y: 10 }, { y: 12 }, { y: 99 }], 14, 100).map(({ at: y }) => y)).toEqual([10, 24, 99]);
  expect(spread([{ y: 95 }, { y: 99 }], 14, 100).map(({ at: y }) => y)).toEqual([86, 100]);
  expect(ticksOf(at(1), at(31), 5).length).toBeLessThanOrEqual(6);
});

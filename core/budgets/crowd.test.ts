import { expect, test } from 'vitest';
import { budgetOf, Till } from '../testing/till.ts';

test('ten thousand budgets that one sample crosses are told over the commits that follow, each once', () => {
  const till = new Till('2026-10-05T10:00');
  const all = Array.from({ length: 10_000 }, (_, i) =>
    budgetOf({ id: `b${String(i).padStart(5, '0')}`, thresholds: [{ percent: '100', action: 'throttle' }] }),
  );
  for (let i = 0; i < all.length; i += 500) till.control(...all.slice(i, i + 500));
  till.control(budgetOf({ id: 'one-more' }));
  expect(till.refused).toBe('budget one-more: it is beyond 10000 budgets, which is the most');
  const told = [till.use(100)];
  expect(till.alerts[0]!.cause).toMatchObject({ producer: 'p', seq: 1 });
  // An input that crosses nothing, another owner, and time.
  told.push(till.use(0));
  expect(till.alerts.at(-1)!.cause).toMatchObject({ producer: 'p', seq: 1 });
  till.takeOver('snapshot');
  told.push(till.use(0));
  expect(told.map((alerts) => alerts.length)).toEqual([500, 500, 500]);
  till.until(till.nowMs + 1000);
  expect(till.state.totals.alerts).toBe(10_000);
  expect(till.state.budgetsWaiting).toEqual([]);
  expect(all.every(({ id }) => till.state.tenants.get('t')!.budgetStates.get(id)!.state === 'throttled')).toBe(true);
}, 60_000);

import { expect, test } from 'vitest';
import { at, budgetOf, seedOf, Till } from '../testing/till.ts';

const rolling = budgetOf({ period: { kind: 'rolling', hours: 3 } });

test('a rolling window lets go as its hours pass, and crosses anew', () => {
  const till = new Till('2026-10-05T10:30', rolling);
  till.until(till.nowMs + 1000);
  till.control(seedOf(till, 'b', []));
  expect(till.use(90)).toEqual(['50 notify warned', '80 throttle throttled']);
  expect(till.until('2026-10-05T12:59')).toEqual([]);
  expect(till.until('2026-10-05T13:00')).toEqual(['released release released fell']);
  expect(till.use(60)).toEqual(['50 notify warned']);
});

test('with a percent to let go at, it holds until the figure is below that part of the level', () => {
  const till = new Till('2026-10-05T10:30', { ...rolling, releaseAt: '50' });
  till.until(till.nowMs + 1000);
  till.control(seedOf(till, 'b', []));
  till.use(30);
  till.until('2026-10-05T11:30');
  expect(till.use(50)).toEqual(['50 notify warned', '80 throttle throttled']);
  // 50 of 80 is above its half.
  expect(till.until('2026-10-05T13:59')).toEqual([]);
  expect(till.until('2026-10-05T14:00')).toEqual(['released release released fell']);
});

test('a credit that lowers what was spent lets go where the budget says from where on, else not', () => {
  const till = new Till('2026-10-05T10:00', budgetOf(), budgetOf({ id: 'h', releaseAt: '90' }));
  expect(till.use(105)).toHaveLength(6);
  const refund = (amount: string, id: number) =>
    till.control({
      kind: 'fee', id, key: `f${id}`, version: 1, service: 's', component: 'credit', currency: 'EUR', account: 2, calendar: { kind: 'calendar', interval: 'month' },
      terms: { kind: 'oneTime', atMs: till.nowMs, amount },
    } as never); // prettier-ignore
  expect(refund('-10', 100)).toEqual([]);
  expect(till.refused).toBe('');
  // 79 is below nine tenths of 100, and above those of 80.
  expect(refund('-16', 101)).toEqual(['released throttle throttled fell']);
  expect(refund('-10', 102)).toEqual(['released release released fell']);
  expect(till.use(20)).toEqual(['80 throttle throttled']);
});

test('a manual release lets go and goes on counting; what is crossed later acts again', () => {
  const till = new Till('2026-10-05T10:00', budgetOf());
  till.use(85);
  expect(till.control({ kind: 'budgetRelease', budget: 'b', reason: '' })).toEqual(['released release released act']);
  expect(till.use(5)).toEqual([]);
  expect(till.control({ kind: 'budgetRelease', budget: 'b', reason: '' })).toEqual([]);
  expect(till.use(15)).toEqual(['100 block blocked']);
  expect(till.control({ kind: 'budgetReset', budget: 'b', reason: '' })).toEqual(['released release released reset']);
  expect(till.use(50)).toEqual(['50 notify warned']);
  const { history } = till.state.tenants.get('t')!.budgetStates.get('b')!;
  expect(history.map(({ state, by }) => `${state} by ${by}`)).toEqual(['warned by 50', 'throttled by 80', 'released by act', 'blocked by 100', 'released by reset', 'warned by 50']); // prettier-ignore
});

test('a raise lets go of what is not crossed any more', () => {
  const till = new Till('2026-10-05T10:00', budgetOf());
  till.use(105);
  expect(till.control(budgetOf({ amount: '120' }))).toEqual(['released throttle throttled changed']);
  expect(till.control(budgetOf({ amount: '150' }))).toEqual(['released release released changed']);
  expect(till.use(15)).toEqual(['80 throttle throttled']);
});

test('a forecast that will exceed the amount is told at the hour, with the very figure that the state has', () => {
  const thresholds = [{ forecast: '100', action: 'throttle' }, { percent: '100', action: 'block' }] as const; // prettier-ignore
  const till = new Till('2026-10-01T00:00', budgetOf({ period: 'day', thresholds }));
  till.until(till.nowMs + 1000);
  till.control(seedOf(till, 'b', []));
  const told: string[] = [];
  for (let hour = 0; hour < 8; hour++) {
    told.push(...till.use(6), ...till.until(at('2026-10-01T01:00') + hour * 3_600_000));
  }
  expect(told).toEqual(['forecast:100 throttle throttled']);
  const { forecast } = till.state.tenants.get('t')!.budgetStates.get('b')!;
  expect(forecast).toMatchObject({ expected: '144', method: 'pace' });
});

test('a rate of spend is told while it lasts', () => {
  const thresholds = [{ rate: { amount: '40', hours: 2 }, action: 'throttle' }] as const;
  const till = new Till('2026-10-05T10:00', budgetOf({ thresholds }));
  till.until(till.nowMs + 1000);
  till.control(seedOf(till, 'b', []));
  expect(till.use(30)).toEqual([]);
  till.until('2026-10-05T11:30');
  expect(till.use(15)).toEqual(['rate:40:2h throttle throttled']);
  expect(till.alerts[0]).toMatchObject({ rate: '45', balance: '45', severity: 'warning' });
  expect(till.until('2026-10-05T12:00')).toEqual(['released release released fell']);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { at, budgetOf, seedOf, Till } from '../testing/till.ts';
import { seed } from '../testing/seed.ts';

test(`what a scope that lets all through counts is the balance, late and closed periods too, seed ${seed}`, () => {
  const plain = budgetOf({ account: 1 });
  const scoped = budgetOf({ id: 's', account: 1, scope: { services: ['s'] } });
  const uses = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.constantFrom('x', 'x/1', 'y'), fc.boolean()), { minLength: 1, maxLength: 12 }); // prettier-ignore
  fc.assert(
    fc.property(uses, fc.boolean(), (all, closes) => {
      const till = new Till('2026-11-01T01:00', plain, scoped);
      till.until(till.nowMs + 1000);
      till.control(seedOf(till, 's', []));
      if (closes) till.control({ kind: 'close', account: 1, untilMs: at('2026-11-01T00:00'), reason: '' });
      for (const [quantity, resource, isOld] of all)
        till.use(quantity, { resource, atMs: till.nowMs - (isOld ? 2 * 3_600_000 : 0) });
      expect(till.spent(scoped)).toBe(till.spent(plain));
    }),
    { seed, numRuns: 50 },
  );
});

test('tags, resources and components: each list must let a row through', () => {
  const budgets = {
    resource: budgetOf({ id: 'resource', scope: { resources: ['x/*'] } }),
    tag: budgetOf({ id: 'tag', scope: { tags: { env: ['prod', 'live'] } } }),
    component: budgetOf({ id: 'component', scope: { components: ['gpu'] } }),
    both: budgetOf({ id: 'both', scope: { resources: ['x/*'], components: ['cpu'] } }),
    price: budgetOf({ id: 'price', scope: { prices: ['m-price'] } }),
  };
  const till = new Till('2026-10-05T10:00', ...Object.values(budgets));
  till.until(till.nowMs + 1000);
  const tagged = (env: string) =>
    till.control({ kind: 'account', id: 2, slug: 'a2', name: '', parent: 1, type: 'project', timeZone: 'Europe/Berlin', tags: { env } }); // prettier-ignore
  till.use(1);
  tagged('prod');
  till.use(10, { resource: 'x/1' });
  till.use(20, { resource: 'x/1/2' });
  tagged('dev');
  till.use(40);
  const spent = Object.fromEntries(Object.entries(budgets).map(([name, budget]) => [name, Number(till.spent(budget))]));
  expect(spent).toEqual({ resource: 30, tag: 30, component: 0, both: 30, price: 71 });
});

test('other currencies count at the rate that the record names', () => {
  const fx = [{ currency: 'USD', rate: '0.9', date: '2026-10-01' }];
  const budget = budgetOf({ fx });
  const till = new Till('2026-10-05T10:00', budget);
  till.use(30);
  expect(till.use(100, { resource: 'y', metric: 'n' })).toEqual([
    '50 notify warned',
    '80 throttle throttled',
    '100 block blocked',
  ]);
  expect(till.alerts[0]).toMatchObject({ balance: '120', currency: 'EUR', fx });
  const unnamed = budgetOf({ id: 'u' });
  till.control(unnamed);
  expect(till.spent(unnamed)).toBe(30n);
});

test('a quantity of a meter is what its rows say, priced or not', () => {
  const budget = budgetOf({ id: 'q', currency: '', meter: 'm', amount: '1000', period: 'day' });
  const till = new Till('2026-10-05T10:00', budget);
  till.until(till.nowMs + 1000);
  till.use(400);
  expect(till.use(500, { resource: 'y' })).toEqual(['50 notify warned', '80 throttle throttled']);
  expect(till.alerts[0]).toMatchObject({ balance: '900', limit: '1000', currency: '', meter: 'm', unit: '1' });
});

test('a budget of nothing is reached by the first amount, not by nothing', () => {
  const till = new Till(
    '2026-10-05T10:00',
    budgetOf({ amount: '0', thresholds: [{ percent: '100', action: 'block' }] }),
  );
  expect(till.use(0)).toEqual([]);
  expect(till.use(1)).toEqual(['100 block blocked']);
});

test('budgets that contradict one another each say what they want', () => {
  const till = new Till('2026-10-05T10:00', budgetOf(), budgetOf({ id: 'c', account: 1, amount: '10000' }), budgetOf({ id: 'd', account: 3, amount: '50' })); // prettier-ignore
  till.use(85);
  const states = ['b', 'c', 'd'].map((id) => till.state.tenants.get('t')!.budgetStates.get(id)!.state);
  expect(states).toEqual(['throttled', 'within', 'blocked']);
});

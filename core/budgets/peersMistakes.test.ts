/** What budgets elsewhere get wrong, one test each. */
import { expect, test } from 'vitest';
import { at, budgetOf, seedOf, Till } from '../testing/till.ts';

test('an alert comes again in every period, not once for ever', () => {
  const till = new Till('2026-10-05T10:00', budgetOf());
  expect(till.use(60)).toEqual(['50 notify warned']);
  expect(till.alerts[0]!.id).toBe('t:b:2026-10:50:0');
  expect(till.until('2026-11-01T00:00')).toEqual([]);
  expect(till.use(60)).toEqual(['50 notify warned']);
  expect(till.alerts[0]!.id).toBe('t:b:2026-11:50:0');
});

test('what counts is the present period, not all that ever was', () => {
  const budget = budgetOf();
  const till = new Till('2026-10-31T20:00', budget);
  till.use(99);
  expect(till.until('2026-11-01T00:00')).toEqual(['released release released period']);
  expect(till.use(10)).toEqual([]);
  expect(till.spent(budget)).toBe(10n);
});

test('the lower of two thresholds is not skipped when one sample crosses both', () => {
  const till = new Till('2026-10-05T10:00', budgetOf());
  expect(till.use(120)).toEqual(['50 notify warned', '80 throttle throttled', '100 block blocked']);
  expect(till.alerts.map(({ balance, limit }) => `${balance} of ${limit}`)).toEqual(['120 of 100', '120 of 100', '120 of 100']); // prettier-ignore
});

test('a budget made in mid-period sees what was used before it', () => {
  const till = new Till('2026-10-05T10:00');
  till.use(70);
  // Money of the month: the balance is there.
  expect(till.control(budgetOf())).toEqual(['50 notify warned']);
  // Of a scope: counts on from here, and is told what came before.
  const scoped = budgetOf({ id: 's', scope: { components: ['cpu'] } });
  expect(till.control(scoped)).toEqual([]);
  expect(till.state.tenants.get('t')!.budgetStates.get('s')).toMatchObject({ warming: true, state: 'within' });
  till.until(till.nowMs + 1);
  expect(till.use(15)).toEqual(['80 throttle throttled']);
  expect(till.spent(scoped)).toBe(15n);
  const seed = seedOf(till, 's', [[at('2026-10-01T00:00'), 'EUR', String(70n * 10n ** 12n)]], []);
  expect(till.control(seed)).toEqual(['50 notify warned', '80 throttle throttled']);
  expect(till.spent(scoped)).toBe(85n);
  // Told again, or for another record, it changes nothing.
  expect(till.control(seed)).toEqual([]);
  expect(till.spent(scoped)).toBe(85n);
  expect(till.state.tenants.get('t')!.budgetStates.get('s')).toMatchObject({ warming: false });
});

test.each(['commits', 'snapshot'] as const)(
  'nothing fires again after a restart from %s, nor is anything lost',
  (from) => {
    const day = budgetOf({ id: 'd', period: 'day', releaseAt: '90', carryOver: {} });
    const till = new Till(
      '2026-10-05T10:00',
      budgetOf(),
      day,
      budgetOf({ id: 'r', period: { kind: 'rolling', hours: 3 } }),
    );
    till.until(till.nowMs + 1000);
    till.control(seedOf(till, 'd', []), seedOf(till, 'r', []));
    expect(till.use(85)).toHaveLength(6);
    till.takeOver(from);
    expect(till.use(1)).toEqual([]);
    till.takeOver(from);
    expect(till.use(20)).toEqual(['100 block blocked', '100 block blocked', '100 block blocked']);
    till.takeOver(from);
    expect(till.until('2026-10-05T13:00')).toEqual(['released release released fell']);
    till.takeOver(from);
    expect(till.until('2026-10-06T00:00')).toEqual(['released release released period']);
  },
);

test('a threshold that was crossed fires once, however often the balance goes up and down around it', () => {
  const till = new Till('2026-10-05T10:00', budgetOf());
  expect(till.use(55)).toEqual(['50 notify warned']);
  for (let i = 0; i < 20; i++) expect(till.use(1)).toEqual([]);
  expect(till.control(budgetOf({ name: 'another name' }))).toEqual([]);
});

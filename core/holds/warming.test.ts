/** A cap that does not know yet what was spent gives no room. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HoldOutcome } from '../messages/checks.ts';
import { formatAmount } from '../money/fixed.ts';
import { seed } from '../testing/seed.ts';
import { at, budgetOf, seedOf, Till } from '../testing/till.ts';
import { verdictOn } from './caps.ts';

const eur = (amount: number): string => formatAmount(BigInt(amount) * 10n ** 12n);
const dayMs = at('2026-10-05T00:00');
const seedWith = (till: Till, id: string, spent: number) =>
  seedOf(till, id, [[id === 'life' ? 0 : dayMs, 'EUR', String(BigInt(spent) * 10n ** 12n)]], [[at('2026-10-05T10:00'), 'EUR', String(BigInt(spent) * 10n ** 12n)]]); // prettier-ignore
const shapes = [
  budgetOf({ id: 'day', period: 'day' }),
  budgetOf({ id: 'life', period: 'lifetime' }),
  budgetOf({ id: 'hours', period: { kind: 'rolling', hours: 3 } }),
  budgetOf({ id: 'scoped', scope: { components: ['cpu'] }, period: 'day' }),
];
const hold = (key: string, amount: number) =>
  ({ tenant: 't', op: 'hold', key, account: 3, amount: eur(amount), currency: 'EUR', expiresInMs: 3_600_000 }) as const; // prettier-ignore

test('a budget that is warming refuses what it would cap, and says that it warms; told what came before, it goes by that', () => {
  const till = new Till('2026-10-05T10:00');
  till.use(90);
  till.control(...shapes);
  const [refused] = till.ask(hold('a', 1)) as HoldOutcome[];
  const cause = { kind: 'budget', account: 2, state: 'none', reason: 'warming' };
  expect(refused).toMatchObject({
    allowed: false,
    left: null,
    cap: null,
    why: shapes.map(({ id }) => ({ ...cause, id })).sort((a, b) => (a.id < b.id ? -1 : 1)),
  });
  const tenant = till.state.tenants.get('t')!;
  const asked = { account: tenant.master.accounts.get(3)!, currency: 'EUR', amount: 0n };
  expect(verdictOn(tenant, till.state.logTimeMs, asked)).toMatchObject({ allowed: false });
  // What is of no matter to it, and a month's balance, which is known from the beginning, do not wait.
  expect(till.ask({ ...hold('b', 1), account: 1 })).toMatchObject([{ allowed: true }]);
  till.control(...shapes.map(({ id }) => seedWith(till, id, 90)));
  expect(till.ask(hold('a', 1))).toMatchObject([refused]);
  expect(till.ask(hold('c', 11), hold('d', 10))).toMatchObject([
    { allowed: false, left: '10', spent: '90' },
    { allowed: true, left: '10' },
  ]);
});

test('a budget of a month that forecasts warms up for its forecast alone: its balance caps at once', () => {
  const till = new Till('2026-10-05T10:00');
  till.use(90);
  till.control(budgetOf({ forecast: true }));
  expect(till.state.tenants.get('t')!.budgetStates.get('b')).toMatchObject({ warming: true });
  expect(till.ask(hold('a', 11), hold('b', 10))).toMatchObject([{ allowed: false, left: '10' }, { allowed: true }]);
});

test('a budget that warms up anew, for it counts otherwise, gives no room either, and one that only notifies does not ask', () => {
  const till = new Till('2026-10-05T10:00', shapes[3]!);
  till.until(till.nowMs + 1);
  till.control(seedWith(till, 'scoped', 0));
  expect(till.ask(hold('a', 1))).toMatchObject([{ allowed: true }]);
  till.control({ ...shapes[3]!, scope: { components: ['cpu', 'gpu'] } });
  expect(till.ask(hold('b', 1))).toMatchObject([{ allowed: false, why: [{ id: 'scoped', reason: 'warming' }] }]);
  till.control({ ...shapes[3]!, scope: { services: ['s'] }, thresholds: [{ percent: '100', action: 'throttle' }] });
  expect(till.ask(hold('c', 1))).toMatchObject([{ allowed: true, why: [] }]);
});

test(`CAP while warming: whenever budgets are made, told and taken over, at every grant balance + Σ holds ≤ cap, seed ${seed}`, () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ what: fc.constant('hold' as const), amount: fc.integer({ min: 1, max: 60 }) }) },
    { weight: 3, arbitrary: fc.record({ what: fc.constant('use' as const), amount: fc.integer({ min: 1, max: 30 }) }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('make' as const), which: fc.nat(shapes.length - 1), amount: fc.integer({ min: 100, max: 500 }) }) },
    { weight: 6, arbitrary: fc.record({ what: fc.constant('tell' as const), which: fc.nat(shapes.length - 1) }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('takeOver' as const), from: fc.constantFrom('commits' as const, 'snapshot' as const) }) },
  ); // prettier-ignore
  const seen = { granted: 0, warming: 0, told: 0 };
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }), (steps) => {
      const till = new Till('2026-10-05T10:00');
      /** What was ever used, and what had been by the log time at which a budget began to count. */
      const used: { readonly logMs: number; readonly amount: number }[] = [];
      const sum = (untilMs = Infinity) =>
        used.reduce((all, { logMs, amount }) => all + (logMs <= untilMs ? amount : 0), 0);
      const caps = new Map<string, number>();
      let held = 0;
      steps.forEach((one, i) => {
        till.nowMs += 1;
        const budget = 'which' in one ? shapes[one.which]! : undefined;
        const known = budget && till.state.tenants.get('t')!.budgetStates.get(budget.id);
        if (one.what === 'use') {
          till.use(one.amount);
          used.push({ logMs: till.nowMs, amount: one.amount });
        } else if (one.what === 'make') {
          till.control({ ...budget!, amount: String(one.amount) });
          caps.set(budget!.id, one.amount);
        } else if (one.what === 'tell' && known?.warming === true) {
          till.control(seedWith(till, budget!.id, sum(known.sinceMs)));
          seen.told += 1;
        } else if (one.what === 'takeOver') till.takeOver(one.from);
        else if (one.what === 'hold') {
          const [{ allowed, why }] = till.ask(hold(`k${i}`, one.amount)) as [HoldOutcome];
          if (allowed) held += one.amount;
          if (allowed) for (const [id, cap] of caps) expect(sum() + held, id).toBeLessThanOrEqual(cap);
          if (why.some(({ reason }) => reason === 'warming')) seen.warming += 1;
          else if (allowed && caps.size > 0) seen.granted += 1;
        }
      });
    }),
    { seed, numRuns: Number(process.env['METERLINE_RUNS'] ?? 200) },
  );
  for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(50);
});

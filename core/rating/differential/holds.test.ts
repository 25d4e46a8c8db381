/** Both engines decide the same about every hold, while what is spent, capped and held moves. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkNames } from '../../reference/audit/faults.ts';
import { ports } from '../../testing/differentialPorts.ts';
import { seed } from '../../testing/seed.ts';
import { creditAction } from '../testing/credits.ts';
import { soonCrossed } from '../testing/budgets.ts';
import { requestAction } from '../testing/requests.ts';
import { action, ordinary, type Action } from './actions.ts';
import { World } from './world.ts';

const price = {
  service: 's', component: 'c', meter: 'cpu.all', currency: 'EUR', account: 0, effectiveFromMs: 0, tallyScope: 'account',
  unit: { name: 'us', numerator: '1', denominator: '1' }, allowance: '0', model: { kind: 'perUnit', unitPrice: '0.01' },
}; // prettier-ignore
const first = { kind: 'prices', tenant: 't', prices: [{ key: 'p', ...price }] } as unknown as Action;

const budget = fc
  .record({
    name: fc.constantFrom('b1', 'b1', 'b2', 'b3', 'b5'),
    amount: fc.constantFrom('1', '5', '50', '100000'),
    levels: fc.uniqueArray(fc.constantFrom('33.3', '80.5', '100'), { minLength: 1 }),
    of: fc.constantFrom('percent' as const, 'percent' as const, 'absolute' as const),
    actions: fc.constantFrom(
      ['block', 'block', 'block'] as const,
      ['throttle', 'block', 'notify'] as const,
      ['block', 'notify', 'throttle'] as const,
    ),
    enabled: fc.constantFrom(true, true, true, true, false),
    carries: fc.constantFrom(undefined, {}),
  })
  .map(({ name, levels, of, actions, ...facts }): Action => ({
    kind: 'budget',
    tenant: 't',
    name,
    facts: {
      ...soonCrossed,
      ...facts,
      thresholds: levels.map((level, i) => ({ of, level, hours: 1, action: actions[i]!, severity: undefined })),
    },
  }));

const batch = fc.record({
  kind: fc.constant('batch' as const),
  tenant: fc.constant('t' as const),
  producer: fc.constant('gateway' as const),
  month: fc.constant(0),
  samples: fc.array(ordinary, { minLength: 1, maxLength: 3 }),
  harm: fc.constant(null),
});

const step = fc.oneof(
  { weight: 10, arbitrary: requestAction },
  { weight: 2, arbitrary: budget },
  { weight: 2, arbitrary: batch },
  { weight: 4, arbitrary: fc.constant({ kind: 'commit' } as const) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('time' as const), byMs: fc.constantFrom(100, 300, 1000, 61_000), ticks: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'inherit', tenants: ['t', 'u'] } as const) },
  { weight: 3, arbitrary: creditAction },
  { weight: 2, arbitrary: action },
); // prettier-ignore

test(`HOLDS: both engines decide the same about every hold, seed ${seed}`, () => {
  const seen = { granted: 0, refused: 0, byWallet: 0, priced: 0, ended: 0, inherited: 0 };
  fc.assert(
    fc.property(budget, fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }), (cap, steps) => {
      const world = new World(ports);
      for (const one of [first, cap, ...steps] as Action[]) world.act(one);
      world.act({ kind: 'restart' });
      world.auditor.finish();
      for (const name of checkNames) expect(world.faults.tell(name), name).toBe('');
      for (const what of Object.keys(seen)) seen[what as keyof typeof seen] += world.seen[what as keyof typeof seen];
    }),
    { seed, numRuns: Number(process.env['METERLINE_RUNS'] ?? 200) },
  );
  for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(0);
}, 600_000);

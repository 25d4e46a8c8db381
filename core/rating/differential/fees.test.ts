/**
 * Fees in both engines: random terms, calendars, zones and changes, published in time and late, over months of log time in steps and
 * leaps, with ticks, restarts from commits and from snapshots, and budgets that fees alone cross. Every commit is audited.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkNames } from '../../reference/audit/faults.ts';
import { ports } from '../../testing/differentialPorts.ts';
import { seed } from '../../testing/seed.ts';
import { action, type Action } from './actions.ts';
import { soonCrossed } from '../testing/budgets.ts';
import { feeAction, feesStartMs } from '../testing/fees.ts';
import { World } from './world.ts';

const runs = Number(process.env['METERLINE_RUNS'] ?? 150);
const hour = 3_600_000;

const step = fc.oneof(
  { weight: 6, arbitrary: feeAction },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('time' as const), byMs: fc.oneof(fc.integer({ min: 1, max: 72 * hour }), fc.integer({ min: 1, max: 60 * 24 * hour }), fc.constantFrom(hour, 3 * hour, 24 * hour, 300 * 24 * hour)), ticks: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'commit' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  { weight: 1, arbitrary: action.filter(({ kind }) => kind === 'budget') },
  { weight: 2, arbitrary: action.filter(({ kind }) => ['budget', 'batch', 'prices', 'badControl', 'close', 'reopen'].includes(kind)) },
); // prettier-ignore

test(`FEES: both engines agree digit for digit, seed ${seed}`, () => {
  const seen = { fees: 0, credits: 0, alerts: 0, feeSteps: 0 };
  fc.assert(
    fc.property(fc.array(step as fc.Arbitrary<Action>, { minLength: 4, maxLength: 40, size: 'max' }), (steps) => {
      const world = new World(ports, feesStartMs);
      world.act({ kind: 'budget', tenant: 't', name: 'b1', facts: soonCrossed });
      for (const one of steps) world.act(one);
      world.commit();
      world.auditor.finish();
      for (const name of checkNames) expect(world.faults.tell(name), name).toBe('');
      for (const what of Object.keys(seen) as (keyof typeof seen)[]) seen[what] += world.seen[what];
    }),
    { seed, numRuns: runs },
  );
  if (process.env['METERLINE_RUNS'] !== undefined) console.info(seen);
  for (const what of ['fees', 'credits', 'alerts'] as const) expect(seen[what], what).toBeGreaterThan(0);
}, 600_000);

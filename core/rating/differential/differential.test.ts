/**
 * The engine that rates against the one that is written to be read, over random price lists, trees, owners, budgets and
 * logs: duplicated, reordered, tampered and late batches, prices that come late, months that end, restarts by replay.
 * Every commit is audited as `meterline verify` audits it.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkNames } from '../../reference/audit/faults.ts';
import { seed } from '../../testing/seed.ts';
import { action, marketActions } from './actions.ts';
import { ports } from '../../testing/differentialPorts.ts';
import { World } from './world.ts';

const runs = Number(process.env['METERLINE_RUNS'] ?? 400);

const anything = fc.array(action, { minLength: 10, maxLength: 60, size: 'max' });

test(`DIFFERENTIAL: both engines agree digit for digit, seed ${seed}`, () => {
  const seen = {
    rated: 0,
    cutOrSharedRows: 0,
    adjustments: 0,
    repriced: 0,
    alerts: 0,
    releases: 0,
    carried: 0,
    closes: 0,
    late: 0,
    estimated: 0,
    samples: 0,
  };
  const reasons = new Set<string>();
  fc.assert(
    fc.property(fc.oneof({ weight: 3, arbitrary: anything }, { weight: 1, arbitrary: marketActions }), (steps) => {
      const world = new World(ports);
      for (const step of steps) world.act(step);
      world.commit();
      world.auditor.finish();
      for (const name of checkNames) expect(world.faults.tell(name), name).toBe('');
      for (const [what, times] of Object.entries(world.seen)) seen[what as keyof typeof seen] += times;
      for (const reason of world.reasons) reasons.add(reason);
    }),
    { seed, numRuns: runs },
  );
  if (process.env['METERLINE_RUNS'] !== undefined) console.info(seen, [...reasons].sort());
  for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(0);
  expect(reasons.size).toBeGreaterThan(10);
}, 600_000);

/** More tallies than one input charges anew: they are charged by those that follow, both engines alike, whatever happens meanwhile. */
import { expect, test } from 'vitest';
import { checkNames } from '../reference/audit/faults.ts';
import type { Action } from './differential/actions.ts';
import { ports } from '../testing/differentialPorts.ts';
import { World } from './differential/world.ts';
import { repricedPerInputMax } from './repricing.ts';

const hour = 3_600_000;
const batch = (resources: readonly number[], starts: readonly number[], durationMs: number): Action => ({
  kind: 'batch',
  tenant: 't',
  producer: 'gateway',
  month: 0,
  samples: starts.flatMap((startMs) =>
    resources.map((resource) => ({ resource: resource as 0, metric: 0, dims: -1 as const, startMs, durationMs, quantity: 4_800_000 })),
  ),
  harm: null,
}); // prettier-ignore

const price: Action = {
  kind: 'prices',
  tenant: 't',
  prices: [
    {
      key: 'k4', service: 's4', component: 'c4', meter: 'cpu.all', currency: 'EUR', account: 0, effectiveFromMs: 0, tallyScope: 'resource', period: undefined,
      unit: { name: 'u', numerator: '1', denominator: '1' }, allowance: '0', model: { kind: 'spot', series: 'short' },
      quantity: undefined,
    rollover: undefined, prorate: undefined, discountPercent: undefined, maximum: undefined, onVersion: undefined, plan: undefined, contract: undefined,
    },
  ],
}; // prettier-ignore

/** Of each five minutes of eight hours. */
const points = (value: '3' | '-1', revision: number): Action => ({
  kind: 'points',
  tenant: 't',
  series: { id: 'short', name: '', currency: 'EUR', unit: 'u', interval: '5min', timeZone: 'UTC', maxAgeMs: 900_000 },
  points: Array.from({ length: 96 }, (_, step) => ({ step: step - 48, offMs: 0, value, revision, source: 'a' })),
});

test('SPOT: what a point charges anew goes on with every input and tick, and a sample finds its tally charged', () => {
  const world = new World(ports);
  const act = (...steps: readonly Action[]) => steps.forEach((step) => world.act(step));
  const commit: Action = { kind: 'commit' };
  act(price, batch([0, 1, 2], [-4 * hour, 0], 4 * hour), commit);
  expect(world.seen.repriced).toBe(0);

  act(points('3', 1), commit);
  expect(world.seen.repriced).toBe(repricedPerInputMax);
  // The last tally in the queue has a sample: it is charged what it owes, and goes ahead.
  act(batch([2], [4 * hour - 60_000], 1000), commit);
  expect(world.seen.repriced).toBe(288);

  act(points('-1', 2));
  expect(world.state.repriced.length).toBeGreaterThan(0);
  // From the commits, and from a snapshot.
  act({ kind: 'restart' }, commit, { kind: 'restart' }, { kind: 'time', byMs: 1, ticks: true });
  expect(world.state.repriced).toEqual([]);
  const charged = world.state.tallies.reduce((sum, { charge }) => sum + charge, 0n);
  expect(charged).toBe(-7n * 4_800_000n * 10n ** 12n);
  world.auditor.finish();
  for (const name of checkNames) expect(world.faults.tell(name), name).toBe('');
}); // prettier-ignore

/**
 * The engine that rates against the one that is written to be read, over random price lists, trees, owners, budgets and
 * logs: duplicated, reordered, tampered and late batches, prices that come late, months that end, restarts by replay.
 * Every commit is audited as `meterline verify` audits it.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkNames } from '../../reference/audit/faults.ts';
import { seed } from '../../testing/seed.ts';
import {
  action,
  agreedActions,
  corrected,
  marketActions,
  paidActions,
  watched,
  yearly,
  type Action,
} from './actions.ts';
import { proratedMonths } from '../testing/proration.ts';
import { ports } from '../../testing/differentialPorts.ts';
import { World } from './world.ts';

const runs = Number(process.env['METERLINE_RUNS'] ?? 400);

const anything = fc.array(action, { minLength: 10, maxLength: 60, size: 'max' });

const seenOf = () => ({ ...new World(ports).seen });
type Seen = ReturnType<typeof seenOf>;

/** Both engines through random steps; what has happened, so that a test can tell that it has looked at what it is about. */
function compare(
  steps: fc.Arbitrary<Action[]>,
  numRuns = runs,
): {
  seen: Seen;
  reasons: ReadonlySet<string>;
  agreed: ReadonlySet<string>;
  paid: ReadonlySet<string>;
} {
  const seen = seenOf();
  const reasons = new Set<string>();
  const agreed = new Set<string>();
  const paid = new Set<string>();
  fc.assert(
    fc.property(steps, (all) => {
      const world = new World(ports);
      for (const one of all) world.act(one);
      world.commit();
      world.auditor.finish();
      for (const name of checkNames) expect(world.faults.tell(name), name).toBe('');
      for (const [what, times] of Object.entries(world.seen)) seen[what as keyof Seen] += times;
      for (const reason of world.reasons) reasons.add(reason);
      for (const reason of world.agreed) agreed.add(reason);
      for (const what of world.paid) paid.add(what);
    }),
    { seed, numRuns },
  );
  if (process.env['METERLINE_RUNS'] !== undefined)
    console.info(seen, [...reasons].sort(), [...agreed].sort(), [...paid].sort());
  return { seen, reasons, agreed, paid };
}

test(`DIFFERENTIAL: both engines agree digit for digit, seed ${seed}`, () => {
  const { seen, reasons } = compare(
    fc.oneof({ weight: 3, arbitrary: anything }, { weight: 1, arbitrary: marketActions }),
  );
  const looked = [
    'rated',
    'cutOrSharedRows',
    'adjustments',
    'repriced',
    'alerts',
    'estimated',
    'samples',
    'pooled',
    'otherPeriods',
    'inUnits',
  ] as const;
  for (const what of looked) expect(seen[what], what).toBeGreaterThan(0);
  expect(reasons.size).toBeGreaterThan(10);
}, 600_000);

test(`AGREEMENTS: both engines agree on every row above the tally, open, closed and opened again, seed ${seed}`, () => {
  const { agreed } = compare(agreedActions);
  expect([...agreed].sort()).toEqual(['cap', 'commitmentRate', 'discount', 'drawdown', 'minimum', 'overage', 'prepayment', 'trueUp']); // prettier-ignore
}, 600_000);

test(`CREDITS: both engines agree on who paid what, what came back, and what wallets say, seed ${seed}`, () => {
  const { paid } = compare(paidActions, runs / 2);
  for (const what of ['granted', 'burned', 'refunded', 'expired', 'voided', 'overage', 'low', 'empty', 'topped_up', 'top_up_requested'])
    expect([...paid].some((one) => one.replace('credit.', '') === what), what).toBe(true); // prettier-ignore
}, 600_000);

test(`CLOSES: both engines agree while periods close, open again and hand on what is left, seed ${seed}`, () => {
  const { seen } = compare(fc.array(yearly, { minLength: 30, maxLength: 80, size: 'max' }));
  for (const what of ['closes', 'late', 'carried', 'rolledOver', 'recharged', 'laterSteps', 'sharedOut'] as const)
    expect(seen[what], what).toBeGreaterThan(0);
}, 600_000);

test(`PRORATION: both engines agree while versions of a price cut the parts of one another short, seed ${seed}`, () => {
  const { seen } = compare(proratedMonths);
  for (const what of ['carried', 'recharged', 'prorated', 'rolledOver'] as const)
    expect(seen[what], what).toBeGreaterThan(0);
}, 600_000);

test(`BUDGETS: both engines look at budgets of every kind alike, seed ${seed}`, () => {
  const { seen } = compare(watched, Math.ceil(runs / 3));
  for (const what of ['alerts', 'releases', 'counted', 'warmed'] as const) expect(seen[what], what).toBeGreaterThan(0);
}, 600_000);

test(`CORRECTIONS: both engines agree while rows are voided, in part, twice and brought back, seed ${seed}`, () => {
  const { seen } = compare(corrected);
  for (const what of ['voided', 'broughtBack', 'rerated', 'rests', 'recarried', 'late', 'rebuilt', 'shadowed'] as const)
    expect(seen[what], what).toBeGreaterThan(0);
}, 600_000);

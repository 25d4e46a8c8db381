import { expect, test } from 'vitest';
import { run } from './run.ts';

const seed = Number(process.env['METERLINE_SEED'] ?? 1);
const steps = 10_000;

/** Twice as many: what takes several things together comes rarely. */
const busySteps = 2 * steps;

/** What an error of the protocol must not survive: `npm run mutants` plants some. */
test(`every invariant holds through ${steps} steps of seed ${seed}`, async () => {
  const { violation } = await run(seed, steps);
  expect(violation, `npm run sim -- --seed ${seed} --steps ${steps}`).toBeUndefined();
}, 300_000);

test(`every invariant holds while much is asked, held and corrected: ${busySteps} steps of seed ${seed}`, async () => {
  const { violation, seen } = await run(seed, busySteps, undefined, ['busy']);
  expect(violation).toBeUndefined();
  for (const what of [
    'hold',
    'hold refused',
    'commit',
    'release',
    'correctionRows',
    'close',
    'creditGrant',
    'budget.released',
  ])
    expect(seen, what).toHaveProperty([what]);
}, 300_000);

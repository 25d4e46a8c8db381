import { expect, test } from 'vitest';
import { run } from './run.ts';

const seed = Number(process.env['METERLINE_SEED'] ?? 1);
const steps = 10_000;

/** What an error of the protocol must not survive: `npm run mutants` plants seven. */
test(`every invariant holds through ${steps} steps of seed ${seed}`, async () => {
  const { violation } = await run(seed, steps);
  expect(violation, `npm run sim -- --seed ${seed} --steps ${steps}`).toBeUndefined();
}, 300_000);

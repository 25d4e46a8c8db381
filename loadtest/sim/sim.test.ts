import { describe, expect, test } from 'vitest';
import { run } from './run.ts';

/** Seeds of a run of the suite, the same each time, so that it is the same for everybody; `npm run sim` tries others. */
const seeds = Number(process.env['METERLINE_SIM_SEEDS'] ?? 60);
const first = Number(process.env['METERLINE_SEED'] ?? 1);
const steps = Number(process.env['METERLINE_SIM_STEPS'] ?? 1200);

describe('the simulator', () => {
  test(`ONCE, FENCE, CONSERVE, CAP, MARK, LIVENESS through faults: ${seeds} seeds from ${first}`, async () => {
    for (let seed = first; seed < first + seeds; seed++) {
      const { violation } = await run(seed, steps);
      expect(violation, `npm run sim -- --seed ${seed} --steps ${steps}`).toBeUndefined();
    }
  }, 300_000);

  test.each([
    [20261163, 'a month ends after a take-over that had to catch up'],
    [158155688, 'an insert lands after a take-over has made its rows void'],
    [993891754, 'a stream loses its tail while an owner reads up to its end'],
    [5105, 'a loader that was stopped wakes when another has loaded a take-over'],
    [25, 'two owners take over at once'],
    [212, 'a snapshot lies beyond a lost tail'],
  ])('seed %i: %s', async (seed) => {
    expect((await run(seed, 1200)).violation).toBeUndefined();
  });

  test('a seed gives the same run again', async () => {
    const [one, other] = [await run(77, 1500), await run(77, 1500)];
    expect(other).toEqual(one);
    expect(Object.keys(one.faults).length).toBeGreaterThan(3);
  }, 60_000);
});

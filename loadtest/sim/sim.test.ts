import { spawnSync } from 'node:child_process';
import { describe, expect, test, vi } from 'vitest';
import { programRoot } from '#deploy/instance/version.ts';
import { simCommand } from './main.ts';
import { run } from './run.ts';

/** Seeds of a run of the suite, the same each time, so that it is the same for everybody; `npm run sim` tries others. */
const seeds = Number(process.env['METERLINE_SIM_SEEDS'] ?? 2000);
const first = Number(process.env['METERLINE_SEED'] ?? 1);
const steps = Number(process.env['METERLINE_SIM_STEPS'] ?? 180);

/** The command in a process of its own. */
function sim(...args: string[]) {
  const script = `process.exitCode = await (await import('./loadtest/sim/main.ts')).simCommand(process.argv.slice(1))`;
  const options = { cwd: programRoot, encoding: 'utf8' } as const;
  return spawnSync(process.execPath, ['--input-type=module', '-e', script, '--', ...args], options);
}

describe('the simulator', () => {
  test(`every invariant holds through faults: ${seeds} seeds from ${first}`, async () => {
    let made = 0;
    for (let seed = first; seed < first + seeds; seed++) {
      const result = await run(seed, steps);
      made += result.steps;
      expect(result.violation, `npm run sim -- --seed ${seed} --steps ${steps}`).toBeUndefined();
    }
    process.stderr.write(`the simulator: every invariant held, ${seeds} seeds from ${first}, ${made} steps\n`);
  }, 900_000);

  test('a seed gives the same run in every process: the checksum of all that is stored', async () => {
    const { status, stdout } = sim('--seed', '77', '--steps', '1500', '--json');
    const { checksum, faults, steps: made } = await run(77, 1500);
    const told = JSON.parse(stdout) as Record<string, unknown>;
    expect(status).toBe(0);
    expect(told).toMatchObject({ ok: true, seed: 77, seeds: 1, steps: made, faults, violation: null });
    expect(told['runs']).toEqual([{ seed: 77, steps: made, checksum }]);
    expect(Object.keys(faults).length).toBeGreaterThan(3);
    expect((await run(78, 1500)).checksum).not.toBe(checksum);
  }, 60_000);

  test('any whole number is a seed; what is none is told', async () => {
    const ends = [await run(0, 50), await run(Number.MAX_SAFE_INTEGER, 50), await run(2 ** 32, 50)];
    expect(new Set(ends.map(({ checksum }) => checksum)).size).toBe(3);
    using told = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    for (const args of [['--seed', '-1'], ['--seed', '1.5'], ['--seed'], ['--steps', '0'], ['--sed', '1'], ['7']]) {
      expect([args, await simCommand(args)]).toEqual([args, 2]);
      expect(told).toHaveBeenLastCalledWith(expect.stringContaining('npm run sim -- --seed N'));
    }
  }, 60_000);
});

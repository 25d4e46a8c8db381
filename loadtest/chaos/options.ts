/** What `npm run chaos` was asked for. */
import { parseArgs } from 'node:util';
import { defineErrors } from '#core/errors.ts';

export const chaosError = defineErrors({
  CHAOS_ASKED_WRONGLY: {
    status: 400,
    title: 'The chaos run was asked for wrongly.',
    solve: 'Say npm run chaos -- --seconds N [--seed N] [--cluster] [--faults NAME,NAME] [--json]; --help tells more.',
  },
});

export interface ChaosOptions {
  /** Three brokers instead of one. */
  readonly cluster: boolean;
  readonly seconds: number;
  readonly seed: number;
  /** Names of the faults that may strike; all when empty. */
  readonly faults: readonly string[];
  readonly json: boolean;
  readonly help: boolean;
}

export const helpText = `npm run chaos -- [--seconds N] [--seed N] [--cluster] [--faults NAME,NAME] [--json]

Runs an instance of real processes under load from several agents, breaks it at random, and proves that nothing was lost,
counted twice, or left unsaid.

  --seconds N   how long usage goes on and faults strike (default 60); draining and counting come after
  --seed N      draws usage and faults; the same seed draws the same (default: from the clock)
  --cluster     on three brokers that replicate every stream, instead of one
  --faults A,B  only these
  --json        one document alone on standard output; progress goes to standard error in any case

Exit code 0: everything holds. 1: something does not; the directory of the instance is kept and named. 2: asked wrongly.
`;

/** Throws CHAOS_ASKED_WRONGLY. */
export function readOptions(args: readonly string[], knownOf: (isCluster: boolean) => readonly string[]): ChaosOptions {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        seconds: { type: 'string', default: '60' },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
        faults: { type: 'string', default: '' },
        cluster: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    throw chaosError('CHAOS_ASKED_WRONGLY', (error as Error).message);
  }
  const whole = (name: 'seconds' | 'seed', least: number): number => {
    const value = Number(values[name]);
    if (/^\d+$/.test(values[name]) && Number.isSafeInteger(value) && value >= least) return value;
    throw chaosError('CHAOS_ASKED_WRONGLY', `--${name} ${values[name]}: give a whole number from ${least}.`);
  };
  const known = knownOf(values.cluster);
  const faults = values.faults.split(',').filter(Boolean);
  const unknown = faults.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw chaosError('CHAOS_ASKED_WRONGLY', `--faults ${unknown.join(', ')}: known are ${known.join(', ')}.`);
  const { cluster, json, help } = values;
  return { seconds: whole('seconds', 1), seed: whole('seed', 0), cluster, faults, json, help };
}

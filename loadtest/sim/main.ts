/** `npm run sim -- --seed N [--seeds K] [--steps N] [--json]`: whether the invariants hold, whatever breaks. */
import { run, type RunResult } from './run.ts';

const defaults = { seed: 1, seeds: 1, steps: 10_000 };
type Asked = Record<keyof typeof defaults, number> & { readonly isJson: boolean };

/** 0: every invariant held. 1: one did not; seed and step are told. 2: asked wrongly. */
export async function simCommand(args: readonly string[]): Promise<number> {
  const asked = read(args);
  if (typeof asked === 'string') {
    process.stderr.write(`${asked}; say npm run sim -- --seed N [--seeds K] [--steps N] [--json]\n`);
    return 2;
  }
  const results: RunResult[] = [];
  for (let seed = asked.seed; seed < asked.seed + asked.seeds; seed++) {
    const result = await run(seed, asked.steps);
    results.push(result);
    if (!asked.isJson) process.stdout.write(lineOf(result, asked.steps));
    if (result.violation !== undefined) break;
  }
  const ok = results.every(({ violation }) => violation === undefined);
  if (asked.isJson) process.stdout.write(`${JSON.stringify({ ok, runs: results })}\n`);
  return ok ? 0 : 1;
}

function read(args: readonly string[]): Asked | string {
  const numbers = { ...defaults };
  let isJson = false;
  for (let at = 0; at < args.length; at++) {
    const name = args[at]!.replace(/^--/, '');
    if (name === 'json') isJson = true;
    else if (args[at]!.startsWith('--') && Object.hasOwn(numbers, name)) {
      const value = Number(args[(at += 1)]);
      if (!Number.isSafeInteger(value) || value < (name === 'seed' ? 0 : 1))
        return `${name} is ${args[at] ?? 'missing'}`;
      numbers[name as keyof typeof numbers] = value;
    } else return `${args[at]}: no such flag`;
  }
  return { ...numbers, isJson };
}

function lineOf(
  { seed, steps, virtualSeconds, commits, samples, faults, violation }: RunResult,
  asked: number,
): string {
  const struck = Object.values(faults).reduce((sum, count) => sum + count, 0);
  const line = `seed ${seed}: ${steps} steps, ${virtualSeconds} s of virtual time, ${struck} faults, ${commits} commits, ${samples} samples`;
  if (violation === undefined) return `${line}: all invariants hold\n`;
  return `${line}\n${violation.detail}\nat step ${violation.step}; again: npm run sim -- --seed ${seed} --steps ${asked}\n`;
}

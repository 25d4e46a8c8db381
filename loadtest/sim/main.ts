/** `npm run sim -- --seed N [--seeds K] [--steps N] [--json]`: whether the invariants hold, whatever breaks. */
import { SingleBar } from 'cli-progress';
import { run, type RunResult } from './run.ts';

/** What may be asked, and from which number on. */
const least = { seed: 0, seeds: 1, steps: 1 } as const;
type Asked = Record<keyof typeof least, number> & { isJson: boolean };

/** 0: every invariant held. 1: one did not; seed and step are told. 2: asked wrongly. */
export async function simCommand(args: readonly string[]): Promise<number> {
  const asked = read(args);
  if (typeof asked === 'string') {
    process.stderr.write(`sim: ${asked}; say npm run sim -- --seed N [--seeds K] [--steps N] [--json]\n`);
    return 2;
  }
  const bar = startBar(asked);
  const results: RunResult[] = [];
  let done = 0;
  for (let seed = asked.seed; seed < asked.seed + asked.seeds; seed++) {
    const result = await run(seed, asked.steps, (steps) => bar?.update(done + Math.min(steps, asked.steps)));
    results.push(result);
    done += asked.steps;
    if (!asked.isJson && asked.seeds <= linesMax) process.stdout.write(lineOf(result));
    if (result.violation !== undefined) break;
  }
  bar?.stop();
  const summary = summaryOf(asked, results);
  process.stdout.write(asked.isJson ? `${JSON.stringify(summary)}\n` : closingOf(summary));
  return summary.ok ? 0 : 1;
}

/** Beyond so many seeds only the sum is told, one line for each would be none that is read. */
const linesMax = 20;

function read(args: readonly string[]): Asked | string {
  const asked: Asked = { seed: 1, seeds: 1, steps: 10_000, isJson: false };
  for (let at = 0; at < args.length; at++) {
    const name = args[at]!.replace(/^--/, '');
    if (args[at] === '--json') asked.isJson = true;
    else if (args[at]!.startsWith('--') && Object.hasOwn(least, name)) {
      const [flag, text] = [name as keyof typeof least, args[(at += 1)]];
      const value = /^\d+$/.test(text ?? '') ? Number(text) : NaN;
      if (!Number.isSafeInteger(value) || value < least[flag])
        return `--${flag} is ${text ?? 'missing'}, must be a whole number from ${least[flag]} to ${Number.MAX_SAFE_INTEGER}`;
      asked[flag] = value;
    } else return `${args[at]}: no such flag`;
  }
  if (!Number.isSafeInteger(asked.seed + asked.seeds - 1))
    return `--seed ${asked.seed} leaves no room for ${asked.seeds}`;
  return asked;
}

function startBar({ seeds, steps, isJson }: Asked): SingleBar | undefined {
  if (isJson || !process.stderr.isTTY) return undefined;
  const bar = new SingleBar({
    stream: process.stderr,
    format: '{bar} {value} of {total} steps',
    clearOnComplete: true,
  });
  bar.start(seeds * steps, 0);
  return bar;
}

function summaryOf({ seed, steps }: Asked, results: readonly RunResult[]) {
  const sum = (of: (result: RunResult) => number) => results.reduce((total, result) => total + of(result), 0);
  const faults: Record<string, number> = {};
  for (const result of results)
    for (const [name, count] of Object.entries(result.faults)) faults[name] = (faults[name] ?? 0) + count;
  const failed = results.at(-1);
  const violation =
    failed?.violation === undefined
      ? null
      : { seed: failed.seed, ...failed.violation, replay: `npm run sim -- --seed ${failed.seed} --steps ${steps}` };
  return {
    ok: violation === null,
    seed,
    seeds: results.length,
    steps: sum((result) => result.steps),
    worlds: sum((result) => result.worlds),
    virtualSeconds: sum((result) => result.virtualSeconds),
    commits: sum((result) => result.commits),
    samples: sum((result) => result.samples),
    faults,
    violation,
    runs: results.map((result) => ({ seed: result.seed, steps: result.steps, checksum: result.checksum })),
  };
}

type Summary = ReturnType<typeof summaryOf>;

const lineOf = ({ seed, steps, worlds, commits, samples, checksum }: RunResult): string =>
  `seed ${seed}: ${steps} steps in ${worlds} worlds, ${commits} commits, ${samples} samples, checksum ${checksum.slice(0, 12)}\n`;

function closingOf({ seed, seeds, steps, virtualSeconds, faults, violation }: Summary): string {
  const struck = Object.values(faults).reduce((total, count) => total + count, 0);
  const sum = `${seeds} seeds from ${seed}, ${steps} steps, ${virtualSeconds} s of virtual time, ${struck} faults`;
  if (violation === null) return `${sum}: every invariant held\n`;
  const { invariant, detail, step, replay } = violation;
  return `${sum}\n${invariant} does not hold at step ${step} of seed ${violation.seed}: ${detail}\nagain: ${replay}\n`;
}

/** `npm run bench -- NAME… [--seconds N] [--json]`: the measurements of docs/performance.md. */
import { defineErrors } from '#core/errors.ts';
import { machine, spread, type BenchOptions, type Figure } from './figure.ts';

export const benchError = defineErrors({
  BENCH_UNKNOWN: {
    status: 400,
    title: 'There is no such measurement.',
    solve:
      'Name one or more of RATE, GROW, PIPE, COST, ALERT, CHECK, RECOVER, START, or `all`; --seconds takes a whole number.',
  },
});

interface Bench {
  /** How long it runs unless told otherwise; those without measure a fixed amount of work. */
  readonly seconds?: number;
  run(options: BenchOptions): Promise<Figure>;
}

const benches: Readonly<Record<string, Bench>> = {
  RATE: { run: async () => (await import('./rate.ts')).benchRate() },
  GROW: { run: async () => (await import('./grow.ts')).benchGrow() },
  PIPE: { seconds: 60, run: async (options) => (await import('./pipe.ts')).benchPipe(options) },
  COST: { seconds: 20, run: async (options) => (await import('./cost.ts')).benchCost(options) },
  ALERT: { seconds: 20, run: async (options) => (await import('./alert.ts')).benchAlert(options) },
  CHECK: { seconds: 30, run: async (options) => (await import('./check.ts')).benchCheck(options) },
  RECOVER: { seconds: 20, run: async (options) => (await import('./recover.ts')).benchRecover(options) },
  START: { run: async () => (await import('./start.ts')).benchStart() },
};

export async function benchCommand(args: readonly string[]): Promise<number> {
  const { names, seconds } = read(args);
  const figures: Figure[] = [];
  for (const name of names) {
    process.stderr.write(`${name} …\n`);
    const bench = benches[name]!;
    const figure = await bench.run({ seconds: seconds ?? bench.seconds ?? 0 });
    figures.push({ ...figure, spread: spread(figure.runs), machine: machine() });
  }
  const json = JSON.stringify(figures.length === 1 ? figures[0] : figures, null, 2);
  process.stdout.write(args.includes('--json') ? `${json}\n` : figures.map(sentence).join(''));
  return 0;
}

function read(args: readonly string[]): { names: string[]; seconds: number | undefined } {
  const at = args.indexOf('--seconds');
  const seconds = at < 0 ? undefined : Number(args[at + 1]);
  if (seconds !== undefined && (!Number.isInteger(seconds) || seconds < 1))
    throw benchError('BENCH_UNKNOWN', `--seconds ${args[at + 1] ?? ''}.`);
  const words = args
    .filter((word, i) => !['--json', '--seconds'].includes(word) && (at < 0 || i !== at + 1))
    .map((word) => word.toUpperCase());
  const names = words.includes('ALL') ? Object.keys(benches) : words;
  const unknown = names.filter((name) => !Object.hasOwn(benches, name));
  if (names.length === 0 || unknown.length > 0)
    throw benchError('BENCH_UNKNOWN', unknown.length > 0 ? `Asked for ${unknown.join(', ')}.` : 'None was named.');
  return { names, seconds };
}

const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 3 });

function sentence(figure: Figure): string {
  const { id, value, unit, goal, better, runs, limit, ratioToLimit, settings } = figure;
  const isMet = better === 'higher' ? value >= goal : value <= goal;
  const apart = runs.length > 1 ? `; ${runs.length} runs, ${number(spread(runs) * 100)} % apart` : '';
  return (
    `${id}  ${number(value)} ${unit}  (goal ${better === 'higher' ? '≥' : '≤'} ${number(goal)}: ${isMet ? 'met' : 'not met'}${apart})\n` +
    `  limit: ${limit.what}: ${number(limit.value)} ${limit.unit}; ratio ${number(ratioToLimit)}\n` +
    `  settings: ${JSON.stringify(settings)}\n  machine: ${JSON.stringify(machine())}\n`
  );
}

/** `npm run mutants -- [NAME…] [--json] [--list]`: whether the tests would notice the bugs that billing systems are known for. */
import { SourceCopy } from './copy.ts';
import { mutants } from './list.ts';
import type { Mutant } from './mutant.ts';
import { tryTests, type Trial } from './trial.ts';

interface Verdict {
  readonly id: string;
  readonly bug: string;
  readonly outcome: 'caught' | 'survived' | 'broken';
  /** The test that caught it, or what is wrong with the mutant. */
  readonly by: string;
  readonly seconds: number;
}

/** 0: every bug is caught. 1: one survives, or the tests fail without any. 2: asked wrongly. A stale mutant throws. */
export async function mutantsCommand(args: readonly string[]): Promise<number> {
  const names = args.filter((arg) => !arg.startsWith('-'));
  const flags = args.filter((arg) => arg.startsWith('-') && !['--json', '--list'].includes(arg));
  const unknown = [...flags, ...names.filter((name) => !mutants.some(({ id }) => id === name))];
  if (unknown.length > 0) return asked(`${unknown.join(', ')}: no such mutant or flag; --list names the mutants`);
  const chosen = mutants.filter(({ id }) => names.length === 0 || names.includes(id));
  if (args.includes('--list')) {
    process.stdout.write(chosen.map(({ id, bug }) => `${id.padEnd(idWidth)}  ${bug}\n`).join(''));
    return 0;
  }
  using copy = new SourceCopy();
  for (const mutant of chosen) copy.planted(mutant);
  const tests = [...new Set(chosen.flatMap((mutant) => mutant.tests))];
  say(`without a bug: ${tests.join(', ')} …`);
  const [baseline] = await timed(() => tryTests(copy, tests));
  if (baseline.failed.length > 0 || baseline.broken !== '' || baseline.passed === 0) {
    say(`the tests fail without any bug: ${[...baseline.failed, baseline.broken].join('; ')}`);
    return 1;
  }
  const verdicts: Verdict[] = [];
  for (const mutant of chosen) {
    const [trial, seconds] = await timed(() => copy.with(mutant, () => tryTests(copy, mutant.tests)));
    const verdict = verdictOf(mutant, trial, seconds);
    verdicts.push(verdict);
    say(
      `${verdict.outcome.padEnd(8)}  ${mutant.id.padEnd(idWidth)}  ${seconds.toFixed(1).padStart(5)} s  ${verdict.by}`,
    );
  }
  return report(verdicts, args.includes('--json'));
}

const idWidth = Math.max(...mutants.map(({ id }) => id.length));

function verdictOf({ id, bug }: Mutant, { failed, broken }: Trial, seconds: number): Verdict {
  const base = { id, bug, seconds: Math.round(seconds * 10) / 10 };
  if (broken !== '') return { ...base, outcome: 'broken', by: broken };
  const [first] = failed;
  return first === undefined ? { ...base, outcome: 'survived', by: '' } : { ...base, outcome: 'caught', by: first };
}

function report(verdicts: readonly Verdict[], isJson: boolean): number {
  const caught = verdicts.filter(({ outcome }) => outcome === 'caught').length;
  const isGood = caught === verdicts.length;
  process.stdout.write(
    isJson
      ? `${JSON.stringify({ ok: isGood, caught, total: verdicts.length, mutants: verdicts })}\n`
      : `${caught} of ${verdicts.length} bugs caught\n`,
  );
  return isGood ? 0 : 1;
}

async function timed<T>(run: () => Promise<T>): Promise<[T, number]> {
  const startedMs = performance.now();
  const result = await run();
  return [result, (performance.now() - startedMs) / 1000];
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);

function asked(what: string): number {
  say(`mutants: ${what}`);
  return 2;
}

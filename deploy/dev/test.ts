import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { exitCodes } from '../cli/report.ts';
import { checkCommand } from './check.ts';
import { provideChromium, provideNginx, providePostgres, type Provided } from './machine.ts';
import { onThisNode, tool } from './run.ts';

export const suites = ['unit', 'integration', 'browser', 'chaos'] as const;
type Suite = (typeof suites)[number];

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Outcome extends Counts {
  readonly name: string;
  /** Names of the tests that failed, each with the first lines of why. */
  readonly failures?: readonly string[];
  readonly minutes: number;
  /** What did not run here, and why; "" when all did. */
  readonly left: string;
}

/**
 * `npm test`: checks, then every suite. With names of suites only those; whatever else is given goes to vitest. The
 * last line is the sum, alone: `N passed, N failed, N skipped`.
 */
export async function testCommand(args: readonly string[]): Promise<number> {
  const chosen = suites.filter((suite) => args.includes(suite));
  const passedOn = args.filter((arg) => !(suites as readonly string[]).includes(arg));
  const running = chosen.length === 0 ? suites : chosen;
  const outcomes: Outcome[] = [];
  if (args.length === 0) outcomes.push(await checks());
  const postgres = providePostgres(running.includes('integration'));
  const chromium = provideChromium(running.includes('browser'));
  const nginx = provideNginx(running.includes('integration'));
  const env = { ...process.env, ...postgres.env, ...chromium.env, ...nginx.env };
  for (const suite of running) outcomes.push(await runSuite(suite, passedOn, env, { postgres, chromium, nginx }));
  return report(outcomes);
}

async function checks(): Promise<Outcome> {
  const startedMs = performance.now();
  const code = await checkCommand([]);
  return {
    name: 'checks',
    passed: 0,
    failed: code === 0 ? 0 : 1,
    skipped: 0,
    minutes: minutesSince(startedMs),
    left: '',
  };
}

async function runSuite(
  suite: Suite,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  machine: { readonly postgres: Provided; readonly chromium: Provided; readonly nginx: Provided },
): Promise<Outcome> {
  if (suite === 'browser' && machine.chromium.missing !== '') {
    return { name: suite, passed: 0, failed: 0, skipped: 1, minutes: 0, left: `not run: ${machine.chromium.missing}` };
  }
  const folder = mkdtempSync(join(tmpdir(), 'meterline-test-'));
  const startedMs = performance.now();
  try {
    const output = join(folder, 'results.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${output}`];
    const vitest = ['run', '--project', suite, '--passWithNoTests', ...reporters, ...args];
    process.stdout.write(`\n── ${suite} ──\n`);
    const code = await onThisNode(tool('vitest', 'vitest.mjs'), vitest, env);
    const counts = readCounts(output, code);
    const leftOut = Object.entries({ PostgreSQL: machine.postgres, nginx: machine.nginx })
      .filter(([, { missing }]) => suite === 'integration' && missing !== '')
      .map(([name, { missing }]) => `${name} left out: ${missing}`);
    const left = leftOut.join('; ');
    return { name: suite, ...counts, failures: readFailures(output), minutes: minutesSince(startedMs), left };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Counts of vitest's report; a run that failed without a failed test (a broken file, a leak) counts as one failure. */
function readCounts(path: string, exitCode: number): Counts {
  let counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  try {
    const report = JSON.parse(readFileSync(path, 'utf8')) as Record<string, number>;
    counts = {
      passed: report['numPassedTests'] ?? 0,
      failed: report['numFailedTests'] ?? 0,
      skipped: (report['numPendingTests'] ?? 0) + (report['numTodoTests'] ?? 0),
    };
  } catch {
    // No report: the runner ended before it wrote one, which its exit code says.
  }
  return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

interface TestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** What a reader of the last lines alone needs to find a failure again: a property's seed is in its message. */
function readFailures(path: string): readonly string[] {
  let report: TestReport;
  try {
    report = JSON.parse(readFileSync(path, 'utf8')) as TestReport;
  } catch {
    return [];
  }
  return report.testResults.flatMap(({ name, message, assertionResults }) => {
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    const told = failed.map(({ fullName, failureMessages }) => `${fullName}\n${failureMessages.join('\n')}`);
    const texts = told.length === 0 && message !== '' ? [message] : told;
    return texts.map((text) => `${relative(process.cwd(), name)}: ${text.slice(0, failureCharactersMax)}`);
  });
}

const failureCharactersMax = 2000;

function report(outcomes: readonly Outcome[]): number {
  process.stdout.write('\n');
  for (const failure of outcomes.flatMap(({ failures }) => failures ?? []))
    process.stdout.write(`FAILED ${failure}\n\n`);
  for (const { name, passed, failed, skipped, minutes, left } of outcomes) {
    const counts =
      name === 'checks'
        ? failed === 0
          ? 'all hold'
          : 'FAILED'
        : `${passed} passed, ${failed} failed, ${skipped} skipped`;
    process.stdout.write(
      `${name.padEnd(12)} ${minutes.toFixed(1)} min  ${counts}${left === '' ? '' : `  (${left})`}\n`,
    );
  }
  const sum = (key: keyof Counts) => outcomes.reduce((total, outcome) => total + outcome[key], 0);
  process.stdout.write(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`);
  return sum('failed') === 0 ? exitCodes.holds : exitCodes.holdsNot;
}

const minutesSince = (startedMs: number): number => (performance.now() - startedMs) / 60_000;

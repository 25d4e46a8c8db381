import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { programRoot } from '../instance/version.ts';
import { onThisNode, runThrough, tool } from './run.ts';

type Check = readonly [name: string, run: () => Promise<number>];

const compiler = tool('typescript', 'bin', 'tsc');
const webProject = join('dashboards', 'web');

/** Types: the core alone (where nothing impure compiles), all services, the pages. */
const typeChecks: readonly Check[] = [
  ['types: core', () => onThisNode(compiler, ['-p', 'core'])],
  ['types: services', () => onThisNode(compiler, ['-p', '.'])],
  ...(existsSync(join(programRoot, webProject, 'tsconfig.json'))
    ? ([['types: pages', () => onThisNode(compiler, ['-p', webProject])]] as const)
    : []),
];

const lint: Check = ['lint', () => runThrough(tool('.bin', 'oxlint'), ['--type-aware', '--deny-warnings'])];
const format: Check = [
  'format',
  () => onThisNode(tool('prettier', 'bin', 'prettier.cjs'), ['--check', '--log-level', 'warn', '.']),
];
const unused: Check = ['unused code', () => onThisNode(tool('knip', 'bin', 'knip.js'), ['--no-progress'])];

/** Runs every check, also after one has failed; gives 0 when all hold. */
export async function checkCommand(names: readonly string[]): Promise<number> {
  return runChecks(
    [...typeChecks, lint, format, unused].filter(([name]) => names.length === 0 || names.includes(name)),
  );
}

/** What `npm test` checks before the suites. */
export const runQuickChecks = (): Promise<number> => runChecks([...typeChecks, lint]);

async function runChecks(checks: readonly Check[]): Promise<number> {
  const failed: string[] = [];
  for (const [name, run] of checks) {
    const startedMs = performance.now();
    const code = await run();
    if (code !== 0) failed.push(name);
    process.stdout.write(
      `${code === 0 ? '✓' : '✗'} ${name} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)\n`,
    );
  }
  if (failed.length > 0) process.stdout.write(`failed: ${failed.join(', ')}\n`);
  return failed.length === 0 ? 0 : 1;
}

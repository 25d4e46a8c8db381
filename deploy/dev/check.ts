import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { deployError } from '../errors.ts';
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

const checks = [...typeChecks, lint, format, unused];

/** Runs every check, or those named, also after one has failed; gives 0 when all hold. */
export async function checkCommand(names: readonly string[]): Promise<number> {
  const known = checks.map(([name]) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw deployError('USAGE', `There is no check "${unknown.join('", "')}"; there are: ${known.join(', ')}.`);
  }
  const failed: string[] = [];
  for (const [name, run] of checks.filter(([each]) => names.length === 0 || names.includes(each))) {
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

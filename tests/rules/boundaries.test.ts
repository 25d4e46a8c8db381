import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { isOfTests, sources, textOf } from './sources.ts';

const services = ['collector', 'rater', 'aggregator', 'billing', 'dashboards'];
/** Folders that put the others together, or try them: they may import anything. */
const composers = ['deploy', 'loadtest', 'tests', 'examples', 'bin'];

/** What each folder may import besides itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  platform: ['core'],
  ...Object.fromEntries(services.map((service) => [service, ['core', 'platform']])),
};

/** Files that only the tests of a service read, by path: the command line, started as a process, and the demo. */
const openToTests = new Set(['deploy/cli.ts', 'examples/northwind.yaml']);

/** What breaks a rule for a reason. A line may go, none may come. */
const baseline: Readonly<Record<string, string>> = {
  'core/rating/differential/actions.ts: package fast-check':
    'The generator of the differential test lies beside it; no program imports it.',
};

/** A test in core may read the page whose examples it runs. */
const testPackages = new Set(['fast-check', 'vitest', 'node:crypto', 'node:fs']);

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.indexOf('/')));

/** Imports, exports, dynamic imports and files named by URL, as written. */
function specifiersOf(text: string): string[] {
  const imports = text.matchAll(/(?<![.\w])(?:from|import)\s*\(?\s*['"]([^'"\n]+)['"]/g);
  const urls = text.matchAll(/\bnew URL\(\s*['"](\.[^'"\n]+)['"]\s*,\s*import\.meta\.url/g);
  return [...imports, ...urls].map((match) => match[1]!);
}

/** A specifier as a path from the root of the repository; undefined for a package. */
function resolved(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.slice(1);
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : undefined;
}

function faultsOf(path: string): string[] {
  const folder = folderOf(path);
  return specifiersOf(textOf(path)).flatMap((specifier) => {
    const target = resolved(path, specifier);
    if (target === undefined) {
      const isRight =
        folder !== 'core' || specifier === 'decimal.js' || (isOfTests(path) && testPackages.has(specifier));
      return isRight ? [] : [`${path}: package ${specifier}`];
    }
    const isRight =
      folderOf(target) === folder ||
      allowed[folder]!.includes(folderOf(target)) ||
      (isOfTests(path) && services.includes(folder) && openToTests.has(target));
    return isRight ? [] : [`${path}: ${target}`];
  });
}

const ruled = sources.filter((path) => path.includes('/') && !composers.includes(folderOf(path)));

test('The rules see the whole of the sources, and know every folder', () => {
  expect(ruled.length).toBeGreaterThan(200);
  expect([...new Set(ruled.map(folderOf))].sort()).toEqual(Object.keys(allowed).sort());
  expect(ruled.flatMap((path) => specifiersOf(textOf(path))).length).toBeGreaterThan(ruled.length);
});

test('Core imports only core, platform only these two, and no service another one', () => {
  expect(ruled.flatMap(faultsOf).sort()).toEqual(Object.keys(baseline).sort());
});

test('A breach is seen, however it is written', () => {
  const text =
    "import a from '#rater/a.ts';\nexport * from '../../rater/b.ts';\nconst c = await import('pg');\nimport './d.ts';";
  expect(specifiersOf(text).map((specifier) => resolved('billing/x/y.ts', specifier))).toEqual([
    'rater/a.ts',
    'rater/b.ts',
    undefined,
    'billing/x/d.ts',
  ]);
});

test('Core knows no clock, no randomness, no process and no Node', () => {
  const impure =
    /Date\.now|new Date\(\)|Temporal\.Now|performance\.now|Math\.random|randomUUID|getRandomValues|\bprocess\.|\bset(Timeout|Interval|Immediate)\b|['"]node:/;
  const core = ruled.filter((path) => path.startsWith('core/') && !isOfTests(path));
  const withoutComments = (text: string) => text.replaceAll(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, '');
  expect(core.length).toBeGreaterThan(30);
  expect(core.filter((path) => impure.test(withoutComments(textOf(path))))).toEqual([]);
});

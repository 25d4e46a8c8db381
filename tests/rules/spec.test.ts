/** core/SPEC.md names, for each rule, invariant and decision, the test that enforces it: the tests are there, and nothing is left out. */
import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { files, isOfTests, sources, textOf } from './sources.ts';

const page = textOf('core/SPEC.md');
const invariants = ['CONSERVE', 'ONCE', 'TELESCOPE', 'REPLAY', 'FENCE', 'TREE', 'CAP', 'TRACE', 'BALANCED', 'ISOLATE'];
const decisionsCount = 29;

/** Parts of a page by the heading `## title`. */
function sectionOf(text: string, title: string): string {
  const section = text.split(/^## /m).find((part) => part.startsWith(title));
  if (section === undefined) throw new Error(`there is no section ${title}`);
  return section;
}

/** Cells of the rows of every table, without heads; a bar inside code stays. */
function rowsOf(text: string): string[][] {
  const rows = text.split('\n').filter((line) => line.startsWith('|'));
  const isRule = (line: string | undefined) => line !== undefined && /^\|[\s:|-]+$/.test(line);
  return rows
    .filter((line, index) => !isRule(line) && !isRule(rows[index + 1]))
    .map((line) => line.slice(1, line.lastIndexOf('|')).split(/ \| |\| /).map((cell) => cell.trim())); // prettier-ignore
}

/** Numbers of rules where they are defined: at the start of a line, of a row, or of a heading that no smaller rule divides. */
function rulesOf(text: string): string[] {
  // §7 explains rules, §10 and §11 name them.
  const body = text.split(/^## /m).filter((part) => !/^(7|10|11)\. |^Invariants/.test(part)).join(''); // prettier-ignore
  const small = [...body.matchAll(/^(?:\| )?(\d+\.\d+(?:\.\d+)?) /gm)].map(([, id]) => id!);
  const headings = [...body.matchAll(/^### (\d+\.\d+) /gm)].map(([, id]) => id!);
  return [...small, ...headings.filter((id) => !small.some((rule) => rule.startsWith(`${id}.`)))];
}

/** "2.1–2.3, 4.2" as its rules; a range counts up its last number. */
function expanded(ids: string): string[] {
  return ids.split(', ').flatMap((part) => {
    const [first, last] = part.split('–');
    if (last === undefined) return [part];
    const stem = first!.slice(0, first!.lastIndexOf('.') + 1);
    const [from, to] = [first!, last].map((id) => Number(id.slice(id.lastIndexOf('.') + 1)));
    return Array.from({ length: to! - from! + 1 }, (_, index) => `${stem}${from! + index}`);
  });
}

interface Named {
  readonly file: string;
  readonly title: string | undefined;
}

/** Test files that a text names, from the root or from core, with the titles that are quoted after them. */
function testsNamed(text: string): Named[] {
  return [...text.matchAll(/`([\w./-]+\.test\.tsx?)`((?:,? "[^"]+")*)/g)].flatMap(([, path, quoted]): Named[] => {
    const file = files.includes(path!) ? path! : posix.join('core', path!);
    const titles = [...quoted!.matchAll(/"([^"]+)"/g)].map(([, title]) => title!);
    return titles.length === 0 ? [{ file, title: undefined }] : titles.map((title) => ({ file, title }));
  });
}

/** Whether a call in the file is given a title that begins so. */
function hasTitle(source: string, title: string): boolean {
  return source
    .split(/(?:^\s*|\(\s*)(?=['"`])/m)
    .some((part) => part.slice(1).replaceAll(/\\(['"`])/g, '$1').startsWith(title)); // prettier-ignore
}

const faultOf = ({ file, title }: Named): string[] => {
  if (!files.includes(file)) return [`${file} is not there`];
  return title === undefined || hasTitle(textOf(file), title) ? [] : [`${file} has no test "${title}"`];
};

const isMissing = (cell: string): boolean => /\bnot built yet\b/i.test(cell);
const isSaid = (cell: string): boolean => testsNamed(cell).some(({ title }) => title !== undefined) || isMissing(cell);

test('Every test that the specification names is there', () => {
  const named = testsNamed(page);
  expect(named.length).toBeGreaterThan(100);
  expect(named.flatMap(faultOf)).toEqual([]);
});

test('Every rule has one number, and a test that enforces it', () => {
  const rules = rulesOf(page);
  expect(rules.length).toBeGreaterThan(80);
  expect(rules.filter((rule, index) => rules.indexOf(rule) < index)).toEqual([]);
  const rows = rowsOf(sectionOf(page, '10. '));
  expect(rows.filter(([, tests]) => !isSaid(tests!)).map(([ids]) => ids)).toEqual([]);
  expect(rows.flatMap(([ids]) => expanded(ids!)).sort()).toEqual(rules.toSorted());
});

test('Every invariant is there once, enforced or said to be of a later issue', () => {
  const rows = rowsOf(sectionOf(page, 'Invariants'));
  expect(rows.map(([id]) => id)).toEqual(invariants);
  expect(rows.filter(([, , tests]) => !isSaid(tests!)).map(([id]) => id)).toEqual([]);
});

test('Every decision is there once, in order, with its state, its place and its test', () => {
  const rows = rowsOf(sectionOf(page, '11. '));
  expect(rows.map(([id]) => id)).toEqual(Array.from({ length: decisionsCount }, (_, index) => `D${index + 1}`));
  const faults = rows.flatMap(([id, state, text, place, tests]) => [
    ...(['built', 'function', 'partly', 'not'].includes(state!) ? [] : [`${id}: state ${state}`]),
    ...(/^(partly|not)$/.test(state!) && !isMissing(text!) ? [`${id}: what is not built?`] : []),
    ...(place === '' ? [`${id}: where does it stand?`] : []),
    ...(isSaid(tests!) ? [] : [`${id}: no test`]),
  ]);
  expect(faults).toEqual([]);
});

test('A rule without a number of its own, a test that is gone and a number that is used twice are seen', () => {
  const some = '## 1. A\n\n1.1 One.\n1.1 Twice.\n\n| 1.2 | cell |\n\n### 2.1 Head\n\n### 2.2 Head\n\n2.2.1 Small.\n';
  expect(rulesOf(some)).toEqual(['1.1', '1.1', '1.2', '2.2.1', '2.1']);
  expect(expanded('2.9–2.11, 9.1.1')).toEqual(['2.9', '2.10', '2.11', '9.1.1']);
  const gone = testsNamed('`pricing/none.test.ts`, `tests/rules/spec.test.ts` "Every rule", "No such"');
  expect(gone.flatMap(faultOf)).toEqual([
    'core/pricing/none.test.ts is not there',
    'tests/rules/spec.test.ts has no test "No such"',
  ]);
});

test('The reference engine shares no code with the one that rates', () => {
  const engine = sources.filter((path) => path.startsWith('core/reference/') && !isOfTests(path));
  const allowed = /^core\/(reference|messages|metering)\//;
  const faults = engine.flatMap((path) =>
    [...textOf(path).matchAll(/from '([^']+)'/g)].flatMap(([, from]) => {
      const isInside = from!.startsWith('.') && allowed.test(posix.join(posix.dirname(path), from!));
      return isInside || from === 'decimal.js' ? [] : [`${path}: ${from}`];
    }),
  );
  expect(engine.length).toBeGreaterThan(30);
  expect(faults).toEqual([]);
});

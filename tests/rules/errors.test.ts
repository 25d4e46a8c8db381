import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import type { ErrorEntry } from '#core/errors.ts';
import { refusalReasons } from '#core/messages/rated.ts';
import { expectPage, table } from './page.ts';
import { isOfTests, root, sources, textOf } from './sources.ts';

interface Listed extends ErrorEntry {
  readonly code: string;
  readonly folder: string;
}

const declaring = sources.filter((path) => !isOfTests(path) && /= defineErrors\(/.test(textOf(path)));

const isMaker = (value: unknown): value is { readonly table: Readonly<Record<string, ErrorEntry>> } =>
  typeof value === 'function' && 'table' in value;

async function declared(): Promise<Listed[]> {
  const lists = declaring.map(async (path) => {
    const exported = Object.values((await import(pathToFileURL(join(root, path)).href)) as object).filter(isMaker);
    expect(exported, `${path} exports what defineErrors gives`).not.toEqual([]);
    const folder = path.slice(0, path.lastIndexOf('/'));
    return exported.flatMap((make) => Object.entries(make.table).map(([code, entry]) => ({ code, folder, ...entry })));
  });
  return (await Promise.all(lists)).flat();
}

/** What the HTTP layer says itself, before or instead of any folder's error. */
const http: Listed[] = [
  {
    code: 'NOT_FOUND',
    status: 404,
    title: 'There is nothing at this address.',
    solve: 'See `/api/v1/openapi.json`.',
    folder: 'platform/http',
  },
  {
    code: 'REQUEST_INVALID',
    status: 400,
    title:
      'The request is not valid; `details.faults` names the fields. Other statuses of 4xx tell what HTTP tells by them.',
    solve: 'Correct the fields named.',
    folder: 'platform/http',
  },
  {
    code: 'INTERNAL',
    status: 500,
    title: 'Something broke on our side.',
    solve: 'Try again; the log of the office process says what it was.',
    folder: 'platform/http',
  },
];

test('docs/errors.md lists every error', async () => {
  const all = [...http, ...(await declared())].sort((a, b) => (a.code < b.code ? -1 : a.code > b.code ? 1 : 0));
  expect(declaring.length).toBeGreaterThan(9);
  const rows = all.map(({ code, status, title, solve, folder }) => [
    `\`${code}\``,
    String(status),
    title,
    solve,
    `\`${folder}\``,
  ]);
  await expectPage('docs/errors.md', [
    '# Errors',
    'Every error carries a stable code, what happened, and a way out. Over HTTP it is an RFC 9457 problem with the status below; ' +
      'on the command line it is printed with its way out, and with `--json` as one object; `UNEXPECTED` there is a fault of ours, with its stack. This page is made from the code by `npm run docs`.',
    '## Codes',
    table(['Code', 'Status', 'What happened', 'What to do', 'Declared in'], rows),
    '## Refusals',
    'A rater that does not take a batch, a sample or a control message commits a refusal with one of these reasons; nothing is dropped without one.',
    table(
      ['Reason', 'What it says'],
      Object.entries(refusalReasons).map(([reason, what]) => [`\`${reason}\``, what]),
    ),
  ]);
});

test('A code is declared once, has an HTTP status, and says what to do in a sentence', async () => {
  const all = [...http, ...(await declared())];
  const codes = all.map(({ code }) => code);
  expect(codes.filter((code, at) => codes.indexOf(code) !== at)).toEqual([]);
  const isWrong = ({ code, status, title, solve }: Listed) =>
    !/^[A-Z][A-Z0-9_]*$/.test(code) || status < 400 || status > 599 || !/[.)]$/.test(title) || !/[.)]$/.test(solve);
  expect(all.filter(isWrong)).toEqual([]);
});

test('The HTTP layer says no other codes than those listed', () => {
  const text = textOf('platform/http/index.ts');
  const said = [...new Set([...text.matchAll(/\bproblem\(\s*'([A-Z_]+)'/g)].map((match) => match[1]!))];
  expect(said.sort()).toEqual(http.map(({ code }) => code).sort());
});

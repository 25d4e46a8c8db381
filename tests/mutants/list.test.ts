import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { programRoot } from '#deploy/instance/version.ts';
import { edited } from './copy.ts';
import { mutants } from './list.ts';

const textOf = (file: string): string => readFileSync(join(programRoot, file), 'utf8');

test('mutants have names of their own, and tests that are there', () => {
  expect(new Set(mutants.map(({ id }) => id)).size).toBe(mutants.length);
  for (const { id, tests } of mutants) {
    expect(tests.length, id).toBeGreaterThan(0);
    for (const file of tests) expect(existsSync(join(programRoot, file)), `${id}: ${file}`).toBe(true);
  }
});

test.each(mutants.map((mutant) => [mutant.id, mutant] as const))('%s fits the source as it is', (_, mutant) => {
  for (const edit of mutant.edits) expect(edited(textOf(edit.file), mutant, edit)).not.toBe(textOf(edit.file));
});

test('a mutant whose text is gone, or is there twice, is refused', () => {
  const edit = { file: 'x.ts', find: 'a > b', replace: 'a >= b' };
  expect(edited('if (a > b) c;', { id: 'x' }, edit)).toBe('if (a >= b) c;');
  for (const text of ['if (a < b) c;', 'a > b; a > b'])
    expect(() => edited(text, { id: 'x' }, edit)).toThrow(/MUTANT_STALE|has its text/);
});

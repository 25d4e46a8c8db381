import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { defineErrors } from '#core/errors.ts';
import { programRoot } from '#deploy/instance/version.ts';
import type { Edit, Mutant } from './mutant.ts';

export const mutantsError = defineErrors({
  MUTANT_STALE: {
    status: 409,
    title: 'A mutant does not fit the source any more.',
    solve: 'Give the mutant in tests/mutants the text that the file has now; it must occur exactly once.',
  },
});

/** What the tests of mutants read; everything else stays where it is. */
const copied = [
  'core',
  'collector',
  'platform',
  'rater',
  'aggregator',
  'billing',
  'deploy',
  'loadtest',
  'package.json',
  'tsconfig.base.json',
  'tsconfig.json',
];

/** A copy of the sources in which bugs may be planted; the program's own files are never touched. */
export class SourceCopy implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'meterline-mutants-'));
  readonly config = join(this.root, 'vitest.config.ts');

  constructor() {
    for (const name of copied) {
      const filter = (path: string) => basename(path) !== 'node_modules';
      cpSync(join(programRoot, name), join(this.root, name), { recursive: true, filter });
    }
    symlinkSync(join(programRoot, 'node_modules'), join(this.root, 'node_modules'), 'junction');
    writeFileSync(this.config, configText);
    writeFileSync(join(this.root, 'quiet.ts'), quietText);
  }

  /** Plants the bug, runs, and takes it out again. */
  async with<T>(mutant: Mutant, run: () => Promise<T>): Promise<T> {
    const planted = this.planted(mutant);
    for (const [path, { after }] of planted) writeFileSync(path, after);
    try {
      return await run();
    } finally {
      for (const [path, { before }] of planted) writeFileSync(path, before);
    }
  }

  /** The files of a mutant without and with its bug. Throws `MUTANT_STALE`. */
  planted(mutant: Mutant): Map<string, { readonly before: string; readonly after: string }> {
    const files = new Map<string, { readonly before: string; readonly after: string }>();
    for (const edit of mutant.edits) {
      const path = join(this.root, edit.file);
      const before = files.get(path)?.before ?? readFileSync(path, 'utf8');
      files.set(path, { before, after: edited(files.get(path)?.after ?? before, mutant, edit) });
    }
    return files;
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

export function edited(text: string, { id }: Pick<Mutant, 'id'>, { file, find, replace }: Edit): string {
  const times = text.split(find).length - 1;
  if (times !== 1) throw mutantsError('MUTANT_STALE', `${id}: ${file} has its text ${times} times: ${find}`);
  return text.replace(find, () => replace);
}

const configText = `import { defineConfig } from 'vitest/config';
export default defineConfig({ test: { pool: 'forks', testTimeout: 300_000, setupFiles: ['./quiet.ts'] } });
`;

/** A bug need only be found, not made small; tests without a seed of their own draw the same cases each time. */
const quietText = `import fc from 'fast-check';
fc.configureGlobal({ endOnFailure: true, seed: 20261123 });
`;

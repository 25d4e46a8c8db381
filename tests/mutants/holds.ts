/** Bugs in what is held under caps. */
import type { Mutant } from './mutant.ts';

const tests = ['core/holds/holds.test.ts', 'core/rating/differential/holds.test.ts'];

export const holdsMutants: readonly Mutant[] = [
  {
    id: 'holds-not-counted',
    bug: 'A hold is granted by what is spent alone: two of them lead beyond the cap.',
    edits: [
      { file: 'core/holds/caps.ts', find: 'const left = cap - spent - held;', replace: 'const left = cap - spent;' },
    ],
    tests,
  },
  {
    id: 'hold-of-own-account-only',
    bug: 'A hold counts in its own account and not above it.',
    edits: [
      {
        file: 'core/holds/holds.ts',
        find: 'for (const { record } of account.chain) {',
        replace: 'for (const { record } of account.chain.slice(0, 1)) {',
      },
    ],
    tests,
  },
  {
    id: 'hold-forgotten-by-snapshot',
    bug: 'A snapshot keeps that a hold was granted, and not that it was committed: a restart holds all of it again.',
    edits: [
      {
        file: 'core/holds/holds.ts',
        find: '[first, committed, released].filter',
        replace: '[first, released].filter',
      },
    ],
    tests,
  },
  {
    id: 'hold-never-expires',
    bug: 'A hold that nobody commits or releases is held for ever.',
    edits: [{ file: 'core/holds/holds.ts', find: 'this.#count(hold, -hold.counted);', replace: '' }],
    tests,
  },
  {
    id: 'hold-told-before-commit',
    bug: 'Whoever asked for a hold is told before the commit is stored: after a kill the answer is another.',
    edits: [
      {
        file: 'rater/owner.ts',
        find: 'const committed = await this.#committer.commit(encoded, signal);',
        replace: 'tell();\n    const committed = await this.#committer.commit(encoded, signal);',
      },
    ],
    tests: ['rater/checks/owner.int.test.ts'],
  },
];

import { defineConfig } from 'vitest/config';

const excluded = ['**/node_modules/**', '**/dist/**', '**/.meterline/**', '**/.cache/**'];

/** Test files of the other projects, told apart by their endings alone. */
const special = ['int', 'browser', 'chaos'].map((kind) => `**/*.${kind}.test.ts`);

/** Suites with real processes wait much of their time: integration takes three workers, the others two; forks, since chdb cannot run in a worker thread. */
const ofProcesses = (name: string, kind: string, groupOrder: number, maxWorkers = 2) => ({
  extends: true as const,
  test: {
    name,
    include: [`**/*.${kind}.test.ts`],
    exclude: excluded,
    maxWorkers,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    sequence: { groupOrder },
  },
});

export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['**/*.test.{ts,tsx}'],
          exclude: [...excluded, ...special],
          // One core is left free unless told otherwise, and nobody else wants it.
          maxWorkers: 2,
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      ofProcesses('integration', 'int', 1, 3),
      ofProcesses('browser', 'browser', 2),
      ofProcesses('chaos', 'chaos', 3),
    ],
  },
});

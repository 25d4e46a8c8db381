import { defineConfig } from 'vitest/config';

const excluded = ['**/node_modules/**', '**/dist/**', '**/.meterline/**', '**/.cache/**'];

/** Test files of the other projects, told apart by their endings alone. */
const special = ['int', 'browser', 'chaos'].map((kind) => `**/*.${kind}.test.ts`);

/** Suites with real processes take their turn on two workers; forks, since chdb cannot run in a worker thread. */
const ofProcesses = (name: string, kind: string, groupOrder: number) => ({
  extends: true as const,
  test: {
    name,
    include: [`**/*.${kind}.test.ts`],
    exclude: excluded,
    maxWorkers: 2,
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
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      ofProcesses('integration', 'int', 1),
      ofProcesses('browser', 'browser', 2),
      ofProcesses('chaos', 'chaos', 3),
    ],
  },
});

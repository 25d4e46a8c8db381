import { expect, test } from 'vitest';
import { files } from './sources.ts';

test('migrations of a folder are numbered from 1 on, each number once', () => {
  const found = files.flatMap((path) => {
    const [, folder, number] = /^(.*\/migrations)\/(\d{4})_\w+\.sql$/.exec(path) ?? [];
    return folder === undefined ? [] : [{ folder, number: Number(number) }];
  });
  expect(found.length).toBeGreaterThan(0);
  for (const [folder, all] of Map.groupBy(found, (one) => one.folder))
    expect(all.map(({ number }) => number), folder).toEqual(all.map((_, i) => i + 1)); // prettier-ignore
});

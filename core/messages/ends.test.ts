import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eachEnd, endEntries } from './ends.ts';

test('ends are read as they were written; counters in a row take one entry, and entries without a count are still read', () => {
  const end = fc.record({ id: fc.integer({ min: 1, max: 30 }), endMs: fc.integer({ min: 0, max: 2 }) });
  fc.assert(
    fc.property(fc.array(end), (ended) => {
      expect(eachEnd(endEntries(ended))).toEqual(ended);
    }),
  );
  const row = Array.from({ length: 200 }, (_, i) => ({ id: 7 + i, endMs: 5 }));
  expect(endEntries(row)).toEqual([[7, 5, 200]]);
  expect(eachEnd([[3, 9], [4, 9, 2]])).toEqual([3, 4, 5].map((id) => ({ id, endMs: 9 }))); // prettier-ignore
});

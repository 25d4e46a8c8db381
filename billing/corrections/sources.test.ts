import { expect, test } from 'vitest';
import type { CorrectedTally, TallyRecipe } from '#core/messages/correction.ts';
import type { MovedRow } from './ports.ts';
import { sourcesOf, takersOf } from './sources.ts';

const unpriced: CorrectedTally = { account: 4, price: 0, meter: 'peak', cell: '', periodStartMs: 0, resource: '' };
const priced = { ...unpriced, price: 7 };
const pool = { ...unpriced, account: 1, price: 8 };
/** Price 8 is of a pool of account 1. */
const tallyOf = (row: CorrectedTally): CorrectedTally => (row.price === 8 ? { ...row, account: 1 } : row);
const moved = (price: number, outSeq: number, block: number, more: object = {}): MovedRow => ({
  ...unpriced, price, order: [0, outSeq, block], firstMs: 5, ...more,
}); // prettier-ignore
/** Taken over by two prices at once, later by one; a point charges the tally anew in between, and another account has its own. */
const rows = [
  moved(0, 10, 2), moved(7, 10, 3), moved(8, 10, 4), moved(7, 12, 0), moved(0, 14, 0, { account: 5 }), moved(7, 14, 1, { account: 5 }), moved(0, 20, 0), moved(7, 20, 1),
]; // prettier-ignore
const recipeOf = (...sources: TallyRecipe['sources']): TallyRecipe => ({
  tally: sources[0]!.tally,
  period: { periodStartMs: 0, periodEndMs: 9 },
  shadowSeq: 30,
  sources,
  heirs: [],
});
const upTo = [30, Number.MAX_SAFE_INTEGER];

test('a tally is made of its own samples up to its shadow, and of what came without a price, each once', () => {
  expect(sourcesOf(recipeOf({ tally: priced, upTo: null }), rows, tallyOf)).toEqual([
    { tally: priced, upTo, from: undefined, isTakenOver: false },
    { tally: unpriced, from: undefined, until: [0, 10, 2], isTakenOver: false },
    { tally: unpriced, from: [0, 10, 2], until: [0, 20, 0], isTakenOver: false },
  ]);
  expect(sourcesOf(recipeOf({ tally: pool, upTo: null }), rows, tallyOf)).toEqual([
    { tally: pool, upTo, from: undefined, isTakenOver: false },
    { tally: unpriced, from: undefined, until: [0, 10, 2], isTakenOver: false },
  ]);
  expect(takersOf(unpriced, rows, tallyOf)).toEqual([priced, pool, priced]);
});

test('what is left without a price is what came since; what no row tells any more is refused', () => {
  const [own] = sourcesOf(recipeOf({ tally: unpriced, upTo: null }), rows, tallyOf);
  expect(own).toEqual({ tally: unpriced, upTo, from: [0, 20, 0], isTakenOver: false });
  const heir = { ...priced, price: 9 };
  const refused = { code: 'CORRECTION_REFUSED' };
  const sources = (of: TallyRecipe['sources'][number]) => () => sourcesOf(recipeOf({ tally: heir, upTo: null }, of), rows, tallyOf); // prettier-ignore
  expect(sources({ tally: priced, upTo: [3, 1] })).toThrow(expect.objectContaining(refused));
  expect(sources({ tally: { ...priced, account: 6 }, upTo: [0, 0] })).toThrow(expect.objectContaining(refused));
  expect(sources({ tally: { ...priced, account: 6 }, upTo: [3, 1] })()).toHaveLength(2);
});

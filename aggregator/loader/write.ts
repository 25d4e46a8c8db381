import type { Chunk, TableRows } from './chunk.ts';
import type { CommitRange, LoadStore } from './loadStore.ts';
import { recoveryCase } from './recovery.ts';

/** Writes rows of which none can be in the store. */
export async function insertRows(store: LoadStore, { table, lines }: TableRows, token: string): Promise<void> {
  await store.insert(table, lines, token);
}

/** What the store holds of the rows that a chunk brings to one table. */
export async function inspect(
  store: LoadStore,
  chunk: Chunk,
  rows: TableRows,
  heldSeqMax: number,
): Promise<ReturnType<typeof recoveryCase>> {
  const held = await store.rowsBySeq(rows.table, rangeOf(chunk));
  return recoveryCase({ toSeq: chunk.end.seq, expected: rows.rowsBySeq, held, heldSeqMax });
}

/** Removes what one table holds of the chunk's range. */
export const removeRows = (store: LoadStore, chunk: Chunk, rows: TableRows): Promise<void> =>
  store.remove(rows.table, rangeOf(chunk));

/**
 * Removes what later incarnations have in the chunk's range. The log says that its commits lie there, so it has lost those others, take-overs
 * and all, and let their predecessor in again; their rows in the store would hide its.
 */
export const removeDisplaced = (store: LoadStore, { partition, incarnation, base, end }: Chunk): Promise<number> =>
  store.removeBeyond({
    partition,
    incarnation: incarnation + 1,
    baseSeq: base.seq,
    toSeq: end.seq,
    which: 'thisAndNewer',
  });

const rangeOf = (chunk: Chunk): CommitRange => ({
  partition: chunk.partition,
  incarnation: chunk.incarnation,
  from: chunk.base.seq + 1,
  to: chunk.end.seq,
});

/** Up to which commits the store is whole, by its own word: a load's row in `loads` comes after all its other rows. */
import type { Store } from '#platform/clickhouse/index.ts';

export interface LoadedHead {
  readonly outSeq: number;
  readonly logTimeMs: number;
}

/** Of one partition; zeros for none. */
export async function loadedHead(store: Store, partition: number): Promise<LoadedHead> {
  const rows = await store.query<{ out_seq: string; log_time_ms: string }>(
    `SELECT out_seq, toUnixTimestamp64Milli(log_time) AS log_time_ms FROM valid_loads
     WHERE partition = {partition:UInt16} ORDER BY out_seq DESC LIMIT 1`,
    { partition },
  );
  return { outSeq: Number(rows[0]?.out_seq ?? 0), logTimeMs: Number(rows[0]?.log_time_ms ?? 0) };
}

/** Of all partitions, as parameters of `isCovered`. */
export async function loadedHeads(
  store: Store,
): Promise<{ readonly partitions: readonly number[]; readonly heads: readonly number[] }> {
  const rows = await store.query<{ partition: number; head: string }>(
    'SELECT partition, max(out_seq) AS head FROM valid_loads GROUP BY partition',
  );
  return { partitions: rows.map(({ partition }) => partition), heads: rows.map(({ head }) => Number(head)) };
}

/** True for rows of loads that are whole. */
export const isCovered =
  'out_seq <= transform(partition, {partitions:Array(UInt16)}, {heads:Array(UInt64)}, toUInt64(0))';

import type { Store } from '#platform/clickhouse/index.ts';
import { tables } from '../schema/tables.ts';
import type { Chunk, TableRows } from './chunk.ts';
import { recoveryCase, type RecoveryCase } from './recovery.ts';

/** Writes rows of which none can be in the store. */
export async function insertRows(store: Store, { table, lines }: TableRows, token: string): Promise<void> {
  const bytes = lines.length === 1 ? lines[0]! : Buffer.concat(lines);
  await store.insertTsv(
    table.name,
    table.columns.map(([name]) => name),
    bytes,
    { token },
  );
}

/** What the store holds of the rows that a chunk brings to one table. */
export async function inspect(store: Store, chunk: Chunk, rows: TableRows, heldSeqMax: number): Promise<RecoveryCase> {
  const found = await store.query<{ seq: string; rows: string }>(
    `SELECT out_seq AS seq, count() AS rows FROM ${rows.table.name} WHERE ${inRange} GROUP BY seq`,
    rangeOf(chunk),
  );
  const held = new Map(found.map((row) => [Number(row.seq), Number(row.rows)]));
  return recoveryCase({ doneSeq: chunk.base.seq, toSeq: chunk.end.seq, expected: rows.rowsBySeq, held, heldSeqMax });
}

/** Removes what one table holds of the chunk's range. */
export async function removeRows(store: Store, chunk: Chunk, rows: TableRows): Promise<void> {
  await store.command(
    `ALTER TABLE ${rows.table.name} DELETE WHERE ${inRange} SETTINGS mutations_sync = 2`,
    rangeOf(chunk),
  );
}

/** Highest commit of the partition of which any table holds rows; 0 when there is none. */
export async function heldSeqMax(store: Store, partition: number): Promise<number> {
  const each = tables.map(({ name }) => `SELECT max(out_seq) AS seq FROM ${name} WHERE partition = {partition:UInt16}`);
  const found = await store.query<{ seq: string }>(each.join(' UNION ALL '), { partition });
  return Math.max(0, ...found.map(({ seq }) => Number(seq)));
}

const inRange = `partition = {partition:UInt16} AND incarnation = {incarnation:UInt32} AND out_seq BETWEEN {from:UInt64} AND {to:UInt64}`;

const rangeOf = (chunk: Chunk) => ({
  partition: chunk.partition,
  incarnation: chunk.incarnation,
  from: chunk.base.seq + 1,
  to: chunk.end.seq,
});

import type { Store } from '#platform/clickhouse/index.ts';
import { tables, takeovers } from '../schema/tables.ts';
import type { Commit } from './commit.ts';
import { takeoverLine } from './lines.ts';

/**
 * Makes the store follow a take-over before anything of the new incarnation is loaded: rows beyond its base are void,
 * hidden by the views as soon as the take-over's own row is there, then removed. Returns how many were.
 *
 * A log that lost its tail may give incarnation numbers out twice, so rows of the same and higher ones count as void, too,
 * until the take-over's own row, which carries its nonce, stands in the store. Running it again changes nothing.
 */
export async function applyTakeover(store: Store, commit: Commit, token: string): Promise<number> {
  const { partition, incarnation, nonce, base } = commit.header;
  const place = { partition, incarnation, seq: commit.seq, nonce, baseSeq: base?.outSeq ?? 0 };
  const claims = await store.query<{ claims: string }>(
    `SELECT count() AS claims FROM ${takeovers.name}
     WHERE partition = {partition:UInt16} AND incarnation = {incarnation:UInt32} AND out_seq = {seq:UInt64} AND nonce = {nonce:String}`,
    place,
  );
  const isClaimed = Number(claims[0]?.claims) > 0;
  if (!isClaimed) await removeBeyond(store, { ...place, where: 'incarnation >= {incarnation:UInt32}' });
  const older = { ...place, where: 'incarnation < {incarnation:UInt32}' };
  if (!isClaimed) {
    const voidRows = sumOf(await countBeyond(store, older));
    const line = new TextEncoder().encode(takeoverLine(commit, voidRows));
    await store.insertTsv(
      takeovers.name,
      takeovers.columns.map(([name]) => name),
      line,
      { token },
    );
  }
  return removeBeyond(store, older);
}

interface Beyond {
  readonly partition: number;
  readonly incarnation: number;
  readonly baseSeq: number;
  readonly where: string;
}

const beyond = ({ where }: Beyond): string =>
  `partition = {partition:UInt16} AND out_seq > {baseSeq:UInt64} AND ${where}`;

const parametersOf = ({ partition, incarnation, baseSeq }: Beyond) => ({ partition, incarnation, baseSeq });

/** Rows beyond, by table. */
async function countBeyond(store: Store, range: Beyond): Promise<Map<string, number>> {
  const each = tables.map(
    ({ name }) => `SELECT '${name}' AS name, count() AS rows FROM ${name} WHERE ${beyond(range)}`,
  );
  const found = await store.query<{ name: string; rows: string }>(each.join(' UNION ALL '), parametersOf(range));
  return new Map(found.map(({ name, rows }) => [name, Number(rows)]));
}

const sumOf = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((sum, rows) => sum + rows, 0);

async function removeBeyond(store: Store, range: Beyond): Promise<number> {
  const counts = await countBeyond(store, range);
  for (const [table, rows] of counts) {
    if (rows === 0) continue;
    await store.command(
      `ALTER TABLE ${table} DELETE WHERE ${beyond(range)} SETTINGS mutations_sync = 2`,
      parametersOf(range),
    );
  }
  return sumOf(counts);
}

/** What the loader asks of the store, in few questions, so that a simulator can stand in with one that fails. */
import type { Store } from '#platform/clickhouse/index.ts';
import { loadedHead } from '../queries/heads.ts';
import { tables, takeovers, type Table } from '../schema/tables.ts';

/** Commits of one incarnation; both ends belong to it. */
export interface CommitRange {
  readonly partition: number;
  readonly incarnation: number;
  readonly from: number;
  readonly to: number;
}

/** Rows behind a commit: of incarnations from `incarnation` on, or of those before it. */
export interface Beyond {
  readonly partition: number;
  readonly baseSeq: number;
  /** The last commit that counts; without it all do. */
  readonly toSeq?: number;
  readonly incarnation: number;
  readonly which: 'older' | 'thisAndNewer';
}

export interface TakeoverClaim {
  readonly partition: number;
  readonly incarnation: number;
  readonly seq: number;
  readonly nonce: string;
}

export interface LoadStore {
  /** Writes tab-separated lines whole or not at all; the same token twice writes once, while the store remembers it. */
  insert(table: Table, lines: readonly Uint8Array[], token: string): Promise<void>;
  /** Rows of one table by commit. */
  rowsBySeq(table: Table, range: CommitRange): Promise<ReadonlyMap<number, number>>;
  remove(table: Table, range: CommitRange): Promise<void>;
  /** Highest commit of which any table holds rows; 0 when there is none. */
  heldSeqMax(partition: number): Promise<number>;
  /** Highest commit up to which the store is whole by its own word. */
  loadedSeq(partition: number): Promise<number>;
  /** Whether the take-over's own row is there. */
  isClaimed(claim: TakeoverClaim): Promise<boolean>;
  /** Rows of all tables beyond a base. */
  countBeyond(beyond: Beyond): Promise<number>;
  /** Removes them, and says how many they were. */
  removeBeyond(beyond: Beyond): Promise<number>;
}

const inRange = `partition = {partition:UInt16} AND incarnation = {incarnation:UInt32} AND out_seq BETWEEN {from:UInt64} AND {to:UInt64}`;

const isBeyond = ({ which }: Beyond): string =>
  `partition = {partition:UInt16} AND out_seq > {baseSeq:UInt64} AND out_seq <= {toSeq:UInt64} AND incarnation ${which === 'older' ? '<' : '>='} {incarnation:UInt32}`;

/** The questions in SQL. */
export function clickhouseLoadStore(store: Store): LoadStore {
  async function rowsBeyond(beyond: Beyond): Promise<Map<string, number>> {
    const each = tables.map(
      ({ name }) => `SELECT '${name}' AS name, count() AS rows FROM ${name} WHERE ${isBeyond(beyond)}`,
    );
    const found = await store.query<{ name: string; rows: string }>(each.join(' UNION ALL '), parametersOf(beyond));
    return new Map(found.map(({ name, rows }) => [name, Number(rows)]));
  }
  return {
    insert: ({ name, columns }, lines, token) =>
      store.insertTsv(
        name,
        columns.map(([column]) => column),
        lines,
        { token },
      ),
    async rowsBySeq({ name }, range) {
      const found = await store.query<{ seq: string; rows: string }>(
        `SELECT out_seq AS seq, count() AS rows FROM ${name} WHERE ${inRange} GROUP BY seq`,
        { ...range },
      );
      return new Map(found.map((row) => [Number(row.seq), Number(row.rows)]));
    },
    remove: ({ name }, range) =>
      store.command(`ALTER TABLE ${name} DELETE WHERE ${inRange} SETTINGS mutations_sync = 2`, { ...range }),
    async heldSeqMax(partition) {
      const each = tables.map(
        ({ name }) => `SELECT max(out_seq) AS seq FROM ${name} WHERE partition = {partition:UInt16}`,
      );
      const found = await store.query<{ seq: string }>(each.join(' UNION ALL '), { partition });
      return Math.max(0, ...found.map(({ seq }) => Number(seq)));
    },
    loadedSeq: async (partition) => (await loadedHead(store, partition)).outSeq,
    async isClaimed(claim) {
      const claims = await store.query<{ claims: string }>(
        `SELECT count() AS claims FROM ${takeovers.name}
         WHERE partition = {partition:UInt16} AND incarnation = {incarnation:UInt32} AND out_seq = {seq:UInt64} AND nonce = {nonce:String}`,
        { ...claim },
      );
      return Number(claims[0]?.claims) > 0;
    },
    countBeyond: async (beyond) => sumOf(await rowsBeyond(beyond)),
    async removeBeyond(beyond) {
      const counts = await rowsBeyond(beyond);
      for (const [table, rows] of counts) {
        if (rows === 0) continue;
        await store.command(
          `ALTER TABLE ${table} DELETE WHERE ${isBeyond(beyond)} SETTINGS mutations_sync = 2`,
          parametersOf(beyond),
        );
      }
      return sumOf(counts);
    },
  };
}

const parametersOf = ({ partition, incarnation, baseSeq, toSeq = Number.MAX_SAFE_INTEGER }: Beyond) => ({ partition, incarnation, baseSeq, toSeq }); // prettier-ignore

const sumOf = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((sum, rows) => sum + rows, 0);

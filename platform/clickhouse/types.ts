/** A value bound to a `{name:Type}` placeholder; it never becomes part of the SQL text. */
export type Parameter = string | number | bigint | boolean | readonly string[] | readonly number[];
export type Parameters = Readonly<Record<string, Parameter>>;

export interface InsertOptions {
  /** Deduplication token: a second insert into the table under the same token stores nothing. */
  readonly token: string;
}

/** ClickHouse as the aggregator sees it: embedded in the process, or a server. Every failure is a MeterlineError. */
export interface Store extends AsyncDisposable {
  /**
   * Rows as objects. Decimals and 64-bit integers come as text, smaller integers as numbers. A query that takes longer
   * than `queryMsMax` fails with CLICKHOUSE_TIMEOUT.
   */
  query<Row>(sql: string, parameters?: Parameters): Promise<Row[]>;
  /** A statement without rows: DDL, a mutation, INSERT … SELECT. Has no time limit. */
  command(sql: string, parameters?: Parameters): Promise<void>;
  /**
   * Inserts ready-made tab-separated lines, in pieces of whole lines. Resolves when they are stored and synced; on a
   * failure they may or may not be there. The bytes must not change until then.
   */
  insertTsv(
    table: string,
    columns: readonly string[],
    lines: readonly Uint8Array[],
    options: InsertOptions,
  ): Promise<void>;
}

import { assertLimits } from '../assertLimits.ts';

/** Bounds of the adapter, with what happens when they are reached. */
export const clickhouseLimits = {
  /** Connections for queries; a query waits for a free one. Inserts have one of their own, and so have commands. */
  queryConnections: 2,
  /** Users that wait for a connection; more fail at once with CLICKHOUSE_BUSY. */
  waitingMax: 200,
  /** A query that runs longer fails with CLICKHOUSE_TIMEOUT. */
  queryMsMax: 10_000,
  /** A query that needs more memory fails with CLICKHOUSE_REFUSED; grouping spills to disk at a quarter of it. */
  queryBytesMax: 512 * 1024 * 1024,
  /** Threads of one query of the embedded engine. */
  queryThreadsMax: 2,
  /** Inserts of several writers into the embedded engine wait so long for one another, unless so many bytes have come: they go as one. */
  gatherMs: 40,
  gatherBytes: 16 * 1024 * 1024,
  /** Lines of one insert; and how much larger at most they are as columns, and as one block, which is stored whole or not at all. */
  insertBytesMax: 32 * 1024 * 1024,
  columnsPerLineBytes: 3,
  insertBlockBytes: 256 * 1024 * 1024,
  insertBlockRows: 1_048_576,
  /** A line is no shorter: a row of most tables states its place. */
  lineBytesMin: 32,
  /**
   * A part of blocks below this size keeps its columns in one file: an insert would else make, sync and soon delete a hundred. What is merged
   * grows beyond it, and there each column is a file of its own.
   */
  compactPartBytesMax: 128 * 1024 * 1024,
  /** Tokens of inserts that are remembered; a load is not tried again after so many others. */
  tokensKnownMax: 10_000,
  /** An insert into a server that has no answer by then counts as of unknown fate. */
  insertTimeoutMs: 60_000,
  /** A command to a server that has no answer by then counts as of unknown fate; it tells that it lives this often. */
  commandTimeoutMs: 3_600_000,
  commandProgressMs: 20_000,
  /** The embedded engine merges no fewer parts than this: small loads are written anew less often. */
  mergePartsMin: 10,
  /** Memory of the embedded engine's process above which it refuses work. */
  embeddedBytesMax: 2 * 1024 * 1024 * 1024,
} as const;

const { insertBytesMax, columnsPerLineBytes, insertBlockBytes, insertBlockRows, lineBytesMin, ...other } =
  clickhouseLimits;

/** What must hold between them. */
assertLimits('platform/clickhouse', {
  'an insert is one block by its bytes': insertBytesMax * columnsPerLineBytes <= insertBlockBytes,
  'an insert is one block by its rows': insertBytesMax / lineBytesMin <= insertBlockRows,
  'an insert of blocks is one file of columns': insertBytesMax * columnsPerLineBytes <= other.compactPartBytesMax,
  'the engine has memory for an insert beside all queries':
    insertBlockBytes + other.queryConnections * other.queryBytesMax <= other.embeddedBytesMax,
  'a query ends before an insert into a server is given up': other.queryMsMax < other.insertTimeoutMs,
});

/** Settings of every query: exact numbers as text, bounded time and memory. */
export const querySettings = {
  output_format_json_quote_decimals: 1,
  output_format_json_quote_64bit_integers: 1,
  max_execution_time: clickhouseLimits.queryMsMax / 1000,
  max_memory_usage: String(clickhouseLimits.queryBytesMax),
  max_bytes_before_external_group_by: String(clickhouseLimits.queryBytesMax / 4),
} as const;

/** Settings of every command: those that compute take one thread and spill to disk, for loading goes on beside them. */
export const commandSettings = {
  max_threads: 1,
  max_bytes_before_external_group_by: String(clickhouseLimits.queryBytesMax / 4),
} as const;

/**
 * Settings of every insert: one synchronous part, deduplicated by its token. One thread and one block, so that the lines
 * of one month of log time are either all there or not at all.
 */
export const insertSettings = {
  async_insert: 0,
  insert_deduplicate: 1,
  max_insert_threads: '1',
  min_insert_block_size_rows: String(clickhouseLimits.insertBlockRows),
  min_insert_block_size_bytes: String(clickhouseLimits.insertBlockBytes),
  max_partitions_per_insert_block: '0',
} as const;

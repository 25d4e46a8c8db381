import { Readable } from 'node:stream';
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import { failureOf } from './failure.ts';
import { clickhouseLimits, commandSettings, insertSettings, querySettings } from './limits.ts';
import type { Parameters, Store } from './types.ts';

/** A ClickHouse server or cluster over HTTP(S); user and password come in the URL. */
export async function openServer(address: string, database: string): Promise<Store> {
  const url = new URL(address);
  // The client would take a path for the database, before the one that is asked for.
  url.pathname = '';
  const shared = {
    url,
    request_timeout: clickhouseLimits.insertTimeoutMs,
    keep_alive: { idle_socket_ttl: 2000 },
    // Who asked tells what failed, once.
    log: { level: ClickHouseLogLevel.OFF },
  } as const;
  const admin = createClient({ ...shared, database: 'default' });
  try {
    await admin.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}` });
  } catch (cause) {
    throw failureOf(cause, `${url.origin}:`);
  } finally {
    await admin.close();
  }
  return new ServerStore(
    createClient({
      ...shared,
      database,
      max_open_connections: clickhouseLimits.queryConnections,
      // Without it an error after the first rows would come as rows that are cut off.
      clickhouse_settings: { ...querySettings, wait_end_of_query: 1 },
    }),
    createClient({ ...shared, database, max_open_connections: 1 }),
    createClient({
      ...shared,
      database,
      max_open_connections: 1,
      request_timeout: clickhouseLimits.commandTimeoutMs,
      // A command may compute for long; what stands between must not take it for dead.
      clickhouse_settings: {
        ...commandSettings,
        send_progress_in_http_headers: 1,
        http_headers_progress_interval_ms: String(clickhouseLimits.commandProgressMs),
      },
      max_response_headers_size: 1024 * 1024,
    }),
  );
}

class ServerStore implements Store {
  readonly #reader: ClickHouseClient;
  readonly #writer: ClickHouseClient;
  readonly #commander: ClickHouseClient;

  constructor(reader: ClickHouseClient, writer: ClickHouseClient, commander: ClickHouseClient) {
    this.#reader = reader;
    this.#writer = writer;
    this.#commander = commander;
  }

  async query<Row>(sql: string, parameters: Parameters = {}): Promise<Row[]> {
    try {
      const result = await this.#reader.query({ query: sql, query_params: parameters, format: 'JSONEachRow' });
      return await result.json<Row>();
    } catch (cause) {
      throw failureOf(cause, '');
    }
  }

  async command(sql: string, parameters: Parameters = {}): Promise<void> {
    try {
      await this.#commander.command({ query: sql, query_params: parameters });
    } catch (cause) {
      throw failureOf(cause, '');
    }
  }

  async insertTsv(
    table: string,
    columns: readonly string[],
    lines: readonly Uint8Array[],
    { token }: { token: string },
  ): Promise<void> {
    try {
      await this.#writer.insert({
        table,
        columns: columns as [string, ...string[]],
        values: Readable.from(lines, { objectMode: false }),
        format: 'TabSeparated',
        clickhouse_settings: { ...insertSettings, insert_deduplication_token: token },
      });
    } catch (cause) {
      throw failureOf(cause, `Insert into ${table}.`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#reader.close(), this.#writer.close(), this.#commander.close()]);
  }
}

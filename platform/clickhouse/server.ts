import { Readable } from 'node:stream';
import { createClient, type ClickHouseClient } from '@clickhouse/client';
import { failureOf } from './failure.ts';
import { clickhouseLimits, insertSettings, querySettings } from './limits.ts';
import type { Parameters, Store } from './types.ts';

/** A ClickHouse server or cluster over HTTP(S); user and password come in the URL. */
export async function openServer(url: string, database: string): Promise<Store> {
  const shared = {
    url,
    request_timeout: clickhouseLimits.insertTimeoutMs,
    keep_alive: { idle_socket_ttl: 2000 },
  } as const;
  const admin = createClient({ ...shared, database: 'default' });
  try {
    await admin.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}` });
  } catch (cause) {
    throw failureOf(cause, `${withoutSecrets(url)}:`);
  } finally {
    await admin.close();
  }
  return new ServerStore(
    createClient({
      ...shared,
      database,
      max_open_connections: clickhouseLimits.queryConnections,
      clickhouse_settings: querySettings,
    }),
    createClient({ ...shared, database, max_open_connections: 1 }),
  );
}

class ServerStore implements Store {
  readonly #reader: ClickHouseClient;
  readonly #writer: ClickHouseClient;

  constructor(reader: ClickHouseClient, writer: ClickHouseClient) {
    this.#reader = reader;
    this.#writer = writer;
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
      await this.#writer.command({ query: sql, query_params: parameters });
    } catch (cause) {
      throw failureOf(cause, '');
    }
  }

  async insertTsv(
    table: string,
    columns: readonly string[],
    lines: Uint8Array,
    { token }: { token: string },
  ): Promise<void> {
    try {
      await this.#writer.insert({
        table,
        columns: columns as [string, ...string[]],
        values: Readable.from([lines], { objectMode: false }),
        format: 'TabSeparated',
        clickhouse_settings: { ...insertSettings, insert_deduplication_token: token },
      });
    } catch (cause) {
      throw failureOf(cause, `Insert into ${table}.`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#reader.close(), this.#writer.close()]);
  }
}

function withoutSecrets(url: string): string {
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  return parsed.href;
}

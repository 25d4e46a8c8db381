import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open as openFile, unlink, type FileHandle } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Session } from 'chdb';
import { clickhouseError } from './errors.ts';
import { failureOf } from './failure.ts';
import { clickhouseLimits, commandSettings, insertSettings, querySettings } from './limits.ts';
import { Gather, type Insert } from './gather.ts';
import { Pool } from './pool.ts';
import type { Parameters, Store } from './types.ts';

/**
 * Opens ClickHouse in this process on the directory, which one process at a time may own; never from a worker thread.
 * Inserts have a connection of their own, commands another and queries a small pool, for a connection is a queue. The engine runs bound
 * queries of a process one after another, which `queryMsMax` bounds.
 */
export async function openEmbedded(directory: string, database: string, writers: number): Promise<Store> {
  const path = resolve(directory);
  const connectionArgs = [`--config-file=${prepare(path)}`];
  const chdb = await import('chdb').catch((cause: unknown) => {
    throw clickhouseError('CLICKHOUSE_UNSUPPORTED', '', {}, cause);
  });
  let lines: FileHandle | undefined;
  const sessions: Session[] = [];
  const open = (): Session => {
    const session = new chdb.Session(path, { connectionArgs });
    sessions.push(session);
    return session;
  };
  const close = async () => {
    for (const session of sessions) session.close();
    await chdb.drainPending();
    await lines?.close();
  };
  try {
    lines = await namelessFile(join(path, 'insert.tsv'));
    const writer = open();
    writer.query(`CREATE DATABASE IF NOT EXISTS ${database} ENGINE = Atomic`);
    writer.query(`USE ${database}`);
    const openWith = (settings: Readonly<Record<string, string | number>>): Session => {
      const session = open();
      session.query(`USE ${database}`);
      for (const [name, value] of Object.entries(settings)) session.query(`SET ${name} = ${value}`);
      return session;
    };
    const readers = Array.from({ length: clickhouseLimits.queryConnections }, () => openWith(queryDefaults));
    return new EmbeddedStore({ session: writer, lines }, writers, openWith(commandSettings), readers, close);
  } catch (cause) {
    await close();
    throw openFailure(path, cause);
  }
}

const queryDefaults = { ...querySettings, max_threads: clickhouseLimits.queryThreadsMax };

/** A connection for inserts, and the file that it reads them from. */
interface Writer {
  readonly session: Session;
  readonly lines: FileHandle;
}

class EmbeddedStore implements Store {
  readonly #writer: Pool<Writer>;
  readonly #gather: Gather | undefined;
  readonly #commander: Pool<Session>;
  readonly #readers: Pool<Session>;
  readonly #close: () => Promise<void>;

  constructor(
    writer: Writer,
    writers: number,
    commander: Session,
    readers: readonly Session[],
    close: () => Promise<void>,
  ) {
    if (writers > 1) this.#gather = new Gather((insert) => this.#insert(insert), writers);
    this.#writer = new Pool([writer]);
    this.#commander = new Pool([commander]);
    this.#readers = new Pool(readers);
    this.#close = close;
  }

  async query<Row>(sql: string, parameters: Parameters = {}): Promise<Row[]> {
    const text = await this.#readers.use((session) => run(session, sql, parameters, 'JSONEachRow'));
    return text === '' ? [] : (JSON.parse(`[${text.trimEnd().replaceAll('\n', ',')}]`) as Row[]);
  }

  async command(sql: string, parameters: Parameters = {}): Promise<void> {
    await this.#commander.use((session) => run(session, sql, parameters, 'Null'));
  }

  async insertTsv(
    table: string,
    columns: readonly string[],
    lines: readonly Uint8Array[],
    { token }: { token: string },
  ): Promise<void> {
    const insert = { table, columns, lines, token };
    await (this.#gather?.insert(insert) ?? this.#insert(insert));
  }

  async #insert({ table, columns, lines, token }: Insert): Promise<void> {
    const settings = Object.entries({ ...insertSettings, insert_deduplication_token: `'${token}'` });
    await this.#writer.use(async (writer) => {
      try {
        await fill(writer.lines, lines);
        await writer.session.queryAsync(
          `INSERT INTO ${table} (${columns.join(', ')}) FROM INFILE '/dev/fd/${writer.lines.fd}'
           SETTINGS ${settings.map(([name, value]) => `${name} = ${value}`).join(', ')} FORMAT TabSeparated`,
        );
      } catch (cause) {
        throw failureOf(cause, `Insert into ${table}.`);
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

/**
 * A file that only its handle still leads to, and that is gone with the process. The engine reads lines from it, for of a statement that
 * holds them it would take apart every number as a word of SQL, which costs more than all else of the insert.
 */
async function namelessFile(path: string): Promise<FileHandle> {
  const handle = await openFile(path, 'w+', 0o600);
  await unlink(path);
  return handle;
}

async function fill(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  await file.truncate();
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const { bytesWritten } = await file.writev(pieces, 0);
  if (bytesWritten < length) throw new Error(`No space left on device: ${bytesWritten} of ${length} bytes written.`);
}

async function run(session: Session, sql: string, parameters: Parameters, format: string): Promise<string> {
  try {
    const bound = Object.keys(parameters).length > 0;
    const result = await (bound
      ? session.queryBindAsync(sql, parameters, { format })
      : session.queryAsync(sql, { format }));
    return result.text();
  } catch (cause) {
    throw failureOf(cause, '');
  }
}

/** Makes the directory and the engine's configuration: few threads, small caches, no network, no logs. */
function prepare(path: string): string {
  const file = join(path, 'meterline.xml');
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    writeFileSync(file, engineConfig, { mode: 0o600 });
  } catch (cause) {
    throw clickhouseError(
      'CLICKHOUSE_UNUSABLE',
      `${path}: ${cause instanceof Error ? cause.message : ''}`,
      { path },
      cause,
    );
  }
  return file;
}

const engineConfig = `<clickhouse>
  <background_pool_size>2</background_pool_size>
  <background_move_pool_size>1</background_move_pool_size>
  <background_fetches_pool_size>1</background_fetches_pool_size>
  <background_common_pool_size>2</background_common_pool_size>
  <background_schedule_pool_size>2</background_schedule_pool_size>
  <mark_cache_size>67108864</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <max_server_memory_usage>${clickhouseLimits.embeddedBytesMax}</max_server_memory_usage>
  <asynchronous_metrics_update_period_s>60</asynchronous_metrics_update_period_s>
  <memory_worker_period_ms>1000</memory_worker_period_ms>
  <global_profiler_real_time_period_ns>0</global_profiler_real_time_period_ns>
  <global_profiler_cpu_time_period_ns>0</global_profiler_cpu_time_period_ns>
  <merge_tree>
    <min_parts_to_merge_at_once>${clickhouseLimits.mergePartsMin}</min_parts_to_merge_at_once>
    <number_of_free_entries_in_pool_to_execute_mutation>1</number_of_free_entries_in_pool_to_execute_mutation>
    <number_of_free_entries_in_pool_to_lower_max_size_of_merge>1</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
    <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>1</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
  </merge_tree>
</clickhouse>
`;

/** The engine says no more than "failed" when it cannot open; its lock file tells whether another process holds it. */
function openFailure(path: string, cause: unknown): Error {
  const holder = holderOf(path);
  return holder === undefined
    ? clickhouseError('CLICKHOUSE_UNUSABLE', `${path}.`, { path }, cause)
    : clickhouseError('CLICKHOUSE_LOCKED', `${path} is held by process ${holder}.`, { path, process: holder }, cause);
}

/** Process id in the engine's lock file when that process lives and is not this one. */
function holderOf(path: string): number | undefined {
  try {
    const pid = Number(/^PID: (\d+)$/m.exec(readFileSync(join(path, 'status'), 'utf8'))?.[1]);
    if (!Number.isInteger(pid) || pid === process.pid) return undefined;
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 0 : undefined;
  }
}

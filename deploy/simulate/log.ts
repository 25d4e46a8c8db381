/** The recorded log of an instance: that of a running one, or of a stopped one on a broker opened for the purpose. */
import { streams } from '#core/messages/names.ts';
import { Chain } from '#core/reference/audit/chain.ts';
import { Faults } from '#core/reference/audit/faults.ts';
import { History } from '#core/simulate/history.ts';
import type { RecordedCommit } from '#core/simulate/simulation.ts';
import { dataPaths, type Config } from '#platform/config.ts';
import type { Log } from '#platform/log.ts';
import { connectNats, jetstreamLog } from '#platform/nats/index.ts';
import { corePorts } from '#rater/ports.ts';
import { deployError } from '../errors.ts';
import { officeClient } from '../officeClient.ts';
import { isInstanceRunning, lockInstance } from '../instance/lock.ts';
import { endOrphans } from '../instance/processes.ts';
import { startBroker } from '../verify/broker.ts';
import { RangeMissing, StreamReader } from '../verify/inputs.ts';
import { readCommit, takenInputs } from '../verify/partition.ts';
import { rowsOfOffice, rowsOfStore, type StoredRows } from './rows.ts';

export interface RecordedLog extends AsyncDisposable {
  readonly log: Log;
  readonly instance: 'running' | 'stopped';
  /** The rows of a tenant in ClickHouse, which has one owner: the office while it runs. */
  readonly rows: (tenant: string, partition: number) => StoredRows;
}

export async function openLog(config: Config): Promise<RecordedLog> {
  if (isInstanceRunning(config.dataDir)) {
    const connection = await connectNats({ ...config.nats, role: 'admin' });
    const log = await jetstreamLog(connection);
    const rows = (tenant: string) => rowsOfOffice(officeClient(config), tenant);
    return { log, instance: 'running', rows, [Symbol.asyncDispose]: () => connection.close() };
  }
  await using opened = new AsyncDisposableStack();
  opened.use(lockInstance(config.dataDir));
  await endOrphans(config.dataDir, () => undefined);
  const broker = opened.use(await startBroker(config));
  const log = await jetstreamLog(broker.connection);
  const stays = opened.move();
  const url = `embedded:${dataPaths(config.dataDir).clickhouse}`;
  const rows = (tenant: string, partition: number) => rowsOfStore(url, tenant, partition);
  return { log, instance: 'stopped', rows, [Symbol.asyncDispose]: () => stays.disposeAsync() };
}

/** What billing has decided on a partition so far. Throws LOG_INCOMPLETE. */
export async function readHistory(log: Log, partition: number): Promise<History> {
  const stream = streams.control(partition);
  await using reader = new StreamReader(log, stream);
  const history = new History(partition, corePorts());
  const { lastSeq } = await log.info(stream);
  await whole(partition, async () => {
    for (let seq = 1; seq <= lastSeq; seq++) history.take(await reader.read(seq));
  });
  return history;
}

/** Hands on the commits of a partition that count, from the first to the one at `upTo`, until `take` answers false. Throws LOG_INCOMPLETE. */
export async function readCommits(
  log: Log,
  partition: number,
  upTo: number,
  take: (commit: RecordedCommit) => boolean,
): Promise<void> {
  await using rated = new StreamReader(log, streams.rated(partition));
  await using usage = new StreamReader(log, streams.usage(partition));
  await using control = new StreamReader(log, streams.control(partition));
  const chain = new Chain();
  const faults = new Faults();
  await whole(partition, async () => {
    for (let seq = 1; seq <= upTo; seq++) {
      const commit = readCommit(await rated.read(seq));
      if (commit === undefined || !chain.follow(commit, partition, faults)) continue;
      if (faults.count('FENCE') > 0) break;
      const inputs = await takenInputs(commit.header, { usage, control });
      if (!take({ header: commit.header, blocks: commit.blocks, inputs })) return;
    }
    chain.finish(partition, faults);
    if (faults.count('FENCE') > 0) throw deployError('LOG_INCOMPLETE', faults.tell('FENCE'), { partition });
  });
}

async function whole(partition: number, read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof RangeMissing)) throw error;
    throw deployError('LOG_INCOMPLETE', `Partition ${partition}: ${error.message}.`, { partition }, error);
  }
}

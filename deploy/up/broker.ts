import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataPaths, type Config } from '#platform/config.ts';
import { connectNats, ensureStreams } from '#platform/nats/index.ts';
import type { StreamLimits } from '#platform/nats/streams.ts';
import { deployError } from '../errors.ts';
import type { ChildSpec } from './child.ts';

const logBytesMax = 4 * 1024 ** 2;

/** The embedded nats-server. */
export function brokerSpec(config: Config, natsConfigPath: string): ChildSpec {
  const program = process.env['METERLINE_NATS_SERVER'];
  if (program === undefined) throw deployError('NATS_NOT_FOUND', 'METERLINE_NATS_SERVER is not set.');
  const log = join(dataPaths(config.dataDir).run, 'nats-server.log');
  return {
    name: 'nats-server',
    command: program,
    args: ['--config', natsConfigPath, '--log', log, '--log_size_limit', String(logBytesMax)],
    tied: true,
    lastWords: () => readFileSync(log, 'utf8').trimEnd().split('\n').at(-1) ?? '',
    ready: () => isHealthy(`${config.nats.monitorUrl}/healthz`),
  };
}

/** True when the address answers 200. */
export async function isHealthy(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
  await response.body?.cancel();
  return response.ok;
}

/** Makes the streams that are missing and checks those that are there. */
export async function prepareStreams(config: Config, limits: StreamLimits): Promise<void> {
  const { url, credentials, replicas } = config.nats;
  const connection = await connectNats({ url, credentials, role: 'admin' });
  try {
    await ensureStreams(connection, config.partitions, replicas, limits);
  } finally {
    await connection.close();
  }
}

import { readFileSync } from 'node:fs';
import type { Config } from '#platform/config.ts';
import { connectNats, ensureStreams } from '#platform/nats/index.ts';
import { deployError } from '../errors.ts';
import type { StorePlan } from '../instance/disk.ts';
import { natsLogPathOf } from '../instance/prepare.ts';
import type { ChildSpec } from './child.ts';

/** The embedded nats-server. */
export function brokerSpec(config: Config, natsConfigPath: string): ChildSpec {
  const program = process.env['METERLINE_NATS_SERVER'];
  if (program === undefined) throw deployError('NATS_NOT_FOUND', 'METERLINE_NATS_SERVER is not set.');
  const log = natsLogPathOf(config.dataDir);
  return {
    name: 'nats-server',
    command: program,
    args: ['--config', natsConfigPath],
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
export async function prepareStreams(config: Config, plan: StorePlan): Promise<void> {
  const { url, credentials, replicas } = config.nats;
  const connection = await connectNats({ url, credentials, role: 'admin' });
  try {
    await ensureStreams(connection, config, replicas, plan.streams, plan.budgetBytes);
  } finally {
    await connection.close();
  }
}

import { existsSync } from 'node:fs';
import { configPath, readConfig } from '#platform/config.ts';
import { clusterHealth, connectNats, probeBroker, type NatsConnection } from '#platform/nats/index.ts';
import { platformError } from '#platform/errors.ts';
import { fault, warning, well, type Finding } from './finding.ts';

/** How long the brokers may take to let the doctor in. */
const connectMsMax = 3000;
/** Faults of replicas that are named; the rest is counted. */
const namedMax = 5;

/** Whether the brokers of a cluster are safe to use, and how well their replicas are. */
export async function brokerFindings(dataDir: string): Promise<Finding[]> {
  if (!existsSync(configPath(dataDir))) return [];
  let config;
  try {
    config = readConfig(configPath(dataDir));
  } catch {
    return []; // The configuration has a finding of its own.
  }
  const { replicas } = config.nats;
  if (replicas === 1) return [well('broker probe', 'not needed: streams are not replicated')];
  let connection: NatsConnection;
  try {
    connection = await connectNats({ ...config.nats, role: 'admin', waitMsMax: connectMsMax });
  } catch (error) {
    return [fault('cluster', (error as Error).message, (error as { solve?: string }).solve ?? '')];
  }
  try {
    return [await probed(connection, replicas), ...(await replicaFindings(connection))];
  } catch (error) {
    const detail = `${connection.getServer()} answers, and no majority: ${(error as Error).message}`;
    return [fault('cluster', detail, 'Start the brokers that are down; two of three must see each other.')];
  } finally {
    await connection.close();
  }
}

async function probed(connection: NatsConnection, replicas: number): Promise<Finding> {
  const version = connection.info?.version ?? '';
  if ((await probeBroker(connection, replicas)) !== 'failed') return well('broker probe', `${version} passes`);
  const { message, solve } = platformError('NATS_CLUSTER_UNSAFE', `Found ${version}.`);
  return fault('broker probe', message, solve);
}

async function replicaFindings(connection: NatsConnection): Promise<Finding[]> {
  const { streams, leaders, faults } = await clusterHealth(connection);
  const led = [...leaders]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([broker, count]) => `${broker} leads ${count}`);
  const detail = `${streams} streams; ${led.join(', ')}`;
  if (faults.length === 0) return [well('cluster', `${detail}; every replica is up to date`)];
  const more = faults.length > namedMax ? `; and ${faults.length - namedMax} more` : '';
  const solve = 'Start brokers that are down and wait until they have caught up before another one is stopped.';
  return [warning('cluster', `${detail}; ${faults.slice(0, namedMax).join('; ')}${more}`, solve)];
}

import { join } from 'node:path';
import type { Me } from '#core/messages/api.ts';
import { configPath, dataPaths, readConfig, type Config } from '#platform/config.ts';
import { agentRole, connectNats, ensureSeed } from '#platform/nats/index.ts';
import { recordAgent } from './instance/keys.ts';
import { storeBytesOf, writeNatsConfig } from './instance/prepare.ts';
import { readProcesses } from './instance/processes.ts';
import { officeClient } from './officeClient.ts';
import { ensureEnrolled, type Enrolment } from './up/enrolment.ts';

/** How long the broker may take to let a new producer in. */
const reloadMsMax = 10_000;

export interface EnrolResult {
  readonly producer: string;
  readonly tenant: string;
  /** File of the Ed25519 seed, to be moved to the producer's machine. */
  readonly signingKey: string;
  /** File of the broker's nkey seed, likewise. */
  readonly credentials: string;
}

/** Lets the embedded broker know who may connect now, and waits until it lets `role` in; without one, until it was told. */
export async function reloadBroker(config: Config, role?: string): Promise<void> {
  const { dataDir } = config;
  writeNatsConfig(config, storeBytesOf(dataDir));
  const broker = readProcesses(dataDir).find(({ name }) => name === 'nats-server');
  if (broker === undefined) return;
  process.kill(broker.pid, 'SIGHUP');
  const { url, credentials } = config.nats;
  if (role !== undefined) await (await connectNats({ url, credentials, role, waitMsMax: reloadMsMax })).close();
}

/** Makes a producer's keys, lets the broker know them (it reloads), and registers the public key in the log. */
export async function enrol(dataDir: string, enrolment: Enrolment): Promise<EnrolResult> {
  const config = readConfig(configPath(dataDir));
  const office = officeClient(config);
  const tenant = (await office.get<Me>('/me')).tenant.id;
  recordAgent(dataDir, { tenant, producer: enrolment.id });
  ensureSeed(config.nats.credentials, agentRole(enrolment.id));
  await reloadBroker(config, agentRole(enrolment.id));
  await ensureEnrolled(office, enrolment);
  return {
    producer: enrolment.id,
    tenant,
    signingKey: join(dataPaths(dataDir).collector, enrolment.id, 'signing.key'),
    credentials: join(config.nats.credentials, `${agentRole(enrolment.id)}.nk`),
  };
}

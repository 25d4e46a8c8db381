import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { collectorError } from '#collector/errors.ts';
import { dataPaths } from '#platform/config.ts';
import { newSigningSeed, signingKey } from '#platform/crypto.ts';
import { serviceRole, type AgentIdentity, type ServiceIdentity } from '#platform/nats/index.ts';
import { deployError } from '../errors.ts';
import { writeDurably } from './files.ts';

/** Makes the secrets of an instance that it does not have yet; each is a file of mode 0600. */
export function ensureKeys(dataDir: string): void {
  const paths = dataPaths(dataDir);
  ensureSecret(paths.adminKey, () => `mtl_${randomBytes(32).toString('base64url')}`);
  ensureSecret(paths.sealingKey, () => randomBytes(32).toString('base64url'));
}

export const readAdminKey = (dataDir: string): string => readFileSync(dataPaths(dataDir).adminKey, 'utf8').trim();

/** The producer's public key; its seed is made when it has none. */
export function ensureSigningKey(dataDir: string, producer: string): string {
  const path = join(dataPaths(dataDir).collector, producer, 'signing.key');
  ensureSecret(path, newSigningSeed);
  try {
    return signingKey(readFileSync(path, 'utf8').trim()).publicKey;
  } catch (cause) {
    throw collectorError('AGENT_KEY_INVALID', path, { path }, cause);
  }
}

function ensureSecret(path: string, make: () => string): void {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeDurably(path, `${make()}\n`);
}

const agentSchema = z.object({ tenant: z.string(), producer: z.string() });

/** Records that the broker shall know this agent; natsServerConfig gives it its rights at the next (re)load. */
export function recordAgent(dataDir: string, agent: AgentIdentity): void {
  const folder = join(dataPaths(dataDir).collector, agent.producer);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeDurably(join(folder, 'agent.json'), `${JSON.stringify(agent)}\n`);
}

/** Agents that were recorded on this instance, in the order of their names. */
export function recordedAgents(dataDir: string): AgentIdentity[] {
  const { collector } = dataPaths(dataDir);
  if (!existsSync(collector)) return [];
  return readdirSync(collector)
    .toSorted()
    .map((producer) => join(collector, producer, 'agent.json'))
    .filter((path) => existsSync(path))
    .map(readAgent);
}

function readAgent(path: string): AgentIdentity {
  try {
    return agentSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw deployError('INSTANCE_DAMAGED', `${path} does not name a tenant and a producer.`, { path }, cause);
  }
}

const serviceSchema = z.object({ tenant: z.string(), service: z.string() });

/** Where it is recorded that the broker shall know a service of a tenant, beside its seed. */
export const servicePath = (dataDir: string, service: string): string =>
  join(dataPaths(dataDir).credentials, `${serviceRole(service)}.json`);

export function recordService(dataDir: string, service: ServiceIdentity): void {
  writeDurably(servicePath(dataDir, service.service), `${JSON.stringify(service)}\n`);
}

/** Services that were recorded on this instance, in the order of their names. */
export function recordedServices(dataDir: string): ServiceIdentity[] {
  const { credentials } = dataPaths(dataDir);
  if (!existsSync(credentials)) return [];
  const files = readdirSync(credentials).filter((name) => name.startsWith(serviceRole('')) && name.endsWith('.json'));
  return files.toSorted().map((name) => readService(join(credentials, name)));
}

function readService(path: string): ServiceIdentity {
  try {
    return serviceSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw deployError('INSTANCE_DAMAGED', `${path} does not name a tenant and a service.`, { path }, cause);
  }
}

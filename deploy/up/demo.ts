import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Config } from '#platform/config.ts';
import { dataPaths } from '#platform/config.ts';
import type { AgentIdentity } from '#platform/nats/index.ts';
import { deployError } from '../errors.ts';
import { recordedAgents } from '../instance/keys.ts';
import { programRoot } from '../instance/version.ts';
import type { ChildSpec } from './child.ts';
import { localProducer, type UpOptions } from './options.ts';

/** The organisation that a first start shows. */
export const demoOrganisation = join(programRoot, 'examples', 'northwind.yaml');

/** The agent of this machine: the one recorded earlier, else one for the organisation's tenant; none without either. */
export function findAgent(options: Pick<UpOptions, 'dataDir' | 'organisation'>): AgentIdentity | undefined {
  const recorded = recordedAgents(options.dataDir).find(({ producer }) => producer === localProducer);
  if (recorded !== undefined) return recorded;
  if (options.organisation === '') return undefined;
  return { tenant: tenantOf(options.organisation), producer: localProducer };
}

/** The tenant's id in an organisation file; the office checks the rest when it applies the file. */
function tenantOf(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw deployError('FILE_UNREADABLE', `${path} (${(cause as NodeJS.ErrnoException).code}).`, { path }, cause);
  }
  const tenant = (parse(text) as { tenant?: { id?: unknown } | string } | null)?.tenant;
  const id = typeof tenant === 'string' ? tenant : tenant?.id;
  if (typeof id === 'string') return id;
  throw deployError('USAGE', `${path} names no tenant (tenant.id), so --organisation cannot use it.`, { path });
}

const throttle = join(programRoot, 'examples', 'throttle');

/** Pid file of the busy demo service, which the agent meters as `svc-render`. */
export const servicePidPath = (dataDir: string): string => join(dataPaths(dataDir).run, 'svc-render.pid');

/** The busy service, and the receiver that throttles it when its budget is spent. */
export function demoSpecs(config: Config, onLine: Pick<ChildSpec, 'onLogLine'>): ChildSpec[] {
  const pidFile = servicePidPath(config.dataDir);
  const spec = (name: string, script: string, args: readonly string[]): ChildSpec => ({
    name,
    command: process.execPath,
    args: [join(throttle, script), '--pid-file', pidFile, ...args],
    ready: () => Promise.resolve(existsSync(pidFile)),
    ...onLine,
  });
  return [spec('demo-service', 'service.ts', []), spec('demo-receiver', 'receiver.ts', [])];
}

import { join } from 'node:path';
import type { Config } from '#platform/config.ts';
import { roleFlags } from '../bootstrap/roleFlags.mjs';
import { programRoot } from '../instance/version.ts';
import type { Role } from '../roles.ts';
import { isHealthy } from './broker.ts';
import type { ChildSpec } from './child.ts';

type OnLine = { readonly onLogLine?: (line: string) => void };

/** A role as a child process on this same Node, with the role's own flags. */
export function roleSpec(role: Role, config: Config, configPath: string, onLine: OnLine): ChildSpec {
  const { host, port } = config[role];
  return {
    name: role,
    command: process.execPath,
    args: [...roleFlags[role], join(programRoot, 'deploy', 'cli.ts'), role, '--config', configPath],
    ready: () => isHealthy(`http://${host}:${port}/readyz`),
    ...onLine,
  };
}

/** Simulated hosts; they publish through the same log as real ones. */
export function fleetSpec(configPath: string, hosts: number, historyDays: number, onLine: OnLine): ChildSpec {
  const args = ['--config', configPath, '--hosts', String(hosts), '--history', String(historyDays)];
  return {
    name: 'fleet',
    command: process.execPath,
    args: [join(programRoot, 'deploy', 'fleet.ts'), ...args],
    ready: () => Promise.resolve(true),
    ...onLine,
  };
}

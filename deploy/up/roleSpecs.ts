import { join } from 'node:path';
import type { Config } from '#platform/config.ts';
import { roleFlags } from '../bootstrap/roleFlags.mjs';
import { takePorts } from '../instance/ports.ts';
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

/** Raters beside the first; each has a port of its own. */
export async function moreRaters(
  count: number,
  config: Config,
  configPath: string,
  onLine: OnLine,
): Promise<ChildSpec[]> {
  const ports = await takePorts(
    config.rater.host,
    Array.from({ length: count }, () => 0),
  );
  return ports.map((port, index) => {
    const spec = roleSpec('rater', { ...config, rater: { ...config.rater, port } }, configPath, onLine);
    return { ...spec, name: `rater-${index + 2}`, args: [...spec.args, '--port', String(port)] };
  });
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

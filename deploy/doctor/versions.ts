import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { isSupportedNats, natsVersionMin, parseNatsVersion } from '../bootstrap/natsVersion.mjs';
import { cachedNatsServer } from '../bootstrap/nats.mjs';
import { programVersion } from '../instance/version.ts';
import { fault, warning, well, type Finding } from './finding.ts';

const runProgram = promisify(execFile);

export async function versionFindings(): Promise<Finding[]> {
  return [well('meterline', programVersion), nodeFinding(), await natsFinding(), await engineFinding(), agentFinding()];
}

function nodeFinding(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= 26) return well('node', process.versions.node);
  return fault('node', `${process.versions.node}; 26 is needed`, 'Run through bin/meterline.mjs, which brings it.');
}

async function natsFinding(): Promise<Finding> {
  const path =
    process.env['METERLINE_NATS_SERVER'] ?? (existsSync(cachedNatsServer) ? cachedNatsServer : 'nats-server');
  const solve = `Put nats-server ${natsVersionMin.join('.')} or newer on PATH, name it in METERLINE_NATS_SERVER, or let \`npm start\` fetch it.`;
  try {
    const version = parseNatsVersion((await runProgram(path, ['--version'], { timeout: 10_000 })).stdout);
    if (version !== undefined && isSupportedNats(version)) return well('nats-server', `${version} (${path})`);
    return fault('nats-server', `${path} is ${version ?? 'of unknown version'}`, solve);
  } catch {
    return warning('nats-server', `${path} does not run`, solve);
  }
}

async function engineFinding(): Promise<Finding> {
  try {
    const { query } = await import('chdb');
    return well('clickhouse', `embedded ${query('SELECT version()', 'TSV').trim()}`);
  } catch (error) {
    return fault(
      'clickhouse',
      `the embedded engine does not load: ${(error as Error).message}`,
      'Set clickhouse.url to a ClickHouse server.',
    );
  }
}

/** The agent reads the kernel's own files; without them it has nothing to meter. */
function agentFinding(): Finding {
  if (!existsSync('/proc/stat')) {
    return warning(
      'agent',
      'there is no /proc on this system',
      'Meter this machine from a Linux container, or use the push gateway.',
    );
  }
  const cgroup = existsSync('/sys/fs/cgroup/cgroup.controllers')
    ? 'v2'
    : existsSync('/sys/fs/cgroup/cpu')
      ? 'v1'
      : 'none';
  const lines = readFileSync('/proc/stat', 'utf8')
    .split('\n')
    .filter((line) => /^cpu\d/.test(line)).length;
  return well('agent', `/proc with ${lines} processors, cgroup ${cgroup}`);
}

/** Who this agent is: its key, its machine, its boot, and that it alone writes its spool. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { idPattern, resourcePattern } from '#core/messages/names.ts';
import { dataPaths, type Config } from '#platform/config.ts';
import { sha256, signingKey } from '#platform/crypto.ts';
import { agentRole } from '#platform/nats/index.ts';
import type { Producer } from './batches/seal.ts';
import { collectorError } from './errors.ts';
import { tryReadText } from './sources/files.ts';
import { bootTimeMs } from './sources/index.ts';

/** Throws AGENT_ID_INVALID, AGENT_NOT_ENROLLED or AGENT_KEY_INVALID. */
export function loadProducer(config: Config): Producer {
  const { tenant, producer, processes } = config.collector;
  for (const id of [tenant, producer]) {
    if (!idPattern.test(id)) throw collectorError('AGENT_ID_INVALID', `${JSON.stringify(id)} is not an id.`, { id });
  }
  for (const name of Object.keys(processes)) {
    if (!resourcePattern.test(`${producer}/${name}`)) {
      throw collectorError('AGENT_ID_INVALID', `${JSON.stringify(name)} cannot name a service.`, { name });
    }
  }
  const path = join(agentDir(config), 'signing.key');
  const credentials = join(config.nats.credentials, `${agentRole(producer)}.nk`);
  for (const file of [path, credentials]) {
    if (!existsSync(file)) throw collectorError('AGENT_NOT_ENROLLED', `Looked for ${file}.`, { file, producer });
  }
  const seed = readFileSync(path, 'utf8').trim();
  if (!/^[A-Za-z0-9_-]{43}$/.test(seed)) throw collectorError('AGENT_KEY_INVALID', path, { path });
  return { tenant, id: producer, key: signingKey(seed) };
}

export const agentDir = (config: Config): string =>
  join(dataPaths(config.dataDir).collector, config.collector.producer);

/** Hash of the machine's id, so that a spool that was copied to another machine is recognized; "" when it has none. */
export function machineIdentity(procRoot: string): string {
  const text = tryReadText(join(dirname(procRoot), 'etc', 'machine-id'));
  return typeof text === 'string' ? sha256(Buffer.from(text.trim())) : '';
}

/** Changes with every boot; "" where the tree has none. */
export function bootIdentity(procRoot: string): string {
  const text = tryReadText(join(procRoot, 'sys', 'kernel', 'random', 'boot_id'));
  return typeof text === 'string' ? text.trim() : '';
}

/** When the machine booted, UTC ms; 0 where the tree does not tell: what depends on it says so, the rest is metered. */
export function bootTimeOrZero(procRoot: string): number {
  try {
    return bootTimeMs(procRoot);
  } catch {
    return 0;
  }
}

/** Claims the spool for this process until the returned function is called; throws SPOOL_IN_USE while another lives. */
export function claimSpool(dir: string): () => void {
  const path = join(dir, 'owner');
  const known = tryReadText(path);
  const [pid = '', started] = typeof known === 'string' ? known.trim().split(' ') : [];
  if (pid !== String(process.pid) && started !== undefined && startTicksOf(pid) === started) {
    throw collectorError('SPOOL_IN_USE', `Process ${pid} writes ${dir}.`, { dir, pid });
  }
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    writeFileSync(path, `${process.pid} ${startTicksOf('self') ?? ''}\n`, { mode: 0o600 });
  } catch (cause) {
    throw collectorError('SPOOL_UNUSABLE', `${dir}: ${(cause as Error).message}.`, { dir }, cause);
  }
  return () => rmSync(path, { force: true });
}

/** When a process started, in ticks since boot: tells it from a later one with its id. */
function startTicksOf(pid: string): string | undefined {
  const stat = tryReadText(join('/proc', pid, 'stat'));
  return typeof stat === 'string' ? stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] : undefined;
}

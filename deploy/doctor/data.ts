import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { dataPaths } from '#platform/config.ts';
import { diskLimits, existingFolder, freeBytesAt, whyNotWritable } from '../instance/disk.ts';
import { instancePath, readInstance } from '../instance/instanceFile.ts';
import { isInstanceRunning, readHolder } from '../instance/lock.ts';
import { fault, warning, well, type Finding } from './finding.ts';

export function dataFindings(dataDir: string): Finding[] {
  return [diskFinding(dataDir), writableFinding(dataDir), instanceFinding(dataDir), ...secretFindings(dataDir)];
}

const gibibytes = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;

function diskFinding(dataDir: string): Finding {
  const free = freeBytesAt(dataDir);
  const detail = `${gibibytes(free)} free at ${dataDir}`;
  const solve = 'Free some space, or name a directory on a larger disk with --data.';
  if (free < diskLimits.freeBytesMin) return fault('disk', detail, solve);
  return free < 8 * diskLimits.freeBytesMin ? warning('disk', detail, solve) : well('disk', detail);
}

function writableFinding(dataDir: string): Finding {
  const why = whyNotWritable(dataDir);
  if (why === undefined) return well('permissions', `${existingFolder(dataDir)} can be written`);
  return fault('permissions', why, 'Give this user write access, or name another directory with --data.');
}

function instanceFinding(dataDir: string): Finding {
  if (!existsSync(instancePath(dataDir))) return well('instance', `none at ${dataDir} yet; \`npm start\` makes one`);
  try {
    const { id, version, partitions } = readInstance(dataDir);
    const running = isInstanceRunning(dataDir) ? `running, process ${readHolder(dataDir)?.pid}` : 'stopped';
    return well('instance', `${id}, made by ${version}, ${partitions} partitions, ${running}`);
  } catch (error) {
    return fault('instance', (error as Error).message, (error as { solve?: string }).solve ?? '');
  }
}

/** Secrets are for the owner's eyes only. */
function secretFindings(dataDir: string): Finding[] {
  const { credentials, adminKey, sealingKey } = dataPaths(dataDir);
  const seeds = existsSync(credentials) ? readdirSync(credentials).map((name) => join(credentials, name)) : [];
  const open = [adminKey, sealingKey, ...seeds].filter(
    (path) => existsSync(path) && (statSync(path).mode & 0o077) !== 0,
  );
  if (open.length === 0) return [];
  return [fault('secrets', `others may read ${open.join(', ')}`, `chmod 600 ${open.join(' ')}`)];
}

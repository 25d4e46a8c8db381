import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { deployError } from '../errors.ts';
import { writeDurably } from './files.ts';
import { programVersion } from './version.ts';

const layout = 4;

/** What is fixed when a data directory is made. */
const instanceSchema = z.strictObject({
  /** Layout of the directory; a program refuses a layout that it does not know. */
  layout: z.literal(layout),
  id: z.string(),
  version: z.string(),
  partitions: z.number().int().min(1).max(256),
  /** Partitions before it are retired. */
  firstPartition: z.number().int().min(0).max(65_000).default(0),
  /** What the streams of retired partitions fill. */
  retiredBytes: z.number().int().min(0).default(0),
  /** A change of partitions that was begun and has not ended. */
  repartition: z.strictObject({ firstPartition: z.number().int(), partitions: z.number().int() }).optional(),
  createdAt: z.string(),
});

export type Instance = z.infer<typeof instanceSchema>;

export const defaultPartitions = 4;

export const instancePath = (dataDir: string): string => join(dataDir, 'instance.json');

/** Reads the instance's record, or makes it in a directory that holds nothing else yet. */
export function openInstance(dataDir: string, partitions = defaultPartitions): Instance {
  const path = instancePath(dataDir);
  if (existsSync(path)) return readInstance(dataDir);
  const strangers = readdirSync(dataDir).filter((name) => name !== 'run' && name !== 'lost+found');
  if (strangers.length > 0) {
    const detail = `${dataDir} holds ${strangers.slice(0, 3).join(', ')} but no instance.json, so it was not made by Meterline.`;
    throw deployError('INSTANCE_FOREIGN', detail, { dataDir });
  }
  const instance: Instance = {
    layout,
    id: randomUUID(),
    version: programVersion,
    partitions,
    firstPartition: 0,
    retiredBytes: 0,
    createdAt: new Date().toISOString(),
  };
  writeInstance(dataDir, instance);
  return instance;
}

export const writeInstance = (dataDir: string, instance: Instance): void =>
  writeDurably(instancePath(dataDir), `${JSON.stringify(instance, null, 2)}\n`);

/** Reads the record. Throws INSTANCE_FOREIGN or INSTANCE_DAMAGED, and says which version made the directory. */
export function readInstance(dataDir: string): Instance {
  const path = instancePath(dataDir);
  let record: { readonly layout?: unknown; readonly version?: unknown } | null;
  try {
    record = JSON.parse(readFileSync(path, 'utf8')) as typeof record;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw deployError('INSTANCE_FOREIGN', `${path} is missing.`, { path }, cause);
    throw deployError('INSTANCE_DAMAGED', `${path}: ${code ?? 'not JSON'}.`, { path }, cause);
  }
  const madeBy = String(record?.version);
  if (typeof record?.layout === 'number' && (record.layout !== layout || isNewer(madeBy, programVersion))) {
    const here = `this is ${programVersion}, of layout ${layout}`;
    throw deployError('INSTANCE_FOREIGN', `${path}: made by version ${madeBy}, layout ${record.layout}; ${here}.`, {
      path,
    });
  }
  const parsed = instanceSchema.safeParse(record);
  if (parsed.success) return parsed.data;
  throw deployError('INSTANCE_DAMAGED', `${path} is not the record of an instance.`, { path }, parsed.error);
}

function isNewer(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number));
  const at = [0, 1, 2].find((index) => a?.[index] !== b?.[index]);
  return at !== undefined && (a?.[at] ?? 0) > (b?.[at] ?? 0);
}

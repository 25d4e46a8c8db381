import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { deployError } from '../errors.ts';
import { writeDurably } from './files.ts';

/** What is fixed when a data directory is made. */
const instanceSchema = z.strictObject({
  /** Layout of the directory; a program refuses a layout that it does not know. */
  layout: z.literal(1),
  id: z.string(),
  version: z.string(),
  partitions: z.number().int().min(1).max(256),
  createdAt: z.string(),
});

export type Instance = z.infer<typeof instanceSchema>;

export const defaultPartitions = 4;

export const instancePath = (dataDir: string): string => join(dataDir, 'instance.json');

/** Reads the instance's record, or makes it in a directory that holds nothing else yet. */
export function openInstance(dataDir: string, version: string, partitions = defaultPartitions): Instance {
  const path = instancePath(dataDir);
  if (existsSync(path)) return readInstance(dataDir);
  const strangers = readdirSync(dataDir).filter((name) => name !== 'run' && name !== 'lost+found');
  if (strangers.length > 0) {
    const detail = `${dataDir} holds ${strangers.slice(0, 3).join(', ')} but no instance.json, so it was not made by Meterline.`;
    throw deployError('INSTANCE_FOREIGN', detail, { dataDir });
  }
  const instance: Instance = { layout: 1, id: randomUUID(), version, partitions, createdAt: new Date().toISOString() };
  writeDurably(path, `${JSON.stringify(instance, null, 2)}\n`);
  return instance;
}

export function readInstance(dataDir: string): Instance {
  const path = instancePath(dataDir);
  try {
    return instanceSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw deployError(
      'INSTANCE_FOREIGN',
      missing ? `${path} is missing.` : `${path} is not one that this version knows.`,
      { path },
      cause,
    );
  }
}

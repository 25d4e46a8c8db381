import { existsSync } from 'node:fs';
import { configPath, dataPaths, readConfig, type Config } from '#platform/config.ts';
import { deployError } from '../errors.ts';
import { readInstance } from './instanceFile.ts';

/**
 * The configuration of an instance, running or stopped. A directory may have been moved since, or be a copy: its own paths count,
 * not those that it was made with. Throws USAGE where there is no instance.
 */
export function configOf(dataDir: string): Config {
  if (!existsSync(configPath(dataDir))) throw deployError('USAGE', `--data ${dataDir} names no instance.`, { dataDir });
  readInstance(dataDir);
  const config = readConfig(configPath(dataDir));
  return { ...config, dataDir, nats: { ...config.nats, credentials: dataPaths(dataDir).credentials } };
}

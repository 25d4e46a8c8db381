import { existsSync } from 'node:fs';
import { configPath, readConfig } from '#platform/config.ts';
import { fault, well, type Finding } from './finding.ts';

/** The configuration file, whose unknown keys are errors; each fault names its key. */
export function configFindings(dataDir: string): Finding[] {
  const path = configPath(dataDir);
  if (!existsSync(path)) return [];
  try {
    readConfig(path);
    return [well('configuration', `${path} is valid`)];
  } catch (error) {
    return [fault('configuration', (error as Error).message, (error as { solve?: string }).solve ?? '')];
  }
}

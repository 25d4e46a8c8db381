import { readFileSync } from 'node:fs';
import type { Source } from './meterline.ts';

/** What every example is told by its environment. Throws with the names of those that are missing. */
export interface Settings extends Source {
  readonly secrets: readonly string[];
  readonly port: number;
  readonly host: string;
}

export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const names = ['METERLINE_RATER', 'METERLINE_KEY_FILE', 'METERLINE_TARGET', 'METERLINE_SECRET_FILE'];
  const missing = names.filter((name) => !env[name]);
  if (missing.length > 0) throw new Error(`set ${missing.join(', ')}; see README.md`);
  const linesOf = (name: string): string[] => readFileSync(env[name]!, 'utf8').trim().split(/\s+/);
  return {
    rater: env['METERLINE_RATER']!,
    key: linesOf('METERLINE_KEY_FILE')[0]!,
    target: env['METERLINE_TARGET']!,
    secrets: linesOf('METERLINE_SECRET_FILE'),
    everyMs: Number(env['METERLINE_EVERY_MS'] ?? 30_000),
    port: Number(env['PORT'] ?? 0),
    host: env['HOST'] ?? '127.0.0.1',
  };
}

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Root of the program's own files. */
export const programRoot = dirname(dirname(import.meta.dirname));

/** The program's version, as package.json has it. */
export const programVersion = (
  JSON.parse(readFileSync(join(programRoot, 'package.json'), 'utf8')) as { version: string }
).version;

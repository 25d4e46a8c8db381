import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { programRoot } from '../instance/version.ts';

/** A program of a package, run on this Node. */
export const tool = (...path: string[]): string => join(programRoot, 'node_modules', ...path);

/** Runs to the end with this process's streams; gives the exit code. */
export function runThrough(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: programRoot, stdio: ['ignore', 'inherit', 'inherit'], env });
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

export const onThisNode = (script: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<number> =>
  runThrough(process.execPath, [script, ...args], env);

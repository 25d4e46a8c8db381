import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { nodeBinary, readText, root } from './paths.mjs';

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Hands over to the program on Node 26: in place of this process where Node can do that (from 22.15), else as its
 * only child. METERLINE_LAUNCHERS names the processes that pass signals on; without one of them nobody could stop the
 * program by its usual name, so it then drains and ends.
 * @param {NodeJS.ProcessEnv} env
 * @param {string[]} args
 */
export function launch(env, args) {
  const command = [join(root, 'deploy', 'cli.ts'), ...args];
  const npm = process.env.npm_lifecycle_event === undefined ? [] : [parentBeyondShells(process.ppid)];
  if (typeof process.execve !== 'function')
    return asChild({ ...env, METERLINE_LAUNCHERS: [...npm, process.pid].join() }, command);
  // The one warning that it could print says that execve is experimental.
  process.removeAllListeners('warning');
  process.execve(nodeBinary, [nodeBinary, ...command], defined({ ...env, METERLINE_LAUNCHERS: npm.join() }));
}

const defined = (env) => Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));

/** npm runs scripts through a shell, which may stay between the two and outlive npm. */
function parentBeyondShells(pid) {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined || !/^\d+ \((da|ba|a)?sh\)/.test(stat)) return pid;
  return parentBeyondShells(Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
}

/**
 * Passes signals on and ends as the child ends. On a terminal the program gets an interrupt twice (from the terminal
 * and from here); it takes signals close together as one.
 */
function asChild(env, command) {
  const child = spawn(nodeBinary, command, { stdio: 'inherit', env });
  for (const signal of forwarded) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    process.stderr.write(`Could not run ${nodeBinary}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.once('exit', (code, signal) => {
    for (const name of forwarded) process.removeAllListeners(name);
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}

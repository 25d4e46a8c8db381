import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { nodeBinary, root } from './paths.mjs';

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const parentCheckMs = 1000;

/**
 * Hands over to the program on Node 26: in place of this process where Node can do that (from 22.15), else as its
 * only child. METERLINE_LAUNCHER is the process without which the program shall not run on.
 * @param {NodeJS.ProcessEnv} env
 * @param {string[]} args
 */
export function launch(env, args) {
  const command = [join(root, 'deploy', 'cli.ts'), ...args];
  const underNpm = process.env.npm_lifecycle_event !== undefined;
  if (typeof process.execve !== 'function') return asChild(env, command);
  // The one warning that it could print says that execve is experimental.
  process.removeAllListeners('warning');
  const launcher = underNpm ? { METERLINE_LAUNCHER: String(process.ppid) } : {};
  process.execve(nodeBinary, [nodeBinary, ...command], defined({ ...env, ...launcher }));
}

const defined = (env) => Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));

/**
 * Passes signals on and ends as the child ends. On a terminal the program gets an interrupt twice (from the terminal
 * and from here); it takes signals close together as one.
 */
function asChild(env, command) {
  const child = spawn(nodeBinary, command, {
    stdio: 'inherit',
    env: { ...env, METERLINE_LAUNCHER: String(process.pid) },
  });
  for (const signal of forwarded) process.on(signal, () => child.kill(signal));
  const watch = watchNpm(() => child.kill('SIGTERM'));
  child.once('error', (error) => {
    clearInterval(watch);
    process.stderr.write(`Could not run ${nodeBinary}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.once('exit', (code, signal) => {
    clearInterval(watch);
    for (const name of forwarded) process.removeAllListeners(name);
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}

/** An npm that was killed cannot pass the signal on; its child notices by having lost its parent. */
function watchNpm(onGone) {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, parentCheckMs);
  return timer;
}

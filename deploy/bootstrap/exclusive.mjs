import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { cache, isForbidden, readText } from './paths.mjs';
import { say } from './progress.mjs';
import { endRunning } from './run.mjs';

const lock = join(cache, 'bootstrap.pid');
const pollMs = 200;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * One set-up at a time in a clone: two starts at once would install over each other.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function exclusively(work) {
  let said = false;
  while (!take()) {
    if (!said) say('Another command is setting this clone up; waiting for it.');
    said = true;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  const interrupted = async (signal) => {
    await endRunning();
    rmSync(lock, { force: true });
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of signals) process.once(signal, interrupted);
  try {
    return await work();
  } finally {
    for (const signal of signals) process.off(signal, interrupted);
    rmSync(lock, { force: true });
  }
}

/** The lock is held as long as that process lives, too: it goes on where this one is killed. */
export const holdFor = (pid) => writeFileSync(lock, `\n${identityOf(pid)}`, { flag: 'a' });

function take() {
  try {
    mkdirSync(cache, { recursive: true });
    writeFileSync(lock, identityOf(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    // A clone that cannot be written to was set up by somebody else, or the steps will say what they miss.
    if (isForbidden(error)) return true;
    if (error.code !== 'EEXIST') throw error;
  }
  const holders = (readText(lock) ?? '').split('\n').filter((line) => line !== '');
  // An empty file is a holder between creating and writing; dead ones left it behind.
  if (holders.length > 0 && !holders.some(isAlive)) rmSync(lock, { force: true });
  return false;
}

/** A process by its number and start time: the number alone may go to another program. */
const identityOf = (pid) => `${pid} ${startOf(pid)}`;

/** Clock ticks after boot, from /proc; "" where there is none. */
function startOf(pid) {
  const stat = readText(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function isAlive(identity) {
  const pid = Number(identity.split(' ')[0]);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  return identityOf(pid) === identity;
}

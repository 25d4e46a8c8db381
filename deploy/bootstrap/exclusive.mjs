import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache, isForbidden, readText } from './paths.mjs';
import { say } from './progress.mjs';

const lock = join(cache, 'bootstrap.pid');
const pollMs = 200;

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
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function take() {
  try {
    mkdirSync(cache, { recursive: true });
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    // A clone that cannot be written to was set up by somebody else, or the steps will say what they miss.
    if (isForbidden(error)) return true;
    if (error.code !== 'EEXIST') throw error;
  }
  const holder = Number(readText(lock) ?? 0);
  // An empty file is a holder between creating and writing; a dead one left it behind.
  if (holder > 0 && !isAlive(holder)) rmSync(lock, { force: true });
  return false;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  // The number may have gone to another program since.
  return readText(`/proc/${pid}/cmdline`)?.includes('meterline') ?? true;
}

import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

/** Programs that run now. */
const running = new Set();

/** npm finishes what it downloads before it heeds a signal; what it leaves half-way the next start does anew. */
const graceMs = 1000;

/** Ends what runs and waits for it: an installer that outlives this process would get into the way of the next one. */
export async function endRunning() {
  const ends = [...running].map((child) => new Promise((resolve) => child.once('exit', resolve)));
  for (const child of running) child.kill('SIGTERM');
  const kill = setTimeout(() => running.forEach((child) => child.kill('SIGKILL')), graceMs);
  await Promise.all(ends);
  clearTimeout(kill);
}

/**
 * Runs a program to its end and keeps the tail of its output; never rejects.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number, onStart?: (pid: number) => void }} [options]
 * @returns {Promise<{ ok: boolean, output: string }>} `output` is at most 16 KiB, standard error included.
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-16_384);
    };
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      timeout: options.timeoutMs,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    if (child.pid !== undefined) options.onStart?.(child.pid);
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.once('error', (error) => {
      running.delete(child);
      resolve({ ok: false, output: `${command}: ${error.message}` });
    });
    child.once('close', (code) => {
      running.delete(child);
      resolve({ ok: code === 0, output: stripVTControlCharacters(output).trim() });
    });
  });
}

/** The last lines of an output, indented, for a message. */
export const tail = (output, lines = 12) => indent(output.split('\n').slice(-lines));

/** The first ones: npm says what went wrong before it explains itself. */
export const head = (output, lines = 12) => indent(output.split('\n').slice(0, lines));

const indent = (lines) => lines.map((line) => `    ${line}`).join('\n');

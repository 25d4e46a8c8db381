import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

/**
 * Runs a program to its end and keeps the tail of its output; never rejects.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number }} [options]
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
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.once('error', (error) => resolve({ ok: false, output: `${command}: ${error.message}` }));
    child.once('close', (code) => resolve({ ok: code === 0, output: stripVTControlCharacters(output).trim() }));
  });
}

/** The last lines of an output, indented, for a message. */
export const tail = (output, lines = 12) => indent(output.split('\n').slice(-lines));

/** The first ones: npm says what went wrong before it explains itself. */
export const head = (output, lines = 12) => indent(output.split('\n').slice(0, lines));

const indent = (lines) => lines.map((line) => `    ${line}`).join('\n');

import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tool } from '#deploy/dev/run.ts';
import type { SourceCopy } from './copy.ts';

export interface Trial {
  readonly passed: number;
  /** Full names of the tests that failed, in the order of the report. */
  readonly failed: readonly string[];
  /** Why the tests could not be run as they are; "" when they could. */
  readonly broken: string;
}

/** Draws the same cases each time, and few: a bug that needs thousands to be seen is not caught. */
const budget = { METERLINE_SEED: '20261123', METERLINE_RUNS: '400' };

/** Runs test files of the copy to the end. */
export async function tryTests(copy: SourceCopy, tests: readonly string[]): Promise<Trial> {
  const output = join(copy.root, 'results.json');
  rmSync(output, { force: true });
  const args = ['run', '--root', copy.root, '--config', copy.config, '--bail=1', '--reporter=json'];
  const code = await silently([tool('vitest', 'vitest.mjs'), ...args, `--outputFile=${output}`, ...tests], copy.root);
  return readTrial(output, code);
}

function silently(args: readonly string[], cwd: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, stdio: 'ignore', env: { ...process.env, ...budget } });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

interface Report {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** A text that is no program, or names what is not there, would fail every test: that catches nothing. */
const isNoProgram = (message: string): boolean => /\b(SyntaxError|ReferenceError|Transform failed)\b/.test(message);

function readTrial(output: string, code: number): Trial {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(output, 'utf8')) as Report;
  } catch {
    return { passed: 0, failed: [], broken: `the tests ended with ${code} and no report` };
  }
  const results = report.testResults.flatMap((file) => file.assertionResults);
  const failures = results.filter(({ status }) => status === 'failed');
  const messages = [
    ...report.testResults.filter((file) => file.assertionResults.length === 0).map(({ message }) => message),
    ...failures.flatMap(({ failureMessages }) => failureMessages).filter(isNoProgram),
  ];
  const passed = results.filter(({ status }) => status === 'passed').length;
  const isUnexplained = code !== 0 && failures.length === 0 && messages.length === 0;
  if (isUnexplained) messages.push(`the tests ended with ${code}, and none failed`);
  return { passed, failed: failures.map(({ fullName }) => fullName), broken: messages[0] ?? '' };
}

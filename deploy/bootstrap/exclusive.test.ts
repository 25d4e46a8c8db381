import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

let clone: string;
const started: ChildProcess[] = [];
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'a clone '));
  cpSync(import.meta.dirname, join(clone, 'deploy', 'bootstrap'), { recursive: true });
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(clone, { recursive: true, force: true });
});

/** Sets the clone up by running a program that notes its begin and its end. */
function setUp(name: string, script: string): ChildProcess {
  const note = `import { appendFileSync } from 'node:fs'; const note = (what) => appendFileSync('notes', '${name} ' + what + '\\n');`;
  const program = `${note} note('begins'); ${script}; note('ends');`;
  const main = `import { exclusively, holdFor } from './deploy/bootstrap/exclusive.mjs';
    import { run } from './deploy/bootstrap/run.mjs';
    const args = ['--input-type=module', '-e', ${JSON.stringify(program)}];
    await exclusively(() => run(process.execPath, args, { onStart: holdFor }));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', main], { cwd: clone, stdio: 'inherit' });
  started.push(child);
  return child;
}

const notes = (): string[] =>
  existsSync(join(clone, 'notes')) ? readFileSync(join(clone, 'notes'), 'utf8').trimEnd().split('\n') : [];
const waitForIt = (name: string) => `import { existsSync } from 'node:fs';
  while (!existsSync('${name}')) await new Promise((resolve) => setTimeout(resolve, 20));`;
const noted = (line: string) => vi.waitFor(() => expect(notes()).toContain(line), { timeout: 15_000, interval: 20 });

test('a second start waits, even where the first was killed and its installer goes on', async () => {
  const first = setUp('first', waitForIt('notes') + 'await new Promise((resolve) => setTimeout(resolve, 1000))');
  await noted('first begins');
  first.kill('SIGKILL');
  await once(first, 'exit');
  await once(setUp('second', ''), 'exit');
  expect(notes()).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
});

test('an interrupt ends the installer too, and leaves the clone to the next start', async () => {
  const first = setUp('first', waitForIt('never'));
  await noted('first begins');
  first.kill('SIGINT');
  expect(await once(first, 'exit')).toEqual([130, null]);
  expect(existsSync(join(clone, '.cache', 'bootstrap.pid'))).toBe(false);
  await once(setUp('second', ''), 'exit');
  expect(notes()).toEqual(['first begins', 'second begins', 'second ends']);
});

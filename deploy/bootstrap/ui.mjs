import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { BootstrapFailure } from './failure.mjs';
import { cache, hashSources, modules, nodeBinary, readText, root, writeStamp } from './paths.mjs';
import { say, step } from './progress.mjs';
import { run, tail } from './run.mjs';

const web = join(root, 'dashboards', 'web');
const stampPath = join(cache, 'ui.stamp');

/** Builds the pages when their sources changed since the last build. */
export async function ensureUi() {
  if (!existsSync(join(web, 'vite.config.ts'))) {
    say('There are no pages to build (dashboards/web/vite.config.ts is missing); the API works without them.');
    return;
  }
  const hash = hashSources(['dashboards/web', 'core']);
  const isBuilt = existsSync(join(web, 'dist', 'index.html'));
  if (readText(stampPath) === hash && isBuilt) return;
  if (isBuilt && !canWrite(join(web, 'dist'))) {
    return say('The pages are older than their sources, and this user may not build them; they are used as they are.');
  }
  await step('Building the pages', async () => {
    const vite = join(modules, 'vite', 'bin', 'vite.js');
    const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' };
    const { ok, output } = await run(nodeBinary, [vite, 'build', '--logLevel', 'warn'], { cwd: web, env });
    if (ok) return;
    say(tail(output, 30));
    throw new BootstrapFailure('UI_BUILD_FAILED');
  });
  writeStamp(stampPath, hash);
}

function canWrite(path) {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

import { exclusively } from './exclusive.mjs';
import { BootstrapFailure } from './failure.mjs';
import { ensureInstalled } from './install.mjs';
import { ensureLink } from './link.mjs';
import { compileCache } from './warm.mjs';

/**
 * Prepares what every command needs: the packages, Node 26 among them. Engines and pages come later, once the command
 * line is known to be right (deploy/provide.ts). A second time this takes a few milliseconds.
 * @returns {Promise<NodeJS.ProcessEnv>} environment for the program on Node 26
 */
export async function bootstrap() {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    throw new BootstrapFailure('NODE_TOO_OLD', `This is ${process.version}.`);
  }
  await exclusively(async () => {
    await ensureInstalled();
    ensureLink();
  });
  return {
    ...process.env,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? compileCache,
    METERLINE_STARTED_MS: String(Math.round(performance.timeOrigin)),
  };
}

/** Runs one role in this process, loading that role's code alone. */
import { parseArgs } from 'node:util';
import { MeterlineError } from '#core/errors.ts';
import { readConfig, type Config } from '#platform/config.ts';
import type { Life } from '#platform/lifecycle.ts';
import { letBytesGrow } from '#platform/memory.ts';
import { createLogger } from '#platform/telemetry.ts';
import { deployError } from './errors.ts';
import { leaveFailure } from './instance/failure.ts';

type Main = (config: Config, life: Life) => Promise<void>;

const roleMains = {
  rater: async () => (await import('#rater/main.ts')).main,
  collector: async () => (await import('#collector/main.ts')).main,
  office: async () => (await import('./office.ts')).main,
} as const satisfies Record<string, () => Promise<Main>>;

export type Role = keyof typeof roleMains;

export const isRole = (name: string | undefined): name is Role => name !== undefined && Object.hasOwn(roleMains, name);

export const loadRole = (role: Role): Promise<Main> => roleMains[role]();

/** A role that has drained but is held open by something ends by force after this long. */
const lingerMsMax = 1000;

/** Runs the role until a signal, or until the supervisor that started it is gone; gives the exit code. */
export async function runRole(role: Role, args: readonly string[]): Promise<number> {
  letBytesGrow();
  const flags = flagsOf(role, args);
  const read = readConfig(flags.config);
  const config: Config = { ...read, [role]: { ...read[role], port: flags.port ?? read[role].port } };
  const logger = createLogger(role, config.log.level);
  const stop = new AbortController();
  const life: Life = { signal: stop.signal, logger };
  listenForEnd((reason) => {
    if (!stop.signal.aborted) logger.info({ reason }, 'draining');
    stop.abort();
  });
  const exitCode = await toExitCode(life, role, config);
  process.stdin.destroy();
  setTimeout(() => {
    logger.debug({ open: process.getActiveResourcesInfo() }, 'something kept the process open after it had drained');
    process.exit(exitCode);
  }, lingerMsMax).unref();
  return exitCode;
}

async function toExitCode(life: Life, role: Role, config: Config): Promise<number> {
  const { logger } = life;
  try {
    await (
      await loadRole(role)
    )(config, life);
    logger.info('stopped');
    return 0;
  } catch (error) {
    if (error instanceof MeterlineError) {
      leaveFailure(config.dataDir, role, error);
      logger.fatal({ code: error.code, solve: error.solve, details: error.details }, error.message);
    } else logger.fatal({ err: error }, 'failed');
    return 1;
  }
}

function listenForEnd(onEnd: (reason: string) => void): void {
  process.on('SIGTERM', onEnd);
  process.on('SIGINT', onEnd);
  if (process.env['METERLINE_SUPERVISED'] !== '1') return;
  // The supervisor holds the other end; it closes when the supervisor dies, however it dies.
  process.stdin.on('end', () => onEnd('the supervisor is gone'));
  process.stdin.on('error', () => onEnd('the supervisor is gone'));
  process.stdin.resume();
}

interface RoleFlags {
  readonly config: string;
  /** Of its own page for health and metrics, where another process of the role has the one in the configuration. */
  readonly port: number | undefined;
}

function flagsOf(role: Role, args: readonly string[]): RoleFlags {
  let values: { config?: string | undefined; port?: string | undefined };
  try {
    const options = { config: { type: 'string' }, port: { type: 'string' } } as const;
    ({ values } = parseArgs({ args: [...args], options }));
  } catch (cause) {
    throw deployError(
      'USAGE',
      `${(cause as Error).message} Give ${role} its configuration with --config PATH.`,
      {},
      cause,
    );
  }
  const { config, port } = values;
  if (config === undefined)
    throw deployError('USAGE', `${role} needs --config PATH, the configuration file of its instance.`);
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535))
    throw deployError('USAGE', `--port ${port} is no port; give one from 1 to 65535, or 0 for any that is free.`);
  return { config, port: port === undefined ? undefined : Number(port) };
}

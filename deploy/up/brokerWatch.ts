import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { dataPaths, type Config } from '#platform/config.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { Logger } from '#platform/telemetry.ts';
import { deployError } from '../errors.ts';
import { upLimits } from './limits.ts';

/**
 * Watches the broker until the signal aborts. nats-server takes nothing more into a stream whose write has failed once,
 * even when there is space again, until it is started again: so `restart` is called as soon as the disk takes writes.
 * Agents, rater and loader wait meanwhile, each with what it has.
 */
export async function watchBroker(
  config: Config,
  restart: () => void,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const folder = dataPaths(config.dataDir).nats;
  let isSaid = false;
  for (;;) {
    await sleep(upLimits.brokerCheckMs, signal);
    if (signal.aborted) return;
    const failure = await failureOf(`${config.nats.monitorUrl}/healthz`);
    if (failure === undefined) {
      isSaid = false;
      continue;
    }
    if (!isSaid) {
      isSaid = true;
      const { code, message, solve } = deployError('STORE_UNWRITABLE', failure);
      logger.error({ code, solve }, message);
    }
    if (!takesWrites(folder)) continue;
    logger.info({ folder }, 'the disk takes writes again, starting the broker again');
    restart();
    await sleep(upLimits.brokerRestartMsMin, signal);
  }
}

/** The write error that the broker reports; undefined while it is healthy, or down and started again anyway. */
async function failureOf(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(upLimits.brokerCheckMs) });
    const text = await response.text();
    return response.ok || !text.includes('write error') ? undefined : (JSON.parse(text) as { error: string }).error;
  } catch {
    return undefined;
  }
}

/** Writes as much as a large message takes; the share of space that is free says nothing about quotas and limits. */
function takesWrites(folder: string): boolean {
  const path = join(folder, 'probe.tmp');
  try {
    const file = openSync(path, 'w', 0o600);
    try {
      const written = writeSync(file, randomBytes(upLimits.probeBytes));
      fsyncSync(file);
      return written === upLimits.probeBytes;
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  } finally {
    rmSync(path, { force: true });
  }
}

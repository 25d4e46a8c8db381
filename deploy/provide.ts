/** Fetches or builds, at first use, what a command needs beside the packages. Progress goes to standard error. */
import { exclusively } from './bootstrap/exclusive.mjs';
import { BootstrapFailure } from './bootstrap/failure.mjs';
import { ensureNatsServer } from './bootstrap/nats.mjs';
import { ensureUi } from './bootstrap/ui.mjs';
import { ensureCompiled } from './bootstrap/warm.mjs';
import { deployError } from './errors.ts';

export interface Wanted {
  /** nats-server, found or fetched; its path is in METERLINE_NATS_SERVER afterwards. */
  readonly broker?: boolean;
  /** The built pages. */
  readonly pages?: boolean;
  /** The roles' code in the compile cache. */
  readonly compiled?: boolean;
}

/** Throws the MeterlineError of what could not be had. */
export async function provide(wanted: Wanted): Promise<void> {
  try {
    await exclusively(async () => {
      if (wanted.broker === true) process.env['METERLINE_NATS_SERVER'] = await ensureNatsServer();
      await Promise.all([wanted.pages === true && ensureUi(), wanted.compiled === true && ensureCompiled()]);
    });
  } catch (error) {
    if (error instanceof BootstrapFailure) throw deployError(error.code, error.detail, {}, error);
    throw error;
  }
}

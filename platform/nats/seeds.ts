/** Seeds of the broker's users: an nkey for each role, in a file of mode 0600. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createUser, fromSeed } from '@nats-io/nkeys';
import { platformError } from '../errors.ts';

const seedPath = (credentials: string, role: string): string => join(credentials, `${role}.nk`);

/** The role's seed and public key. Throws NATS_CREDENTIALS_UNUSABLE, naming the file. */
export function readSeed(credentials: string, role: string): { readonly seed: Uint8Array; readonly publicKey: string } {
  const path = seedPath(credentials, role);
  try {
    const seed = new TextEncoder().encode(readFileSync(path, 'utf8').trim());
    return { seed, publicKey: fromSeed(seed).getPublicKey() };
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? 'not an nkey seed';
    throw platformError('NATS_CREDENTIALS_UNUSABLE', `${path} (${why}).`, { path, role }, cause);
  }
}

/** Makes the role's seed when it is missing and returns its public key. */
export function ensureSeed(credentials: string, role: string): string {
  mkdirSync(credentials, { recursive: true, mode: 0o700 });
  const path = seedPath(credentials, role);
  if (!existsSync(path)) {
    const fresh = `${path}.${process.pid}.new`;
    writeFileSync(fresh, createUser().getSeed(), { mode: 0o600, flush: true });
    renameSync(fresh, path);
  }
  return readSeed(credentials, role).publicKey;
}

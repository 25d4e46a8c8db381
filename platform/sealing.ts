/** Seals secrets that must lie in a shared store: AES-256-GCM under a key that never leaves the data directory. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { platformError } from './errors.ts';

const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;

/** Reads the key (32 bytes, base64url); makes it, mode 0600, when the file is missing. */
export function loadSealingKey(path: string): Buffer {
  const text = readOrCreate(path);
  const key = Buffer.from(text, 'base64url');
  if (key.length !== keyBytes)
    throw platformError('SEALING_KEY_INVALID', `${path} does not hold ${keyBytes} bytes.`, { path });
  return key;
}

/** base64url of iv, tag and ciphertext. Two seals of one text differ. */
export function seal(key: Uint8Array, text: string): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), ciphertext]).toString('base64url');
}

/** Throws when the text was sealed with another key or was altered. */
export function open(key: Uint8Array, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < ivBytes + tagBytes) throw platformError('SEAL_BROKEN', 'It is too short.');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes));
  decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
  try {
    return decipher.update(bytes.subarray(ivBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
  } catch (cause) {
    throw platformError('SEAL_BROKEN', 'It was sealed with another key, or altered.', {}, cause);
  }
}

/** Processes may start at once: the file appears whole or not at all, and who loses the race reads the winner's. */
function readOrCreate(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, randomBytes(keyBytes).toString('base64url'), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
  return readFileSync(path, 'utf8').trim();
}

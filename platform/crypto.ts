import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { signedBytes } from '#core/metering/batch.ts';

/** base64url SHA-256: hash of batches, commits and inputs. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url');
}

/** Short public name of a key: base64url of the first 12 bytes of SHA-256 of the raw public key. */
export function keyIdOf(publicKey: Uint8Array): string {
  return createHash('sha256').update(publicKey).digest().subarray(0, 12).toString('base64url');
}

const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

export interface SigningKey {
  readonly keyId: string;
  /** Raw Ed25519 public key, base64url. */
  readonly publicKey: string;
  /** Signs a batch body; base64url, 86 characters. */
  sign(body: Uint8Array): string;
}

/** A new Ed25519 seed (32 bytes, base64url). Keep it in a file of mode 0600. */
export function newSigningSeed(): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  return privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32).toString('base64url');
}

export function signingKey(seed: string): SigningKey {
  const privateKey = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, Buffer.from(seed, 'base64url')]),
    format: 'der',
    type: 'pkcs8',
  });
  const raw = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
  return {
    keyId: keyIdOf(raw),
    publicKey: raw.toString('base64url'),
    sign: (body) => sign(null, signedBytes(body), privateKey).toString('base64url'),
  };
}

/** Reads a raw base64url Ed25519 public key, or `undefined` when it is not one. */
export function verifyingKey(publicKey: string): KeyObject | undefined {
  const raw = Buffer.from(publicKey, 'base64url');
  if (raw.length !== 32) return undefined;
  return createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' });
}

export function verifyBatch(key: KeyObject, body: Uint8Array, signature: string): boolean {
  const raw = Buffer.from(signature, 'base64url');
  return raw.length === 64 && verify(null, signedBytes(body), key, raw);
}

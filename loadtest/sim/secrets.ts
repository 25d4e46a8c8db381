/**
 * Signatures, nonces and ids of a run. What is random comes from the seed, so that every byte of a run comes again; a
 * signature is a hash that is noted down, and is good when that very key has made it for those very bytes: Ed25519 would take
 * half of a run's time and decides the same.
 */
import crypto, { type KeyObject } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import type { Random } from './random.ts';

const names = ['sign', 'verify', 'randomBytes', 'randomUUID'] as const;
const real = Object.fromEntries(names.map((name) => [name, crypto[name]]));

/** Until it is disposed of, in this whole program. */
export function simulateSecrets(random: Random): Disposable {
  const signed = new Map<string, { readonly publicKey: string; readonly body: Uint8Array }>();
  const publicKeys = new WeakMap<KeyObject, string>();
  const publicKeyOf = (key: KeyObject): string => {
    let text = publicKeys.get(key);
    if (text === undefined) {
      const ofPair = key.type === 'private' ? crypto.createPublicKey(key) : key;
      publicKeys.set(key, (text = ofPair.export({ format: 'der', type: 'spki' }).toString('base64')));
    }
    return text;
  };
  const bytes = (count: number) => Buffer.from(Array.from({ length: count }, () => random.below(256)));
  Object.assign(crypto, {
    sign(_: null, body: Uint8Array, key: KeyObject) {
      const publicKey = publicKeyOf(key);
      const signature = crypto.createHash('sha512').update(publicKey).update(body).digest();
      signed.set(signature.toString('latin1'), { publicKey, body });
      return signature;
    },
    verify(_: null, body: Uint8Array, key: KeyObject, signature: Buffer) {
      const known = signed.get(signature.toString('latin1'));
      return known !== undefined && known.publicKey === publicKeyOf(key) && Buffer.compare(known.body, body) === 0;
    },
    randomBytes: bytes,
    randomUUID: () => bytes(16).toString('hex'),
  });
  syncBuiltinESMExports();
  return {
    [Symbol.dispose]() {
      Object.assign(crypto, real);
      syncBuiltinESMExports();
    },
  };
}

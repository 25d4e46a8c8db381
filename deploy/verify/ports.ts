import type { KeyObject } from 'node:crypto';
import type { Ports } from '#core/reference/engine.ts';
import { sha256, verifyBatch, verifyingKey } from '#platform/crypto.ts';

/** Hashes, Ed25519 and UTF-8 for the reference engine; public keys are read once. */
export function referencePorts(): Ports {
  const keys = new Map<string, KeyObject | undefined>();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  return {
    sha256,
    verifySignature(publicKey, body, signature) {
      const key = keys.get(publicKey) ?? verifyingKey(publicKey);
      keys.set(publicKey, key);
      return key !== undefined && verifyBatch(key, body, signature);
    },
    readText(bytes) {
      try {
        return decoder.decode(bytes);
      } catch {
        return undefined;
      }
    },
  };
}

import type { KeyObject } from 'node:crypto';
import type { Ports } from '#core/rating/admit.ts';
import { sha256, verifyBatch, verifyingKey } from '#platform/crypto.ts';

/** Hashes, signatures and text for the core; public keys are parsed once. */
export function corePorts(): Ports {
  const keys = new Map<string, KeyObject | undefined>();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  return {
    hash: sha256,
    verify(publicKey, body, signature) {
      let key = keys.get(publicKey);
      if (key === undefined) keys.set(publicKey, (key = verifyingKey(publicKey)));
      return key !== undefined && verifyBatch(key, body, signature);
    },
    text(bytes) {
      try {
        return decoder.decode(bytes);
      } catch {
        return undefined;
      }
    },
  };
}

/** Real hashes, and signatures that are good or bad by their first letters. */
import { createHash } from 'node:crypto';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes);
const decoder = new TextDecoder('utf-8', { fatal: true });
export const ports = {
  sha256: (bytes: Uint8Array) => sha256(bytes).digest('base64url'),
  bytes: (text: string) => Buffer.from(text),
  verifySignature: (key: string, _: Uint8Array, signature: string) => key === 'public' && signature.startsWith('good'),
  readText(bytes: Uint8Array) {
    try {
      return decoder.decode(bytes);
    } catch {
      return undefined;
    }
  },
};

import type { BatchHead } from './admit.ts';
import { dedupHashesMax, type Producer } from './state.ts';

/** The producer's batch was taken or refused for good (SPEC §2.10–2.14): the mark moves, the hash is remembered. */
export function moveMark(producer: Producer, { epoch, seq }: BatchHead, hash: string): void {
  if (producer.epoch?.nonce !== epoch.nonce || producer.epoch.startedAtMs !== epoch.startedAtMs) {
    producer.hashes = [];
    producer.freshHashes = 0;
  }
  producer.epoch = { startedAtMs: epoch.startedAtMs, nonce: epoch.nonce };
  producer.mark = seq;
  producer.hashes.push([seq, hash]);
  producer.freshHashes = Math.min(producer.freshHashes + 1, dedupHashesMax);
  if (producer.hashes.length > dedupHashesMax) producer.hashes.shift();
}

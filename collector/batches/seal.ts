/** Gives a batch its place in the producer's sequence, its chain link and its signature. */
import { encodeEnvelope, type BatchBody, type Epoch } from '#core/metering/batch.ts';
import { sha256, type SigningKey } from '#platform/crypto.ts';
import type { BatchContent } from './encode.ts';

export interface Producer {
  readonly tenant: string;
  readonly id: string;
  readonly key: SigningKey;
  readonly simulated?: true;
}

/** Where the next batch goes: the position and the hash of the one before. */
export interface ChainHead {
  readonly epoch: Epoch;
  readonly nextSeq: number;
  /** "" when nothing came before. */
  readonly prev: string;
}

export interface SealedBatch {
  readonly seq: number;
  readonly hash: string;
  /** The message as published. */
  readonly envelope: Uint8Array;
}

const text = new TextEncoder();

export function sealBatch(
  producer: Producer,
  head: ChainHead,
  content: BatchContent,
  trace: string,
  spool?: NonNullable<BatchBody['spool']>,
): SealedBatch {
  const body: BatchBody = {
    v: 1,
    tenant: producer.tenant,
    producer: producer.id,
    epoch: head.epoch,
    seq: head.nextSeq,
    prev: head.prev,
    trace,
    ...(producer.simulated === undefined ? {} : { simulated: producer.simulated }),
    ...content,
    ...(spool === undefined ? {} : { spool }),
  };
  const bytes = text.encode(JSON.stringify(body));
  return {
    seq: head.nextSeq,
    hash: sha256(bytes),
    envelope: encodeEnvelope({ signature: producer.key.sign(bytes), keyId: producer.key.keyId, body: bytes }),
  };
}

/** Seals several in a row. */
export function sealAll(
  producer: Producer,
  head: ChainHead,
  contents: readonly BatchContent[],
  trace: string,
  spool?: NonNullable<BatchBody['spool']>,
): SealedBatch[] {
  let at = head;
  return contents.map((content) => {
    const sealed = sealBatch(producer, at, content, trace, spool);
    at = { epoch: at.epoch, nextSeq: sealed.seq + 1, prev: sealed.hash };
    return sealed;
  });
}

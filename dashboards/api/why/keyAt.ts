import type { ProducerRecord } from '#core/messages/control.ts';
import type { Log } from '#platform/log.ts';
import { changesUntil } from './controlLog.ts';

export interface KeyQuestion {
  readonly partition: number;
  readonly tenant: string;
  readonly producer: string;
  readonly keyId: string;
  /** Last control message that the commit had taken. */
  readonly controlSeq: number;
}

/**
 * The public key as it was registered when a batch was rated, from the log: for keys that were revoked since. Undefined
 * when it was not in force then, or the log is longer than is looked through.
 */
export async function keyAt(log: Log, question: KeyQuestion): Promise<string | undefined> {
  let keys: ProducerRecord['keys'] = [];
  for await (const change of changesUntil(log, question))
    if (change.kind === 'producer' && change.id === question.producer) keys = change.keys;
  return keys.find((key) => key.id === question.keyId)?.publicKey;
}

import type { ControlMessage, ProducerRecord } from '#core/messages/control.ts';
import { streams, subjects } from '#core/messages/names.ts';
import type { Log } from '#platform/log.ts';
import { apiLimits } from '../../limits.ts';

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
  const { partition, tenant, producer, controlSeq } = question;
  if (controlSeq === 0 || controlSeq > apiLimits.controlScanMax) return undefined;
  const subject = subjects.control(partition, tenant);
  const patience = AbortSignal.timeout(apiLimits.controlScanMsMax);
  let keys: ProducerRecord['keys'] = [];
  for await (const message of log.follow(streams.control(partition), 1, patience)) {
    if (message.seq > controlSeq) break;
    if (message.subject === subject) keys = keysIn(message.data, producer) ?? keys;
    if (message.seq === controlSeq) break;
  }
  return keys.find((key) => key.id === question.keyId)?.publicKey;
}

/** The producer's keys as the message sets them; undefined when it does not, or is no control message. */
function keysIn(data: Uint8Array, producer: string): ProducerRecord['keys'] | undefined {
  try {
    const { changes } = JSON.parse(new TextDecoder().decode(data)) as ControlMessage;
    return changes
      .flatMap((change) => (change.kind === 'producer' && change.id === producer ? [change.keys] : []))
      .at(-1);
  } catch {
    return undefined;
  }
}

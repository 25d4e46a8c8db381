import type { Fleet } from '#core/messages/api.ts';
import { keyIdOf } from '#platform/crypto.ts';
import { sleep } from '#platform/lifecycle.ts';
import { ensureSigningKey } from '../instance/keys.ts';
import type { OfficeClient } from '../officeClient.ts';
import { upLimits } from './limits.ts';

export interface Enrolment {
  readonly id: string;
  readonly type: 'agent' | 'gateway' | 'importer';
  readonly simulated: boolean;
}

/**
 * Registers the producer's public key (its seed is made here when there is none) and waits until the key is in the
 * log: a batch that came before its key would be refused for good. Does nothing when the key is known.
 */
export async function ensureEnrolled(office: OfficeClient, enrolment: Enrolment, signal?: AbortSignal): Promise<void> {
  const publicKey = ensureSigningKey(office.config.dataDir, enrolment.id);
  const keyId = keyIdOf(Buffer.from(publicKey, 'base64url'));
  if (await isKnown(office, enrolment.id, keyId)) return;
  await office.send('POST', '/producers', { ...enrolment, publicKey });
  const deadline = performance.now() + upLimits.enrolMsMax;
  while (signal?.aborted !== true && performance.now() < deadline) {
    if (await isKnown(office, enrolment.id, keyId)) return;
    await sleep(upLimits.readyPollMs, signal);
  }
}

async function isKnown(office: OfficeClient, producer: string, keyId: string): Promise<boolean> {
  const { producers } = await office.get<Fleet>('/fleet');
  return producers.some((member) => member.producer === producer && member.keyIds.includes(keyId));
}

/** Registers simulated hosts at the office, as any producer is: by its API. */
import { readFileSync } from 'node:fs';
import type { Fleet } from '#core/messages/api.ts';
import { sleep } from '#platform/lifecycle.ts';
import { collectorError } from '../errors.ts';
import { backoff } from '../publisher/backoff.ts';
import { fleetLimits } from './limits.ts';

export interface Enrolment {
  readonly id: string;
  readonly publicKey: string;
  readonly keyId: string;
}

/**
 * Enrols what the office does not know yet, several at a time, and returns when all keys are in the log or time is up.
 * Waits for an office that is away; throws FLEET_REFUSED when it says no.
 */
export async function enrolAll(
  officeUrl: string,
  adminKeyPath: string,
  hosts: readonly Enrolment[],
  signal: AbortSignal,
): Promise<void> {
  const call = client(officeUrl, adminKeyPath, signal);
  const unknown = async (): Promise<Enrolment[]> => {
    const known = new Set(
      (await call<Fleet>('GET', '/fleet')).producers.flatMap(({ producer, keyIds }) =>
        keyIds.map((id) => `${producer} ${id}`),
      ),
    );
    return hosts.filter(({ id, keyId }) => !known.has(`${id} ${keyId}`));
  };
  const queue = await unknown();
  const worker = async () => {
    for (let host = queue.shift(); host !== undefined && !signal.aborted; host = queue.shift()) {
      await call('POST', '/producers', { id: host.id, type: 'agent', simulated: true, publicKey: host.publicKey });
    }
  };
  await Promise.all(Array.from({ length: fleetLimits.enrolAtOnce }, worker));
  const untilMs = performance.now() + fleetLimits.knownMsMax;
  while (!signal.aborted && performance.now() < untilMs && (await unknown()).length > 0)
    await sleep(fleetLimits.retryMs, signal);
}

function client(officeUrl: string, adminKeyPath: string, signal: AbortSignal) {
  return async <Answer>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> => {
    for (let attempt = 0; ; attempt++) {
      const response = await fetch(`${officeUrl}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${readFileSync(adminKeyPath, 'utf8').trim()}`,
          'content-type': 'application/json',
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(fleetLimits.requestMsMax)]),
      }).catch((error: unknown) => error as Error);
      if (signal.aborted) return signal.throwIfAborted() as never;
      if (response instanceof Response && (response.ok || response.status < 500)) {
        const text = await response.text();
        if (response.ok) return JSON.parse(text === '' ? 'null' : text) as Answer;
        throw collectorError('FLEET_REFUSED', `${method} ${path}: HTTP ${response.status} ${text.slice(0, 300)}`, {
          status: response.status,
        });
      }
      await sleep(backoff(attempt, fleetLimits.retryMs, fleetLimits.retryMsMax), signal);
    }
  };
}

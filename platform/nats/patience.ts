/** Brokers that elect a leader answer with silence, with "nobody is there", or that it passes: a request is then made again. */
import { JetStreamApiError } from '@nats-io/jetstream';
import { sleep } from '../lifecycle.ts';

export const patienceLimits = {
  /** After so long the last failure counts. Elections of 2.12 and 2.15 take two to ten seconds. */
  electionMsMax: 30_000,
  retryMs: 200,
} as const;

/** No leader of the cluster yet; not one broker enough yet; not the leader any more; the stream is offline. */
const passing: ReadonlySet<number> = new Set([10008, 10005, 10009, 10118]);

/** Whether the same request may well be answered in a moment. */
function isPassing(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return passing.has(error.code);
  return error instanceof Error && (error.name === 'TimeoutError' || error.name === 'JetStreamNotEnabled');
}

/** Asks until there is an answer. `ask` must do no harm when it is done twice, for the first may only have been slow. */
export async function patiently<Answer>(
  ask: () => Promise<Answer>,
  msMax: number = patienceLimits.electionMsMax,
): Promise<Answer> {
  const until = performance.now() + msMax;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error) || performance.now() > until) throw error;
      await sleep(patienceLimits.retryMs);
    }
  }
}

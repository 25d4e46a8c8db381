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

/** A leader has answered that may have been voted out: what it says may be old. */
export class LeaderUnconfirmed extends Error {
  override readonly name = 'LeaderUnconfirmed';
}

/** By name, for the client does not export its own. */
const passingNames: ReadonlySet<string> = new Set(['TimeoutError', 'JetStreamNotEnabled', 'LeaderUnconfirmed']);

/** Whether the same request may well be answered in a moment. */
function isPassing(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return passing.has(error.code);
  return error instanceof Error && passingNames.has(error.name);
}

/** Asks until there is an answer, the time is over or the signal aborts. `ask` must do no harm when it is done twice, for the first may only have been slow. */
export async function patiently<Answer>(
  ask: () => Promise<Answer>,
  msMax: number = patienceLimits.electionMsMax,
  signal?: AbortSignal,
): Promise<Answer> {
  const until = performance.now() + msMax;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error) || performance.now() > until || signal?.aborted === true) throw error;
      await sleep(patienceLimits.retryMs, signal);
    }
  }
}

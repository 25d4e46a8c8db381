import type { Epoch } from '#core/metering/batch.ts';
import type { MarkMessage } from '#core/messages/mark.ts';
import type { RefusalReason } from '#core/messages/rated.ts';
import type { Position } from '../spool/spool.ts';

/** Below every epoch: the rater has taken nothing. */
const nothing: Position = { epoch: { startedAtMs: 0, nonce: '' }, seq: 0 };

/** How far the rater is, as a place in the spool. */
export function positionOf(mark: MarkMessage): Position {
  const epoch = parseEpoch(mark.epoch);
  return epoch === undefined ? nothing : { epoch, seq: mark.mark };
}

/** `<startedAtMs>-<nonce>`; undefined for "". */
export function parseEpoch(text: string): Epoch | undefined {
  const match = /^(\d+)-([0-9a-f]{16})$/.exec(text);
  return match === null ? undefined : { startedAtMs: Number(match[1]), nonce: match[2]! };
}

const advice: Partial<Record<RefusalReason, string>> = {
  unauthentic: 'enrol this producer with the key of its signing.key, or enable it; batches wait in the spool',
  misplaced: 'create the tenant, or correct collector.tenant; batches wait in the spool',
  in_the_future: 'set the clock of this host',
  overlap:
    'another agent may meter this host under the same name, or its clock was ahead; the doubled slice was not charged',
  seq_reuse:
    'another agent has a copy of this spool; this one goes on in a new epoch, see docs/runbooks/cloned-agent.md',
  stale_epoch: 'another agent, or a newer spool, sends under this name, see docs/runbooks/cloned-agent.md',
  broken_chain: 'a batch before this one was lost; the chain goes on from here',
  unit_mismatch: 'upgrade the agent, or correct the meter of this metric',
};

/** What can be done about a refusal. */
export const adviceFor = (reason: string): string =>
  advice[reason as RefusalReason] ?? 'report it with the batch named';

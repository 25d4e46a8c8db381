/** What became of batches and samples, as counters and refusals. */
import { epochText, type Refusal } from '../messages/rated.ts';
import type { BatchHead } from './admit.ts';
import type { PartitionState, Producer } from './state.ts';

/** Counts for the producer, when its tenant has registered it, and in total. */
export function count(
  { totals }: PartitionState,
  who: Producer | undefined,
  of: 'samples' | 'batches',
  as: 'rated' | 'duplicates' | 'refused',
  by: number,
): void {
  for (const counts of who === undefined ? [totals[of]] : [who[of], totals[of]]) {
    counts.received += by;
    counts[as] += by;
  }
}

export type Refused = Pick<Refusal, 'index' | 'reason' | 'detail' | 'samples'>;

export const refusalOf = (
  { logTimeMs }: PartitionState,
  { tenant, producer, head }: { tenant: string; producer: string; head: BatchHead | undefined },
  stream: Refusal['stream'],
  inputSeq: number,
  why: Refused,
): Refusal => ({
  ...{ tenant, producer, epoch: head === undefined ? '' : epochText(head.epoch), seq: head?.seq ?? 0 },
  ...why,
  ...{ stream, inputSeq, logTimeMs },
});

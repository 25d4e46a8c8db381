/** Writes what a correction says of samples that are rated again, from the batches as they were signed. */
import type { AgainBatch, AgainSample, CorrectedBlock } from '../../messages/correction.ts';
import type { BatchBody } from '../../metering/batch.ts';

/** A batch, and where it lies. */
export interface SentBatch {
  readonly partition: number;
  readonly usageSeq: number;
  readonly body: BatchBody;
}

/** The samples of a batch that have those indexes. */
export function againOf(epoch: string, { partition, usageSeq, body }: SentBatch, indexes: ReadonlySet<number>): AgainBatch {
  const { producer, seq, resources, metrics, dims } = body;
  const samples = [...indexes].sort((a, b) => a - b).map((index): AgainSample => {
    const [resource, metric, dimsAt] = body.series[body.s[index]!]!;
    const [offsetMs, durationMs] = body.ticks[body.k[index]!]!;
    return [index, resource, metric, dimsAt, body.baseMs + offsetMs, durationMs, String(body.q[index])];
  });
  return { partition, usageSeq, producer, epoch, seq, resources, metrics, dims, samples };
} // prettier-ignore

/** Rows by sample, so that pieces can be cut between samples. */
export function rowsBySample(blocks: readonly CorrectedBlock[]): Map<number, CorrectedBlock[]> {
  const found = new Map<number, CorrectedBlock[]>();
  for (const block of blocks)
    for (const [index, rows] of Map.groupBy(block.rows, (row) => row[1]))
      found.set(index, [...(found.get(index) ?? []), { ...block, rows }]);
  return found;
}

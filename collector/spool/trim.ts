import type { Position, Segment } from './recover.ts';
import { compareEpochs } from './segment.ts';

export interface TrimLimits {
  readonly keepAcknowledgedMs: number;
  readonly keepAcknowledgedBytesMax: number;
}

/**
 * How many of the oldest segments may go: those that the rater has taken whole, when their newest batch is older than
 * the time kept, or together they exceed the bytes kept, or space is needed. The newest segment always stays.
 */
export function trimmable(
  segments: readonly Segment[],
  acknowledged: Position | null,
  nowMs: number,
  limits: TrimLimits,
  force: boolean,
): number {
  if (acknowledged === null) return 0;
  const taken = segments.slice(0, -1).filter(({ epoch, lastSeq }) => {
    const order = compareEpochs(epoch, acknowledged.epoch);
    return order < 0 || (order === 0 && lastSeq <= acknowledged.seq);
  });
  let bytes = taken.reduce((sum, segment) => sum + segment.bytes, 0);
  let count = 0;
  for (const segment of taken) {
    const over = segment.newestMs + limits.keepAcknowledgedMs <= nowMs || bytes > limits.keepAcknowledgedBytesMax;
    if (!over && !force) break;
    bytes -= segment.bytes;
    count++;
  }
  return count;
}

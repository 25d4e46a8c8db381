/** Rebuilds a partition's state: newest valid snapshot, then the commits after it (architecture §3.2). No re-rating. */
import type { ChainLink } from '#core/messages/rated.ts';
import { streams } from '#core/messages/names.ts';
import { emptyState, type PartitionState } from '#core/rating/state.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import { raterLimits } from './limits.ts';
import { Replay } from './replay.ts';
import { Rewound } from './rewound.ts';
import type { PassedOver, Snapshots } from './snapshots.ts';

/** The state of the newest valid snapshot; empty when there is none. */
export async function restore(
  partition: number,
  snapshots: Snapshots,
  passedOver?: PassedOver,
): Promise<PartitionState> {
  return (await snapshots.newest(partition, passedOver)) ?? emptyState(partition);
}

/**
 * Applies the commits that are not in the state yet, up to the last message of `RATED_<p>`, and answers where the stream
 * ends. Throws as `Replay` does, and Rewound where the stream loses its end meanwhile.
 */
export async function catchUp(state: PartitionState, log: Log, onStale: (seq: number) => void): Promise<ChainLink> {
  const stream = streams.rated(state.partition);
  const { lastSeq } = await log.info(stream);
  const replay = new Replay(state, log, onStale);
  if (replay.end.seq >= lastSeq) return replay.end;
  const reading = new AbortController();
  void endWhenCut(log, stream, lastSeq, reading);
  for await (const message of log.follow(stream, replay.end.seq + 1, reading.signal)) {
    await replay.take(message);
    if (message.seq >= lastSeq) break;
  }
  reading.abort();
  if (replay.end.seq < lastSeq) throw new Rewound(`${stream} ended at ${lastSeq} and lost its tail while it was read`);
  return replay.end;
}

/** A stream that loses its tail now would be waited for: nobody writes it before it is read. */
async function endWhenCut(log: Log, stream: string, lastSeq: number, reading: AbortController): Promise<void> {
  while (!reading.signal.aborted) {
    await sleep(raterLimits.catchUpCheckMs, reading.signal);
    const now = await log.info(stream).catch(() => undefined);
    if (now !== undefined && now.lastSeq < lastSeq) reading.abort();
  }
}

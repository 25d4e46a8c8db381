/** Rebuilds a partition's state: newest valid snapshot, then the commits after it (architecture §3.2). No re-rating. */
import { splitCommit, type CommitHeader } from '#core/messages/rated.ts';
import { streams } from '#core/messages/names.ts';
import { applyCommit } from '#core/rating/replay.ts';
import { emptyState, type PartitionState } from '#core/rating/state.ts';
import { sha256 } from '#platform/crypto.ts';
import type { Log } from '#platform/log.ts';
import { raterError } from './errors.ts';
import type { Snapshots } from './snapshots.ts';

/** The state of the newest valid snapshot; empty when there is none. */
export async function restore(partition: number, snapshots: Snapshots): Promise<PartitionState> {
  return (await snapshots.newest(partition)) ?? emptyState(partition);
}

/** Applies the commits that are not in the state yet, up to the last message of `RATED_<p>`. */
export async function catchUp(state: PartitionState, log: Log): Promise<void> {
  const stream = streams.rated(state.partition);
  const { lastSeq } = await log.info(stream);
  if (state.outSeq >= lastSeq) return;
  const reading = new AbortController();
  for await (const message of log.follow(stream, state.outSeq + 1, reading.signal)) {
    const header = parseHeader(message.data);
    // The fence lets nothing in that does not chain; a gap or a strange hash is damage done by hand.
    if (message.seq !== state.outSeq + 1 || header.prev.seq !== state.outSeq || header.prev.hash !== state.outHash) {
      throw raterError('LOG_BROKEN', `${stream} at sequence ${message.seq}.`, { stream, seq: message.seq });
    }
    applyCommit(state, header, message.seq, sha256(message.data));
    if (message.seq >= lastSeq) break;
  }
  reading.abort();
}

export function parseHeader(data: Uint8Array): CommitHeader {
  return JSON.parse(Buffer.from(splitCommit(data).header).toString('utf8')) as CommitHeader;
}

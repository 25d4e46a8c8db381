/** Rebuilds a partition's state: newest valid snapshot, then the commits after it (architecture §3.2). No re-rating. */
import { splitCommit, type CommitHeader } from '#core/messages/rated.ts';
import { streams } from '#core/messages/names.ts';
import { applyCommit } from '#core/rating/replay.ts';
import { emptyState, type PartitionState } from '#core/rating/state.ts';
import { sha256 } from '#platform/crypto.ts';
import type { Log } from '#platform/log.ts';
import { raterError } from './errors.ts';
import type { Snapshots } from './snapshots.ts';

/** The state as of the last message of `RATED_<p>`. */
export async function restore(partition: number, log: Log, snapshots: Snapshots): Promise<PartitionState> {
  const stream = streams.rated(partition);
  const state = (await snapshots.newest(partition)) ?? emptyState(partition);
  const { lastSeq } = await log.info(stream);
  if (state.outSeq >= lastSeq) return state;
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
  return state;
}

export function parseHeader(data: Uint8Array): CommitHeader {
  return JSON.parse(Buffer.from(splitCommit(data).header).toString('utf8')) as CommitHeader;
}

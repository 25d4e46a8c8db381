/** Rebuilds a partition's state: newest valid snapshot, then the commits after it (architecture §3.2). No re-rating. */
import { splitCommit, type ChainLink, type CommitHeader } from '#core/messages/rated.ts';
import { streams } from '#core/messages/names.ts';
import { applyCommit } from '#core/rating/replay.ts';
import { emptyState, type PartitionState } from '#core/rating/state.ts';
import { sha256 } from '#platform/crypto.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import { raterError } from './errors.ts';
import { raterLimits } from './limits.ts';
import { Rewound } from './rewound.ts';
import type { Snapshots } from './snapshots.ts';

/** The state of the newest valid snapshot; empty when there is none. */
export async function restore(partition: number, snapshots: Snapshots): Promise<PartitionState> {
  return (await snapshots.newest(partition)) ?? emptyState(partition);
}

/**
 * Applies the commits that are not in the state yet, up to the last message of `RATED_<p>`, and answers where the stream
 * ends. What an owner wrote who did not know yet that it was taken over from does not follow from the commit before it: no
 * reader counts it (architecture §3.3). Where the very owner of that commit seems to have written it, the log was tampered with.
 */
export async function catchUp(state: PartitionState, log: Log, onStale: (seq: number) => void): Promise<ChainLink> {
  const stream = streams.rated(state.partition);
  const { lastSeq } = await log.info(stream);
  let end: ChainLink = { seq: state.outSeq, hash: state.outHash };
  if (end.seq >= lastSeq) return end;
  const reading = new AbortController();
  void endWhenCut(log, stream, lastSeq, reading);
  for await (const message of log.follow(stream, end.seq + 1, reading.signal)) {
    const header = parseHeader(message.data);
    const isGap = message.seq !== end.seq + 1;
    end = { seq: message.seq, hash: sha256(message.data) };
    if (!isGap && header.prev.seq === state.outSeq && header.prev.hash === state.outHash) {
      applyCommit(state, header, end.seq, end.hash);
    } else if (isGap || header.nonce === (await nonceOf(log, state))) {
      throw raterError('LOG_BROKEN', `${stream} at sequence ${message.seq}.`, { stream, seq: message.seq });
    } else onStale(message.seq);
    if (message.seq >= lastSeq) break;
  }
  reading.abort();
  if (end.seq < lastSeq) throw new Rewound(`${stream} ended at ${lastSeq} and lost its tail while it was read`);
  return end;
}

/** A stream that loses its tail now would be waited for: nobody writes it before it is read. */
async function endWhenCut(log: Log, stream: string, lastSeq: number, reading: AbortController): Promise<void> {
  while (!reading.signal.aborted) {
    await sleep(raterLimits.catchUpCheckMs, reading.signal);
    const now = await log.info(stream).catch(() => undefined);
    if (now !== undefined && now.lastSeq < lastSeq) reading.abort();
  }
}

/** Whose the last commit of the state is; "" when nobody has written yet, as no owner's is. */
async function nonceOf(log: Log, { partition, outSeq }: PartitionState): Promise<string> {
  const message = outSeq === 0 ? undefined : await log.get(streams.rated(partition), outSeq);
  return message === undefined ? '' : parseHeader(message.data).nonce;
}

export function parseHeader(data: Uint8Array): CommitHeader {
  return JSON.parse(Buffer.from(splitCommit(data).header).toString('utf8')) as CommitHeader;
}

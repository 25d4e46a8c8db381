import type { CommitHeader } from '#core/messages/rated.ts';

/** The last commit that was loaded, and what the log's counters were there. */
export interface Head {
  readonly seq: number;
  /** base64url SHA-256 of that message; "" before the first. */
  readonly hash: string;
  readonly incarnation: number;
  readonly logTimeMs: number;
  /** Samples rated since the partition began. */
  readonly samplesRated: number;
}

export const genesis: Head = { seq: 0, hash: '', incarnation: 0, logTimeMs: 0, samplesRated: 0 };

export type Verdict =
  /** Chains to the head. */
  | 'next'
  /** At or before the head: it came twice. */
  | 'before'
  /** A take-over whose base lies before the head: valid when the log still holds that base; what lay between is void. */
  | 'back'
  /** Belongs to no history that we know; readers ignore it. */
  | 'unchained';

/** Decides what a message of `RATED_<p>` is to a reader that stands at `head`. */
export function judge(head: Head, seq: number, header: CommitHeader): Verdict {
  if (seq <= head.seq) return 'before';
  if (header.kind !== 'takeover') {
    const chains =
      header.incarnation === head.incarnation && header.prev.seq === head.seq && header.prev.hash === head.hash;
    return chains ? 'next' : 'unchained';
  }
  const { base } = header;
  if (base === undefined || header.incarnation <= head.incarnation) return 'unchained';
  if (base.outSeq === head.seq && base.hash === head.hash) return 'next';
  return base.outSeq < head.seq ? 'back' : 'unchained';
}

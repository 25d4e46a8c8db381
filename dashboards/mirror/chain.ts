import type { ChainLink, CommitHeader } from '#core/messages/rated.ts';

/** Where a reader of `RATED_<p>` stands: the last message that chained, and the incarnation that wrote it. */
export interface ChainHead extends ChainLink {
  readonly incarnation: number;
}

/**
 * What a reader does with the next message:
 * - `apply`: it continues the chain;
 * - `ignore`: a fenced owner's leftover, void by the take-over that the reader has already seen;
 * - `resync`: messages that the reader applied are void, or messages are missing.
 */
export type ChainVerdict = 'apply' | 'ignore' | 'resync';

export function follows(head: ChainHead, header: CommitHeader): ChainVerdict {
  if (header.incarnation < head.incarnation) return 'ignore';
  if (header.kind === 'takeover' && header.base !== undefined && header.incarnation > head.incarnation) {
    return sameLink({ seq: header.base.outSeq, hash: header.base.hash }, head) ? 'apply' : 'resync';
  }
  if (header.incarnation === head.incarnation && sameLink(header.prev, head)) return 'apply';
  return header.prev.seq > head.seq || header.incarnation > head.incarnation ? 'resync' : 'ignore';
}

const sameLink = (a: ChainLink, b: ChainLink): boolean => a.seq === b.seq && a.hash === b.hash;

/** Which messages of `RATED_<p>` count: those that follow from the one before, and takeovers that say where they start. */
import type { ChainLink } from '#core/messages/rated.ts';
import type { CommitScan } from './commitScan.ts';

export interface ChainTip extends ChainLink {
  readonly incarnation: number;
}

/** Before the first message of a partition. */
export const chainStart: ChainTip = { seq: 0, hash: '', incarnation: 0 };

/**
 * The tip after the message, or undefined when it does not chain and must be ignored. A takeover may start below the
 * tip: what lies between is void from then on.
 */
export function chainNext(tip: ChainTip, seq: number, hash: string, scan: CommitScan): ChainTip | undefined {
  if (scan.takeover === null) {
    return same(scan.prev, tip) ? { seq, hash, incarnation: tip.incarnation } : undefined;
  }
  const { incarnation, base } = scan.takeover;
  if (incarnation <= tip.incarnation || base.seq > tip.seq) return undefined;
  if (base.seq === tip.seq && base.hash !== tip.hash) return undefined;
  return { seq, hash, incarnation };
}

const same = (a: ChainLink, b: ChainLink): boolean => a.seq === b.seq && a.hash === b.hash;

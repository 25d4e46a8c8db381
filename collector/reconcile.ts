/** What the rater's mark says about the spool: an old copy, a lost one, or another agent's doings. */
import type { MarkMessage } from '#core/messages/mark.ts';
import { parseEpoch } from './publisher/mark.ts';
import { compareEpochs } from './spool/segment.ts';
import type { Spool } from './spool/spool.ts';

/**
 * Sees each mark before it trims anything. `openedEmpty`: this is the first mark and there was no spool at the start.
 * Begins a new epoch when the sequence on disk cannot be the one that the rater follows.
 */
export function reconcile(spool: Spool, mark: MarkMessage, openedEmpty: boolean): void {
  const epoch = parseEpoch(mark.epoch);
  if (epoch === undefined) return;
  const order = compareEpochs(epoch, spool.head.epoch);
  const took = `the rater took ${mark.mark} batches of epoch ${mark.epoch}`;
  if (order > 0) {
    spool.beginEpoch(`${took}, which is newer than any here: the spool is an old copy`, { above: epoch, forget: true });
  } else if (order === 0 && mark.mark >= spool.head.nextSeq) {
    spool.beginEpoch(`${took}, the spool holds ${spool.head.nextSeq - 1}: it is an old copy`, { forget: true });
  } else if (order < 0 && openedEmpty) {
    spool.noteLoss(`${took}; the spool of that time is gone`);
  }
}

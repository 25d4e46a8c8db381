/** What the rater's mark says about the spool: an old copy, a lost one, or another agent's doings. */
import type { MarkMessage } from '#core/messages/mark.ts';
import { epochText } from '#core/messages/rated.ts';
import { parseEpoch } from './publisher/mark.ts';
import { compareEpochs } from './spool/segment.ts';
import type { Spool } from './spool/spool.ts';

/**
 * Sees each mark before it trims anything. `openedEmpty`: this is the first mark and there was no spool at the start.
 * Begins a new epoch when the sequence on disk cannot be the one that the rater follows. Answers `another` when a running
 * agent hears of a newer epoch than its own: only another one with the same key and name can have begun it, as from a disk
 * that was cloned. Two would go on for ever, each undoing the other's sequence; the one that hears of it leaves off.
 */
export function reconcile(spool: Spool, mark: MarkMessage, openedEmpty: boolean, isFirst = true): 'own' | 'another' {
  const epoch = parseEpoch(mark.epoch);
  if (epoch === undefined) return 'own';
  const order = compareEpochs(epoch, spool.head.epoch);
  const took = `the rater took ${mark.mark} batches of epoch ${mark.epoch}`;
  if (order > 0) {
    if (!isFirst) return 'another';
    spool.beginEpoch(`${took}, which is newer than any here: the spool is an old copy`, { above: epoch, forget: true });
  } else if (order === 0 && mark.mark >= spool.head.nextSeq) {
    spool.beginEpoch(
      `${took}, the spool holds ${spool.head.nextSeq - 1}: it is an old copy, or another agent has one`,
      {
        forget: isFirst,
      },
    );
  } else if (order === 0 && isReused(spool, mark)) {
    spool.beginEpoch(
      `the rater took another batch ${mark.refusal!.seq} of epoch ${mark.epoch}: another agent has this spool`,
    );
  } else if (order < 0 && openedEmpty) {
    spool.noteLoss(`${took}; the spool of that time is gone`);
  } else if (spool.acknowledged !== null && compareEpochs(spool.acknowledged.epoch, epoch) > 0) {
    spool.noteLoss(`${took}, and had taken newer ones: the log went back, batches of epochs between may be gone`);
  }
  return 'own';
}

/** The rater has seen two batches under one number of the epoch being written. */
const isReused = (spool: Spool, { refusal }: MarkMessage): boolean =>
  refusal?.reason === 'seq_reuse' && refusal.epoch === epochText(spool.head.epoch) && refusal.seq < spool.head.nextSeq;

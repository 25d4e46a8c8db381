/** What to do about each reason. What it means stands beside the reason itself, in core/messages/rated.ts. */
import type { RefusalReason } from '#core/messages/rated.ts';

export const remedies: Readonly<Record<RefusalReason, string>> = {
  malformed: 'Bring the producer to the version of this instance; if it is your own, check it against the batch format.',
  oversized: 'Send smaller batches: the detail names the limit and what came.',
  unauthentic: 'Right after enrolment nothing: it is sent again. Else compare the key with the fleet’s; enrol anew if it was rotated. If nobody did, somebody else is sending.',
  subject_mismatch: 'The sender used another producer’s name. Give it credentials and an id of its own.',
  misplaced: 'Point the producer at the partition of its organisation; its configuration was made for another one.',
  seq_reuse: 'Two processes may share one spool, or a spool was restored from a copy. Keep one, and let it begin a new epoch.',
  stale_epoch: 'Nothing, if it was started anew: these come from before. If they keep coming, two processes run under one name.',
  ahead: 'Nothing: the producer re-sends from its mark. If it stays, the spool lost batches and shows them as a gap.',
  broken_chain: 'A batch before it was lost or changed; the loss shows as a gap. If it repeats, look at the disk of the spool.',
  out_of_range: 'Look at the counter behind the sample; the detail names the bound.',
  in_the_future: 'Set the producer’s clock, for example by NTP, and see `meterline doctor` on its machine.',
  overlap: 'The time was billed already and is not billed twice. If it repeats, two sources read one counter.',
  unit_mismatch: 'Declare the metric’s unit, scale and kind as it comes, in a new version of the meter.',
  unowned: 'Give the resource an owner, or the organisation a suspense account, in its file and apply it.',
  control_rejected: 'Correct what the detail names in the organisation’s file and apply it again.',
}; // prettier-ignore

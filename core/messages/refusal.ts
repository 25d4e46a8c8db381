/** What the rater does not take, and why. */
export interface Refusal {
  readonly tenant: string;
  readonly producer: string;
  readonly epoch: string;
  readonly seq: number;
  /** Index of the sample in its batch; -1 for the whole batch. */
  readonly index: number;
  readonly reason: RefusalReason;
  readonly detail: string;
  /** Samples that it stands for. */
  readonly samples: number;
  /** Where the payload lies in the input stream. */
  readonly stream: 'usage' | 'control';
  readonly inputSeq: number;
  readonly logTimeMs: number;
}

export const refusalReasons = {
  malformed: 'The message is not a batch, or a column is out of shape.',
  oversized: 'The batch exceeds a named limit.',
  unauthentic: 'The key is unknown, revoked, or the signature does not fit.',
  subject_mismatch: 'Tenant or producer in the body differ from the subject that the broker vouched for.',
  misplaced: 'The tenant is not placed on this partition.',
  seq_reuse: 'A sequence number came again with other content.',
  stale_epoch: 'A batch of an older epoch came after a newer one.',
  ahead: 'The batch skips sequence numbers; it is taken when the producer re-sends from its mark.',
  broken_chain: 'The batch names another predecessor than the one taken.',
  out_of_range: 'A quantity, time or index lies outside its stated bounds.',
  in_the_future: 'The sample lies more than 24 h ahead of log time.',
  overlap: 'The sample starts before the end of what was already billed for its counter.',
  unit_mismatch: 'The metric came in another unit, scale or kind than its meter declares.',
  unowned: 'The resource has no owner and the tenant no suspense account.',
  control_rejected: 'A control message could not be applied.',
} as const;
export type RefusalReason = keyof typeof refusalReasons;

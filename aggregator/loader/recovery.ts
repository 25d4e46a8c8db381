/**
 * What the store holds of a range of commits whose fate is in doubt (after a restart, a time-out, an error), and what
 * follows from it. Ranges are counted commit by commit, so the cases need no guess about how the rows came there.
 */
export type RecoveryCase =
  /** A commit at or before what is recorded as done: it came twice, and `judge` says so of each. Nothing to do. */
  | 'before'
  /** Nothing of the range is there. Insert it. */
  | 'new'
  /** Every row of the range is there, and nothing beyond. Mark it done. */
  | 'same'
  /** Every row of the range is there, and more beyond: the record is older than the store. Mark done, doubt goes on. */
  | 'containing'
  /** Some of the rows are there. Delete the range's rows and insert it under a new token. */
  | 'overlapping';

export interface Doubt {
  /** Last commit of the range. */
  readonly toSeq: number;
  /** Rows by commit: as the log has them, and as the store holds them within the range. */
  readonly expected: ReadonlyMap<number, number>;
  readonly held: ReadonlyMap<number, number>;
  /** Highest commit of which the store holds rows. */
  readonly heldSeqMax: number;
}

export function recoveryCase({ toSeq, expected, held, heldSeqMax }: Doubt): Exclude<RecoveryCase, 'before'> {
  if (held.size === 0) return 'new';
  const isWhole = held.size === expected.size && [...expected].every(([seq, rows]) => held.get(seq) === rows);
  if (!isWhole) return 'overlapping';
  return heldSeqMax > toSeq ? 'containing' : 'same';
}

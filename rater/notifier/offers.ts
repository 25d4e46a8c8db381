/**
 * The fast path of one partition. The rater hands over each commit's alerts right after the acknowledgement; they may
 * be delivered at once only when every earlier alert is known too, else a release could overtake its throttle.
 * Offers without a gap between them are held until the follower has reached their beginning, then taken together.
 */
import type { Alert } from '#core/messages/alert.ts';
import { notifierLimits } from './limits.ts';

export interface OfferedCommit {
  readonly outSeq: number;
  readonly alerts: readonly Alert[];
  /** When it was offered, on the monotonic clock. */
  readonly atMonotonicMs: number;
}

export class Offers {
  /** Every alert up to this sequence has been taken or followed. */
  private known: number;
  private from = 0;
  private through = 0;
  private held: OfferedCommit[] = [];

  constructor(known: number) {
    this.known = known;
  }

  /** Returns the commits whose alerts may be delivered now, oldest first. */
  offer(commit: OfferedCommit): readonly OfferedCommit[] {
    if (commit.outSeq <= this.known) return [];
    if (commit.outSeq !== this.through + 1 || this.held.length >= notifierLimits.offersHeldMax) {
      this.from = commit.outSeq;
      this.held = [];
    }
    this.through = commit.outSeq;
    if (commit.alerts.length > 0) this.held.push(commit);
    return this.take();
  }

  /** The follower has handed on everything up to `outSeq`. */
  followed(outSeq: number): readonly OfferedCommit[] {
    this.known = Math.max(this.known, outSeq);
    return this.take();
  }

  /** The log was rewound: sequences begin again below what was known. */
  rewound(known: number): void {
    this.known = known;
    this.from = this.through = 0;
    this.held = [];
  }

  private take(): readonly OfferedCommit[] {
    if (this.through <= this.known || this.from > this.known + 1) return [];
    const ready = this.held.filter((commit) => commit.outSeq > this.known);
    this.known = this.through;
    this.held = [];
    return ready;
  }
}

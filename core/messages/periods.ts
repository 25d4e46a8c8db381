/** What the API says of closes of billing periods (SPEC §12). */
import type { ProducerRecord } from './control.ts';

export const checkNames = [
  'rater',
  'ended',
  'open',
  'producers',
  'charged',
  'loaded',
  'reconciled',
  'suspense',
  'unpriced',
] as const;
export type CheckName = (typeof checkNames)[number];

export interface ChecklistItem {
  readonly name: CheckName;
  readonly ok: boolean;
  /** Whether the close waits for it; the others are there to be seen. */
  readonly blocks: boolean;
  readonly detail: string;
  /** Whose business it is. */
  readonly who: string;
  /** What to do; "" where it is ok. */
  readonly solve: string;
}

/** A producer of which neither samples nor words have reached the end of the period. */
export interface MissingProducer {
  readonly producer: string;
  readonly type: ProducerRecord['type'];
  /** End of its newest rated sample, and log time of its newest batch; null before the first. */
  readonly lastSampleMs: number | null;
  readonly lastSeenMs: number | null;
  /** Up to where it said, or somebody for it, that all has come; null while nobody did. */
  readonly completeUntilMs: number | null;
  /** From the later of both to the end of the period; null before the first. */
  readonly behindMs: number | null;
  readonly spoolBatches: number;
}

export interface Checklist {
  readonly items: readonly ChecklistItem[];
  readonly missing: readonly MissingProducer[];
  /** End of what is closed; 0 for nothing. */
  readonly closedUntilMs: number;
  /** Nothing blocks; and nothing at all is open. */
  readonly closable: boolean;
  readonly green: boolean;
}

/** A root account's periods. Dates are of its zone. */
export interface UnitPeriods {
  readonly account: string;
  readonly name: string;
  readonly timeZone: string;
  /** End of what is closed, UTC ms and date; 0 and null for nothing. */
  readonly closedUntilMs: number;
  readonly closedUntil: string | null;
  /** First day of the period that runs: what ended before it can be closed. */
  readonly runsFrom: string;
  /** Days after its end at which a period closes by itself; null for never. */
  readonly closeAfterDays: number | null;
}

export interface PeriodList {
  /** The rater's log time; null while none answers. */
  readonly asOfMs: number | null;
  readonly accounts: readonly UnitPeriods[];
}

export interface AccountChecklist extends Checklist {
  readonly account: string;
  readonly until: string;
  readonly untilMs: number;
  readonly asOfMs: number | null;
}

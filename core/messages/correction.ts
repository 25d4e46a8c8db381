/**
 * Corrections of what was rated: an office's decision that reverses stored rows, told the rater in pieces (SPEC §16). Sums of history
 * never change: a correction adds rows, each of which names the one that it reverses.
 */
import type { BatchMetric } from '../metering/batch.ts';
import type { ControlChange, ControlMessage } from './control.ts';
import type { SamplePlace } from './rated.ts';

/**
 * `void`: rows go, as if their samples had never come. `revert`: what another correction booked is taken back. `rerate`: samples are rated
 * again, by the owners and prices that are known by then; what that leaves as it was is left alone.
 */
export const correctionKinds = ['void', 'revert', 'rerate'] as const;
export type CorrectionKind = (typeof correctionKinds)[number];

/** Begins a correction. One of a tenant at a time. */
export interface CorrectionRecord {
  /** Of the tenant, never used again: "c-12". */
  readonly id: string;
  readonly what: CorrectionKind;
  readonly reason: string;
  readonly author: string;
  /** Who agreed, where somebody had to; "" for nobody. */
  readonly approvedBy: string;
  /** What is corrected, in words that the office can read back. */
  readonly selection: string;
  /** The rows are those of commits up to this one. */
  readonly asOf: number;
  /** How many pieces have been taken; absent for none. In a snapshot only. */
  readonly pieces?: number;
}

/** A piece of a correction: stored blocks, whole or in part. */
export interface CorrectionRows {
  readonly id: string;
  /** Counts the pieces from 1. */
  readonly n: number;
  /** As stored; empty in the commit that took the piece, whose blocks tell what came of it. */
  readonly blocks: readonly CorrectedBlock[];
  /** Of a `rerate`, and there alone: the samples whose rows these are, all that stand of each. Empty in the commit, too. */
  readonly again?: readonly AgainBatch[];
}

/** Where a tally stands: of a pool the price's own account. */
export interface CorrectedTally {
  readonly account: number;
  readonly price: number;
  readonly meter: string;
  readonly cell: string;
  readonly periodStartMs: number;
  /** Name; "" unless the price tallies by resource. */
  readonly resource: string;
}

/** From here on what samples add to these tallies is kept a second time, until each is told what those before it would have kept. */
export interface CorrectionShadow {
  readonly id: string;
  /** Counts with the pieces. */
  readonly n: number;
  readonly tallies: readonly CorrectedTally[];
}

/** What samples would have kept in a tally (SPEC §8.6), or a part of it: lists that are too long for one message come in several. */
export interface KeptSamples {
  /** Of `max` and `latest` what the tally would have reached, in its units; "0" for others. */
  readonly quantity: string;
  readonly newest?: SamplePlace;
  readonly values?: readonly string[];
  readonly hashes?: readonly number[];
  readonly slots?: readonly (readonly [index: number, sum: string])[];
  readonly samples?: readonly string[];
}

/** Rebuilds a tally: what the samples before its shadow would have kept, of those whose rows stand. */
export interface CorrectionTally {
  readonly id: string;
  readonly n: number;
  readonly tally: CorrectedTally;
  /** Without its lists in the commit that took it, whose notes tell what came of it. */
  readonly kept: KeptSamples;
  /** What it would have taken over of an earlier version, in its units: "0" for none. */
  readonly carried: string;
  /** Whether nothing more of the tally comes: then it is what its shadow is. */
  readonly isLast: boolean;
}

/** What rebuilds a tally: the samples whose rows stand of these, the tally itself first, then those that it took over from. */
export interface TallyRecipe {
  readonly tally: CorrectedTally;
  readonly period: { readonly periodStartMs: number; readonly periodEndMs: number };
  /** The last message of `USAGE` before its shadow; null without one. */
  readonly shadowSeq: number | null;
  readonly sources: readonly {
    readonly tally: CorrectedTally;
    /** The last sample that counts, in this partition's `USAGE`; [0, 0]: of older partitions, and not known any more; null: all. */
    readonly upTo: readonly [usageSeq: number, index: number] | null;
  }[];
  /** Versions that took its position over. */
  readonly heirs: readonly CorrectedTally[];
}

/** Tallies of one shadow message at most. */
export const shadowTalliesMax = 50;
/** Samples of one signed batch that are rated again, as the batch says them. */
export interface AgainBatch {
  /** Whose `USAGE` has the batch, and its sequence there. */
  readonly partition: number;
  readonly usageSeq: number;
  readonly producer: string;
  readonly epoch: string;
  readonly seq: number;
  /** What samples give places in. */
  readonly resources: readonly string[];
  readonly metrics: readonly BatchMetric[];
  readonly dims: readonly Readonly<Record<string, string>>[];
  readonly samples: readonly AgainSample[];
}

/** `index`: in the batch. `dims`: -1 for none. Start in UTC ms; the quantity is decimal text of an integer, as sent. */
export type AgainSample = readonly [
  index: number,
  resource: number,
  metric: number,
  dims: number,
  startMs: number,
  durationMs: number,
  quantity: string,
];

/** Nothing more comes. */
export interface CorrectionEnd {
  readonly id: string;
  readonly pieces: number;
}

/** Rows of one stored block that are reversed, with what the block says of them. */
export interface CorrectedBlock {
  /** `<partition>-<incarnation>-<outSeq>-<block>`. */
  readonly ref: string;
  readonly kind: CorrectableKind;
  readonly account: number;
  readonly price: number;
  readonly meter: string;
  readonly cell: string;
  readonly periodStartMs: number;
  readonly producer: string;
  readonly epoch: string;
  readonly seq: number;
  readonly usageSeq: number;
  readonly firstMs: number;
  /** Names; rows give places in this list. */
  readonly resources: readonly string[];
  /** Quantity and amount as decimal text. */
  readonly rows: readonly CorrectedRow[];
}

export type CorrectedRow = readonly [
  resource: number,
  index: number,
  offsetMs: number,
  durationMs: number,
  quantity: string,
  amount: string,
];

/** Kinds of blocks that a correction may reverse. */
export const correctableKinds = ['usage', 'unpriced', 'void', 'corrected', 'rerated'] as const;
export type CorrectableKind = (typeof correctableKinds)[number];

/** Rows of a piece at most: a few milliseconds of work, and far below what a commit takes. */
export const correctionRowsMax = 2000;

/** The message as a commit carries it: without rows and lists, which its blocks and notes tell. */
export const withoutRows = (message: ControlMessage): ControlMessage => {
  const [change] = message.changes;
  const short = change === undefined ? undefined : shortened(change);
  return short === undefined ? message : { ...message, changes: [short] };
};

/** A piece of a correction is a message of its own. */
function shortened(change: ControlChange): ControlChange | undefined {
  if (change.kind === 'correctionRows') return { ...change, blocks: [], ...(change.again && { again: [] }) };
  return change.kind === 'correctionTally' ? { ...change, kept: { quantity: change.kept.quantity } } : undefined;
}

/** Request on `correction.preview.<p>`: what a correction would come to, on the rater's present tallies, and what rebuilds tallies; without effect. */
export interface CorrectionPreviewRequest {
  readonly tenant: string;
  readonly blocks: readonly CorrectedBlock[];
  readonly again?: readonly AgainBatch[];
  readonly tallies?: readonly RebuiltTally[];
  readonly recipes?: readonly CorrectedTally[];
}

/** What a tally reaches by the samples that stand, and would reach: all, and what it took over of that; in its units. */
export interface RebuiltTally {
  readonly tally: CorrectedTally;
  readonly before: Reached;
  readonly after: Reached;
}
export interface Reached {
  readonly carried: string;
  readonly quantity: string;
}

/** Or why it cannot be done. */
export type CorrectionPreviewReply =
  | { readonly effects: readonly CorrectionEffect[]; readonly recipes: readonly TallyRecipe[] }
  | { readonly fault: string };

/** What an account is charged otherwise, of one price, tally period and month booked. */
export interface CorrectionEffect {
  readonly account: number;
  /** 0: nothing charges it. */
  readonly price: number;
  readonly currency: string;
  readonly periodStartMs: number;
  readonly bookedStartMs: number;
  /** The month booked is later than the usage, which is of a closed period: the end of what is closed; 0 for the usage's own month. */
  readonly closedUntilMs: number;
  readonly rows: number;
  /** Decimal text: rows taken back and brought back, what other rows of their tallies owe by then, what is rated again, and all of it. */
  readonly reversed: string;
  readonly rest: string;
  /** Absent where it is nothing. */
  readonly again?: string | undefined;
  readonly amount: string;
}

/**
 * What a correction is about. Of a void and of a rerate either batches (`producer`, `epoch`, `fromSeq`, `toSeq`) or a stretch of usage
 * time; of a revert a correction.
 */
export interface CorrectionSelection {
  readonly producer?: string | undefined;
  /** As rows show it; absent: each of the producer. */
  readonly epoch?: string | undefined;
  readonly fromSeq?: number | undefined;
  readonly toSeq?: number | undefined;
  /** Start of the usage, UTC ms: from (inclusive) to (exclusive). */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** A resource, or all below one: `host/*`. */
  readonly resource?: string | undefined;
  readonly meter?: string | undefined;
  /** Of a revert. */
  readonly correction?: string | undefined;
  /** Its samples are rated again instead of being voided. */
  readonly again?: boolean | undefined;
}

/** `rebuilding`: rows are booked, and what tallies keep of their samples is worked out anew. */
export const correctionStatuses = ['previewed', 'queued', 'begun', 'running', 'rebuilding', 'ending', 'ended', 'failed'] as const; // prettier-ignore

/** GET /corrections, /corrections/:id: a correction as the office knows it. */
export interface Correction {
  readonly id: string;
  readonly what: CorrectionKind;
  readonly selection: CorrectionSelection;
  readonly status: (typeof correctionStatuses)[number];
  readonly author: string;
  /** "" until it is applied. */
  readonly reason: string;
  /** "" for nobody. */
  readonly approvedBy: string;
  /** Why it failed; "" where it did not. */
  readonly detail: string;
  /** Rows that are selected, as of this commit, and how many of them are booked. */
  readonly rows: number;
  readonly asOf: number;
  readonly rowsDone: number;
  readonly createdMs: number;
  readonly appliedMs: number | null;
  readonly endedMs: number | null;
  /** Largest amounts first. */
  readonly effects: readonly CorrectionEffect[];
  /** What was booked, once it has ended; null before. */
  readonly booked: readonly CorrectionEffect[] | null;
  /** Sums by currency, decimal text: what the preview said, and what was booked. */
  readonly totals: readonly { readonly currency: string; readonly previewed: string; readonly booked: string | null }[];
}

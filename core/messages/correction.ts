/**
 * Corrections of what was rated: an office's decision that reverses stored rows, told the rater in pieces (SPEC §16). Sums of history
 * never change: a correction adds rows, each of which names the one that it reverses.
 */
import type { ControlMessage } from './control.ts';

/** `void`: rows go, as if their samples had never come. `revert`: what another correction booked is taken back. */
export const correctionKinds = ['void', 'revert'] as const;
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
}

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
export const correctableKinds = ['usage', 'unpriced', 'void', 'corrected'] as const;
export type CorrectableKind = (typeof correctableKinds)[number];

/** Rows of a piece at most: a few milliseconds of work, and far below what a commit takes. */
export const correctionRowsMax = 2000;

/** The message as a commit carries it: without the rows, which are in its blocks. */
export const withoutRows = (message: ControlMessage): ControlMessage =>
  message.changes.some(({ kind }) => kind === 'correctionRows')
    ? {
        ...message,
        changes: message.changes.map((change) =>
          change.kind === 'correctionRows' ? { ...change, blocks: [] } : change,
        ),
      }
    : message;

/** Request on `correction.preview.<p>`: what a correction would come to, on the rater's present tallies, without effect. */
export interface CorrectionPreviewRequest {
  readonly tenant: string;
  readonly blocks: readonly CorrectedBlock[];
}

/** Or why it cannot be done. */
export type CorrectionPreviewReply = { readonly effects: readonly CorrectionEffect[] } | { readonly fault: string };

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
  /** Decimal text: rows taken back and brought back, what other rows of their tallies owe by then, and both. */
  readonly reversed: string;
  readonly rest: string;
  readonly amount: string;
}

/** What a correction is about. Of a void either batches (`producer`, `epoch`, `fromSeq`, `toSeq`) or a stretch of usage time; of a revert a correction. */
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
}

export const correctionStatuses = ['previewed', 'queued', 'begun', 'running', 'ending', 'ended', 'failed'] as const;

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

/** What corrections ask of the store, the log and the rater. */
import type { BatchBody } from '#core/metering/batch.ts';
import type {
  CorrectedBlock,
  CorrectedTally,
  CorrectionEffect,
  CorrectionPreviewReply,
  CorrectionPreviewRequest,
  CorrectionSelection,
} from '#core/messages/correction.ts';

/** What the store holds up to a commit. */
export interface AsOf {
  readonly partition: number;
  readonly asOf: number;
}

/** Commit and block. */
export type BlockOrder = readonly [partition: number, outSeq: number, block: number];

/** A part of a sample in a tally: whether it counts, and whether it would once the selection is corrected. */
export interface StandingRow extends CorrectedTally {
  readonly partition: number;
  readonly usageSeq: number;
  readonly producer: string;
  readonly epoch: string;
  readonly seq: number;
  readonly index: number;
  readonly startMs: number;
  readonly durationMs: number;
  /** Of the row that came first. */
  readonly order: BlockOrder;
  readonly stands: boolean;
  readonly wouldStand: boolean;
}

export interface MovedRow extends Omit<CorrectedTally, 'resource'> {
  readonly order: BlockOrder;
  readonly firstMs: number;
}

/** A batch, which of its samples are selected, and all rows that stand of those. */
export interface SelectedBatch {
  readonly partition: number;
  readonly usageSeq: number;
  readonly producer: string;
  readonly epoch: string;
  readonly seq: number;
  readonly indexes: readonly number[];
  readonly blocks: readonly CorrectedBlock[];
}

/** A page of what is selected: of commits up to `asOf`, and what no correction but `own` has reversed. */
export interface PageQuestion extends AsOf {
  readonly selection: CorrectionSelection;
  readonly own: string;
  readonly cursor: string | null;
}

export interface CorrectionPorts {
  /** Last commit in the store, and in the log. */
  loadedSeq(partition: number): Promise<number>;
  headSeq(partition: number): Promise<number>;
  selected(
    tenant: string,
    question: PageQuestion,
  ): Promise<{ readonly blocks: readonly CorrectedBlock[]; readonly cursor: string | null }>;
  /** Whole samples, in the order of `USAGE`. */
  selectedSamples(
    tenant: string,
    question: PageQuestion,
  ): Promise<{ readonly batches: readonly SelectedBatch[]; readonly cursor: string | null }>;
  /** Whether a sample of these batches was cut, as the meter took it. */
  hasCutSamples(tenant: string, meter: string, usageSeqs: readonly number[]): Promise<boolean>;
  /** A page of the samples of some tallies, in whole messages of `USAGE` behind `afterSeq`; `lastSeq` is null behind the last one. */
  standing(
    tenant: string,
    question: AsOf & {
      readonly places: readonly Omit<CorrectedTally, 'account' | 'resource'>[];
      readonly selection: CorrectionSelection | undefined;
      readonly afterSeq: number;
    },
  ): Promise<{ readonly rows: readonly StandingRow[]; readonly lastSeq: number | null }>;
  /** Where the rows lie that a correction has booked; `account` is theirs, `resource` is said of each. */
  correctedPlaces(tenant: string, at: AsOf, correction: string): Promise<readonly CorrectedTally[]>;
  /** Rows of meters that no sample and no correction made, in the order of the log. */
  adjustments(tenant: string, at: AsOf, meters: readonly string[]): Promise<readonly MovedRow[]>;
  /** The batch that a message of `USAGE` is; undefined where there is none of the producer. */
  batch(partition: number, usageSeq: number, tenant: string, producer: string): Promise<BatchBody | undefined>;
  booked(tenant: string, correction: string): Promise<readonly CorrectionEffect[]>;
  /** Undefined where no rater answers. */
  preview(partition: number, request: CorrectionPreviewRequest): Promise<CorrectionPreviewReply | undefined>;
}

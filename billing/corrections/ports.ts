/** What corrections ask of the store, the log and the rater. */
import type {
  CorrectedBlock,
  CorrectionEffect,
  CorrectionPreviewReply,
  CorrectionPreviewRequest,
  CorrectionSelection,
} from '#core/messages/correction.ts';

export interface CorrectionPorts {
  /** Last commit in the store, and in the log. */
  loadedSeq(partition: number): Promise<number>;
  headSeq(partition: number): Promise<number>;
  /** A page of the selected rows that no correction but `own` has reversed, of commits up to `asOf`. */
  selected(
    tenant: string,
    question: {
      readonly partition: number;
      readonly asOf: number;
      readonly selection: CorrectionSelection;
      readonly own: string;
      readonly cursor: string | null;
    },
  ): Promise<{ readonly blocks: readonly CorrectedBlock[]; readonly cursor: string | null }>;
  /** Whether a sample of these batches was cut, as the meter took it. */
  hasCutSamples(tenant: string, meter: string, usageSeqs: readonly number[]): Promise<boolean>;
  booked(tenant: string, correction: string): Promise<readonly CorrectionEffect[]>;
  /** Undefined where no rater answers. */
  preview(partition: number, request: CorrectionPreviewRequest): Promise<CorrectionPreviewReply | undefined>;
}

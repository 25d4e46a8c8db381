/** A piece of a correction: rows that go, and samples that are rated again in their place. All of it, or nothing. */
import type { CorrectionRows } from '../../messages/correction.ts';
import { Groups } from '../block.ts';
import type { Changes } from '../changes.ts';
import { closeBlocks, type BlockRun } from '../closeBlocks.ts';
import type { PlanContext } from '../plan.ts';
import { adjust } from '../repricing.ts';
import { Rows } from '../rows.ts';
import type { PartitionState, Tenant } from '../state.ts';
import { readAgain } from './again.ts';
import { bookOwed, book as bookReversal, readReversal, takeOff, type Owed, type Reversal } from './reverse.ts';
import { rateAgain, type Journal, type Rerated } from './rerate.ts';

/** What a piece comes to; its tallies have moved, and nothing is booked. */
export interface Piece {
  readonly reversal: Reversal;
  readonly rests: readonly Owed[];
  readonly rerated: Rerated;
  /** As if it had never been looked at. */
  readonly undo: () => void;
}

/** Throws ControlFault, and nothing has moved, where it cannot be done. */
export function workOut(
  state: PartitionState,
  tenant: Tenant,
  changes: Changes,
  { id, blocks, again }: Pick<CorrectionRows, 'id' | 'blocks' | 'again'>,
): Piece {
  const groups = new Groups();
  const read = again === undefined ? { blocks, samples: [] } : readAgain({ tenant, groups, kind: 'rerated' }, { blocks, again });
  const reversal = readReversal(state.partition, tenant, { id, blocks: read.blocks });
  const journal: Journal = [];
  const undo = (): void => journal.toReversed().forEach((step) => step());
  const rests = takeOff(tenant, reversal, journal);
  try {
    return { reversal, rests, rerated: rateAgain({ state, tenant, changes }, read.samples, journal), undo };
  } catch (error) {
    undo();
    throw error;
  }
} // prettier-ignore

export function bookPiece(run: BlockRun & PlanContext, { reversal, rests, rerated }: Piece): void {
  const { tenant, changes, state, rows } = run;
  const { charges, heirs, late } = rerated;
  for (const { tally, amount } of late) adjust({ ...run, rows: new Rows() }, tally, amount);
  bookReversal(run, reversal, rests);
  for (const [batch, of] of Map.groupBy(charges, ({ sample }) => sample.batch)) {
    for (const { sample, charge } of of) {
      const { lane, part, quantity, amount, opened } = charge;
      if (opened) changes.open(lane.tally!);
      changes.tally(lane.tally!);
      rows.addWide(lane.group, sample.resource.id, sample.index, part.startMs, part.durationMs, { quantity, amount }, false);
    }
    const { producer, epoch, seq, usageSeq } = batch;
    closeBlocks({ ...run, source: { tenant: tenant.id, producer, epoch, seq, usageSeq, logTimeMs: state.logTimeMs, correction: reversal.id } });
  }
  for (const { tally } of heirs) changes.carried.add(tally);
  bookOwed(run, reversal.id, heirs);
} // prettier-ignore

/** A control message, taken for the first time; pieces of corrections are read, and booked when all of it holds. */
import type { ControlMessage } from '../../messages/control.ts';
import type { Changes } from '../changes.ts';
import type { BlockRun } from '../closeBlocks.ts';
import { applyMaster } from '../master.ts';
import type { PlanContext } from '../plan.ts';
import type { PartitionState, Tenant } from '../state.ts';
import { bookPiece, workOut } from './piece.ts';
import { readRebuilding, rebuild } from './rebuild.ts';
import { beginShadows, endShadows } from './shadows.ts';

export type Booking = (run: BlockRun & PlanContext) => void;

/** `book`: what is still to be booked of a piece of a correction. Throws ControlFault. */
export function takeMessage(
  state: PartitionState,
  changes: Changes,
  message: ControlMessage,
): { readonly tenant: Tenant; readonly book: Booking | undefined } {
  let book: Booking | undefined;
  const tenant = applyMaster(state, message, state.logTimeMs, (of, change) => {
    switch (change.kind) {
      case 'correction':
      case 'correctionEnd':
        return;
      case 'correctionRows': {
        const piece = workOut(state, of, changes, change);
        book = (run) => bookPiece(run, piece);
        return;
      }
      case 'correctionShadow':
        return beginShadows(state, of, changes, change);
      case 'correctionTally': {
        const rebuilding = readRebuilding(of, change);
        book = (run) => rebuild(run, rebuilding);
        return;
      }
    }
  });
  if (message.changes.some(({ kind }) => kind === 'correctionEnd')) endShadows(tenant, changes);
  return { tenant, book };
}

/** How far a correction is: one of a tenant at a time, its pieces in order (SPEC §16.2). */
import { correctionRowsMax, shadowTalliesMax } from '../../messages/correction.ts';
import type { ControlChange } from '../../messages/control.ts';
import { require } from '../controlFault.ts';
import type { Master } from '../state.ts';

const kinds = ['correction', 'correctionRows', 'correctionShadow', 'correctionTally', 'correctionEnd'] as const;
export type CorrectionChange = Extract<ControlChange, { readonly kind: (typeof kinds)[number] }>;
/** What moves more than how far it is. */
export type CorrectionPiece = Exclude<CorrectionChange, { readonly kind: 'correction' | 'correctionEnd' }>;

export const isCorrection = (change: ControlChange): change is CorrectionChange =>
  (kinds as readonly string[]).includes(change.kind);
export const isPiece = (change: ControlChange): change is CorrectionPiece =>
  isCorrection(change) && change.kind !== 'correction' && change.kind !== 'correctionEnd';

export function applyCorrection(master: Pick<Master, 'correction'>, change: CorrectionChange): void {
  const { correction } = master;
  if (change.kind === 'correction') {
    const { kind: _, ...record } = change;
    require(correction === undefined, `correction ${correction?.id} has not ended`);
    master.correction = record;
    return;
  }
  require(correction?.id === change.id, `correction ${change.id} is not the one that goes on`);
  const pieces = correction!.pieces ?? 0;
  if (change.kind === 'correctionEnd') {
    require(change.pieces === pieces, `correction ${change.id} has ${pieces} pieces, not ${change.pieces}`);
    master.correction = undefined;
    return;
  }
  require(change.n === pieces + 1, `piece ${change.n} of correction ${change.id} after ${pieces}`);
  const rows = change.kind === 'correctionRows' ? change.blocks.reduce((sum, block) => sum + block.rows.length, 0) : 0;
  require(rows <= correctionRowsMax, `a piece of ${rows} rows, of at most ${correctionRowsMax}`);
  const tallies = change.kind === 'correctionShadow' ? change.tallies.length : 0;
  require(tallies <= shadowTalliesMax, `shadows of ${tallies} tallies, of at most ${shadowTalliesMax}`);
  const isAgain = change.kind === 'correctionRows' && change.again !== undefined;
  require(!isAgain || correction!.what === 'rerate', 'samples are rated again by a rerate, and by nothing else');
  master.correction = { ...correction!, pieces: change.n };
}

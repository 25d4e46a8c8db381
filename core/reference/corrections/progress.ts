/** SPEC §16.2: a correction begins, goes on piece by piece, and ends. */
import type { ControlChange, ControlMessage } from '../../messages/control.ts';
import type { Tenant } from '../state.ts';

type Change = Extract<
  ControlChange,
  { kind: 'correction' | 'correctionRows' | 'correctionShadow' | 'correctionTally' | 'correctionEnd' }
>;
type Going = Tenant['correction'];

const rowsMax = 2000;
const shadowsMax = 50;

export function canProgress(going: Going, change: Change): boolean {
  if (change.kind === 'correction') return going === undefined;
  if (going?.id !== change.id) return false;
  if (change.kind === 'correctionEnd') return change.pieces === going.pieces;
  if (change.n !== going.pieces + 1) return false;
  if (change.kind === 'correctionRows' && change.again !== undefined && !going.isRerate) return false;
  if (change.kind === 'correctionRows') return change.blocks.flatMap(({ rows }) => rows).length <= rowsMax;
  return change.kind === 'correctionTally' || change.tallies.length <= shadowsMax;
}

export function progressed(going: Going, change: Change): Going {
  if (change.kind === 'correction')
    return { id: change.id, pieces: change.pieces ?? 0, isRerate: change.what === 'rerate' };
  return change.kind === 'correctionEnd' ? undefined : { ...going!, pieces: change.n };
}

/** A commit leaves out rows and lists: its blocks and notes tell what came of them. */
export function asCommitted(message: ControlMessage): ControlMessage {
  const changes = message.changes.map((change) => ({
    ...change,
    ...(change.kind === 'correctionRows' ? { blocks: [], ...(change.again && { again: [] }) } : {}),
    ...(change.kind === 'correctionTally' ? { kept: { quantity: change.kept.quantity } } : {}),
  }));
  return { ...message, changes: changes as ControlMessage['changes'] };
}

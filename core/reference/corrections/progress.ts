/** SPEC §16.2: a correction begins, goes on piece by piece, and ends. */
import type { ControlChange, ControlMessage } from '../../messages/control.ts';
import type { Tenant } from '../state.ts';

type Change = Extract<ControlChange, { kind: 'correction' | 'correctionRows' | 'correctionEnd' }>;
type Going = Tenant['correction'];

const rowsMax = 2000;

export function canProgress(going: Going, change: Change): boolean {
  if (change.kind === 'correction') return going === undefined;
  if (going?.id !== change.id) return false;
  if (change.kind === 'correctionEnd') return change.pieces === going.pieces;
  return change.n === going.pieces + 1 && change.blocks.flatMap(({ rows }) => rows).length <= rowsMax;
}

export function progressed(going: Going, change: Change): Going {
  if (change.kind === 'correction') return { id: change.id, pieces: change.pieces ?? 0 };
  return change.kind === 'correctionEnd' ? undefined : { id: going!.id, pieces: change.n };
}

/** A commit leaves out the rows of a piece: its blocks tell what came of them. */
export function asCommitted(message: ControlMessage): ControlMessage {
  const changes = message.changes.map((change) => ({
    ...change,
    ...(change.kind === 'correctionRows' ? { blocks: [] } : {}),
  }));
  return { ...message, changes: changes as ControlMessage['changes'] };
}
